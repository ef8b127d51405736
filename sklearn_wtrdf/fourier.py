r"""Quadrature in q and the Fourier transform of S_R(q), Eq. (2) of the paper, with the Lorch window.

.. math:: G(r) = \frac{2}{π} ∫ S_R(q) \sin(qr) \, dq = 4πρ_0 r (g(r) − 1)

G(r) [Å⁻²] is the PDF community's reduced pair distribution function, g(r) the pair distribution function that tends
to 1. Both follow from S_R(q) without any reference, blurred by the end of the measured q range.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_wtrdf.scattering import as_floats, check_number_density

Floats = NDArray[np.float64]


def trapezoid_weights(q: Floats) -> Floats:
    """Return the weights w, in Å⁻¹, with which the trapezoid rule on the grid q is the sum Σ w f."""
    (q,) = as_floats(q)
    steps = np.diff(q)
    weights = np.zeros_like(q)
    weights[:-1] += steps / 2
    weights[1:] += steps / 2
    return weights


class CubicTable:
    """A function of one real variable, tabulated on an even grid and interpolated by cubics through four points.

    Where the function contains no frequency above ω, the error is at most (3/128) (ω step)⁴ of its amplitude.

    Parameters
    ----------
    values : ndarray of shape (n,)
        The function, real or complex, at −step, 0, step, ….
    step : float
    """

    def __init__(self, values: NDArray[np.inexact], step: float) -> None:
        before, here, after, beyond = (values[i : values.size - 3 + i] for i in range(4))
        # Newton's form of the cubic, expanded in powers of the distance from `here`.
        third = (beyond - 3 * after + 3 * here - before) / 6
        second = (after - 2 * here + before) / 2
        self.powers = [here, after - here - second - third, second, third]
        self.dtype = values.real.dtype
        self.step = self.dtype.type(step)

    def __call__(self, x: NDArray[np.floating]) -> NDArray[np.inexact]:
        """Return the function at each x ≥ 0."""
        x = x.astype(self.dtype) / self.step
        i = x.astype(np.int32)
        x -= i
        value = self.powers[3].take(i)
        for power in self.powers[2::-1]:
            value *= x
            value += power.take(i)
        return value

    def with_derivative(self, x: NDArray[np.floating]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the function at each x ≥ 0, and its derivative, whose error is of the third power of the step."""
        x = x.astype(self.dtype) / self.step
        i = x.astype(np.int32)
        x -= i
        here, first, second, third = (power.take(i) for power in self.powers)
        third *= x
        second += third
        derivative = second + second
        derivative += third
        derivative *= x
        derivative += first
        derivative /= self.step
        for power in (first, here):
            second *= x
            second += power
        return second, derivative

    @staticmethod
    def step_for(tolerance: float, frequency: float) -> float:
        """Return the step at which the error is `tolerance`."""
        return float((tolerance * 128 / 3) ** 0.25 / frequency)


def spectrum(q: Floats, s_r: Floats, k_max: float, tolerance: float = 1e-11) -> CubicTable:
    r"""Tabulate the complex Fourier transform of S_R, by trapezoid sums, for 0 ≤ k ≤ k_max.

    .. math:: F(k) = ∫ S_R(q) \, e^{−ikq} \, dq

    F(−k) is its conjugate.

    Parameters
    ----------
    q : ndarray of shape (n_q,)
    s_r : ndarray of shape (n_q,)
    k_max : float
    tolerance : float, default=1e-11
        Error of F relative to ∫|S_R| dq. Above 1e-6 the table has single precision.

    Returns
    -------
    CubicTable
    """
    q, s_r = as_floats(q, s_r)
    step = CubicTable.step_for(tolerance, q[-1])
    n_block = int(np.ceil(np.sqrt(k_max / step + 5)))  # k = (block · n_block + place − 1) step, as one matrix product
    blocks = np.exp(-1j * step * np.outer(np.arange(n_block) * n_block - 1, q))
    places = np.exp(-1j * step * np.outer(q, np.arange(n_block)))
    table = ((blocks * (s_r * trapezoid_weights(q))) @ places).ravel()
    return CubicTable(table.astype(np.complex64 if tolerance > 1e-6 else np.complex128), step)


def fourier_transform(r: ArrayLike, q: ArrayLike, s_r: ArrayLike, window: str | None = None) -> Floats:
    """Transform S_R(q) to G(r) by Eq. (2), with the trapezoid rule.

    Parameters
    ----------
    r : array-like of shape (n_r,)
        Distances [Å].
    q : array-like of shape (n_q,)
        Scattering vector [Å⁻¹], increasing.
    s_r : array-like of shape (n_q,) or (n_materials, n_q)
        Reduced structure factor [Å⁻¹], of one material or a stack of them.
    window : {"lorch"}, default=None
        Factor on S_R that falls to 0 at q_max, sin(πq/q_max) / (πq/q_max) by Lorch (1969): ripples are smaller and
        peaks broader.

    Returns
    -------
    G : ndarray of shape (n_r,) or (n_materials, n_r)
        Reduced pair distribution function [Å⁻²].

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_wtrdf.fourier import fourier_transform
    >>> q = np.linspace(0, 30, 3001)
    >>> shell = np.sin(2.4 * q) * np.exp(-0.01 * q**2)  # one shell of atoms at 2.4 Å
    >>> r = np.linspace(2, 3, 11)
    >>> float(r[fourier_transform(r, q, shell).argmax()])
    2.4
    """
    return np.asarray(s_r, dtype=float) @ _transform_matrix(r, q, window)


def fourier_transform_std(r: ArrayLike, q: ArrayLike, std: ArrayLike, window: str | None = None) -> Floats:
    """Return the standard deviation of G(r), where those of S_R are independent: the transform is linear.

    Parameters
    ----------
    r, q, window
        As in :func:`fourier_transform`.
    std : array-like of shape (n_q,) or (n_materials, n_q)
        Standard deviations of S_R [Å⁻¹].

    Returns
    -------
    std : ndarray of shape (n_r,) or (n_materials, n_r)
        Standard deviations of G [Å⁻²]. They say nothing of the end of q, which blurs G.

    Examples
    --------
    >>> from sklearn_wtrdf.fourier import fourier_transform_std
    >>> fourier_transform_std([2.0, 3.0], [1.0, 2.0, 3.0], [0.1, 0.1, 0.1]).round(3)
    array([0.057, 0.023])
    """
    return np.sqrt(np.square(np.asarray(std, dtype=float)) @ np.square(_transform_matrix(r, q, window)))


def _transform_matrix(r: ArrayLike, q: ArrayLike, window: str | None) -> Floats:
    """Return the matrix (n_q, n_r) that a row of S_R is multiplied by."""
    r, q = np.asarray(r, dtype=float), np.asarray(q, dtype=float)
    weights = trapezoid_weights(q)
    if window == "lorch":
        weights *= np.sinc(q / q[-1])
    return 2 / np.pi * np.sin(np.outer(q, r)) * weights[:, None]


def g_from_reduced_pdf(r: ArrayLike, G: ArrayLike, number_density: float) -> Floats:
    r"""Convert G(r), the community's .gr, to the pair distribution function g(r).

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
    >>> from sklearn_wtrdf.fourier import g_from_reduced_pdf
    >>> g_from_reduced_pdf([2.0], [0.0], number_density=0.034)
    array([1.])
    """
    r, G = _at_positive_r(r, G)
    return 1 + G / (4 * np.pi * r * check_number_density(number_density))


def reduced_pdf_from_g(r: ArrayLike, g: ArrayLike, number_density: float) -> Floats:
    """Convert the pair distribution function g(r) to G(r), the community's .gr.

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
    >>> from sklearn_wtrdf.fourier import reduced_pdf_from_g
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
    >>> from sklearn_wtrdf.fourier import g_from_rdf, rdf_from_g
    >>> g_from_rdf([2.0, 3.0], rdf_from_g([2.0, 3.0], [0.0, 1.0], 0.034), 0.034)
    array([0., 1.])
    """
    r, rdf = _at_positive_r(r, rdf)
    return rdf / (4 * np.pi * r**2 * check_number_density(number_density))


def rdf_from_g(r: ArrayLike, g: ArrayLike, number_density: float) -> Floats:
    r"""Convert g(r) to the radial distribution function RDF(r), whose area is a number of neighbours.

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
    >>> from sklearn_wtrdf.fourier import rdf_from_g
    >>> rdf_from_g([2.0], [1.0], number_density=0.034).round(3)
    array([1.709])
    """
    r, g = np.asarray(r, dtype=float), np.asarray(g, dtype=float)
    return 4 * np.pi * r**2 * check_number_density(number_density) * g


def _at_positive_r(r: ArrayLike, values: ArrayLike) -> tuple[Floats, Floats]:
    """Return both as arrays; at r = 0 neither G nor the RDF says anything of g."""
    r = np.asarray(r, dtype=float)
    if r.size and r.min() <= 0:
        raise ValueError(f"r must be positive, got {r.min():g} Å: at 0 g cannot be told, leave that row out.")
    return r, np.asarray(values, dtype=float)
