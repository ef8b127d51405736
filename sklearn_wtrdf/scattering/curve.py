"""A pair distribution function, and its conversions: g(r), G(r) = 4πρ₀r (g − 1) and RDF(r) = 4πρ₀r² g."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_wtrdf.scattering.validation import check_number_density

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """A pair distribution function, as :func:`read_gr` returns it.

    Parameters
    ----------
    r : ndarray of shape (n_r,)
        Distances [Å], increasing and positive.
    g : ndarray of shape (n_r,)
        Pair distribution function, tending to 1.
    std : ndarray of shape (n_r,), default=None
        Its standard deviation, if it is known.
    number_density : float, default=None
        ρ₀ [Å⁻³], if it is known.
    composition : str, default=None
        Formula of the material, as for :class:`Composition`, if it is known.
    provenance : dict of str to str, default={}
        The entries ``name = value`` in the header of the file.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_wtrdf import Curve
    >>> r = np.linspace(0.5, 10.0, 20)
    >>> Curve(r, np.where(r < 2, 0.0, 1.0), number_density=0.034).number_density
    0.034
    """

    r: Floats
    g: Floats
    std: Floats | None = None
    number_density: float | None = None
    composition: str | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)


def g_from_reduced_pdf(r: ArrayLike, G: ArrayLike, number_density: float) -> Floats:
    r"""Convert G(r), the content of .gr files, to the pair distribution function g(r).

    .. math:: g(r) = 1 + \frac{G(r)}{4πρ_0 r}

    Parameters
    ----------
    r : array-like of shape (n_r,)
        Distances [Å], positive.
    G : array-like of shape (..., n_r)
        Reduced pair distribution function [Å⁻²].
    number_density : float
        ρ₀, atoms per volume [Å⁻³].

    Returns
    -------
    g : ndarray of shape (..., n_r)
        Pair distribution function, tending to 1.

    Examples
    --------
    >>> from sklearn_wtrdf.scattering.curve import g_from_reduced_pdf
    >>> g_from_reduced_pdf([2.0], [0.0], number_density=0.034)
    array([1.])
    """
    r, G = _at_positive_r(r, G)
    return 1 + G / (4 * np.pi * r * check_number_density(number_density))


def reduced_pdf_from_g(r: ArrayLike, g: ArrayLike, number_density: float) -> Floats:
    """Convert the pair distribution function g(r) to G(r), the content of .gr files.

    .. math:: G(r) = 4πρ_0 r (g(r) − 1)

    Parameters
    ----------
    r : array-like of shape (n_r,)
        Distances [Å].
    g : array-like of shape (..., n_r)
        Pair distribution function, tending to 1.
    number_density : float
        ρ₀, atoms per volume [Å⁻³].

    Returns
    -------
    G : ndarray of shape (..., n_r)
        Reduced pair distribution function [Å⁻²].

    Examples
    --------
    >>> from sklearn_wtrdf.scattering.curve import reduced_pdf_from_g
    >>> reduced_pdf_from_g([1.0, 2.0], [0.0, 1.0], number_density=0.034).round(3)
    array([-0.427,  0.   ])
    """
    r, g = np.asarray(r, dtype=float), np.asarray(g, dtype=float)
    return 4 * np.pi * r * check_number_density(number_density) * (g - 1)


def g_from_rdf(r: ArrayLike, rdf: ArrayLike, number_density: float) -> Floats:
    r"""Convert the radial distribution function RDF(r) to g(r).

    .. math:: g(r) = \frac{\text{RDF}(r)}{4πρ_0 r^2}

    Parameters
    ----------
    r : array-like of shape (n_r,)
        Distances [Å], positive.
    rdf : array-like of shape (..., n_r)
        Radial distribution function [Å⁻¹]: neighbours per distance.
    number_density : float
        ρ₀, atoms per volume [Å⁻³].

    Returns
    -------
    g : ndarray of shape (..., n_r)
        Pair distribution function, tending to 1.

    Examples
    --------
    >>> from sklearn_wtrdf.scattering.curve import g_from_rdf, rdf_from_g
    >>> g_from_rdf([2.0, 3.0], rdf_from_g([2.0, 3.0], [0.0, 1.0], 0.034), 0.034)
    array([0., 1.])
    """
    r, rdf = _at_positive_r(r, rdf)
    return rdf / (4 * np.pi * r**2 * check_number_density(number_density))


def rdf_from_g(r: ArrayLike, g: ArrayLike, number_density: float) -> Floats:
    r"""Convert g(r) to the radial distribution function RDF(r), whose integral is a number of neighbours.

    .. math:: \text{RDF}(r) = 4πρ_0 r^2 g(r)

    Parameters
    ----------
    r : array-like of shape (n_r,)
        Distances [Å].
    g : array-like of shape (..., n_r)
        Pair distribution function, tending to 1.
    number_density : float
        ρ₀, atoms per volume [Å⁻³].

    Returns
    -------
    rdf : ndarray of shape (..., n_r)
        Radial distribution function [Å⁻¹].

    Examples
    --------
    >>> from sklearn_wtrdf.scattering.curve import rdf_from_g
    >>> rdf_from_g([2.0], [1.0], number_density=0.034).round(3)
    array([1.709])
    """
    r, g = np.asarray(r, dtype=float), np.asarray(g, dtype=float)
    return 4 * np.pi * r**2 * check_number_density(number_density) * g


def _at_positive_r(r: ArrayLike, values: ArrayLike) -> tuple[Floats, Floats]:
    """Return r and values as arrays; r must be positive, because neither G(r) nor RDF(r) determines g at r = 0."""
    r = np.asarray(r, dtype=float)
    if r.size and r.min() <= 0:
        raise ValueError(
            f"r must be positive, got {r.min():g} Å: G(r) and RDF(r) do not determine g at r = 0; leave that row out."
        )
    return r, np.asarray(values, dtype=float)
