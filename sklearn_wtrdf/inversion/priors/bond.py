"""The prior of a shell of bonded atoms, which may be sharper than q_max resolves."""

from __future__ import annotations

import numpy as np

from sklearn_wtrdf.inversion.priors.base import (
    NEAREST,
    Derivatives,
    Floats,
    Hyperparameter,
    Prior,
    PriorMoments,
    Setting,
)

SHORT_BOND = 1.8  # Å: atoms up to this distance are bonded covalently


class Bond(Prior):
    r"""N neighbours at a mean distance r, a Gaussian in the radial distribution function. The covariance is 0.

    .. math:: g(r) = \frac{N}{4πρ_0 r^2} \frac{1}{\sqrt{2π} σ} \exp(−(r − r_b)^2 / 2σ^2)

    Parameters
    ----------
    r : float, pair of floats or None, default=None
        Mean distance r_b [Å]. A number fixes it, a pair sets its bounds, and None leaves it free; the same holds for
        the other parameters.
    neighbours : default=None
        Number of neighbours N.
    width : default=None
        Standard deviation σ of the distance [Å].

    Examples
    --------
    >>> from sklearn_wtrdf.inversion import Bond, Continuum
    >>> Continuum() + Bond(r=(1.4, 1.9))
    Continuum() + Bond(r=(1.4, 1.9))
    """

    _DEFAULTS: tuple[Hyperparameter, ...] = (
        Hyperparameter("r", 1.6, 0.7, 4.0),
        Hyperparameter("neighbours", 2.0, 0.05, 20.0),
        Hyperparameter("width", 0.05, 0.02, 0.3, 0.06, 0.5),
    )

    is_certain = True  # only the hyperparameters of a bond are uncertain

    def __init__(self, r: Setting = None, neighbours: Setting = None, width: Setting = None) -> None:
        self.r = r
        self.neighbours = neighbours
        self.width = width

    def mean(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the Gaussian."""
        r_b, neighbours, width = np.exp(theta)
        density = np.exp(-(((r - r_b) / width) ** 2) / 2) / (np.sqrt(2 * np.pi) * width)
        return neighbours * density / (4 * np.pi * np.maximum(r, NEAREST) ** 2 * number_density)

    def covariance(self, theta: Floats, r: Floats, other: Floats) -> Floats:
        """Return 0."""
        return np.zeros((r.size, other.size))

    def variance(self, theta: Floats, r: Floats) -> Floats:
        """Return 0."""
        return np.zeros(r.size)

    def evaluate(self, theta: Floats, r: Floats, number_density: float) -> PriorMoments:
        """Return the mean on a grid; the covariance is 0."""
        mean = self.mean(theta, r, number_density)
        r_b, _, width = np.exp(theta)

        def derivatives() -> Derivatives:
            u = (r - r_b) / width
            return Derivatives(mean * np.array([r_b / width * u, np.ones(r.size), u**2 - 1]), [])

        return PriorMoments(mean, np.zeros((r.size, r.size)), derivatives)
