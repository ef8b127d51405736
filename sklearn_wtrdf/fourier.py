"""Quadrature in q and the Fourier transform of S_R(q), Eq. (2) of the paper.

    G(r) = (2/π) ∫ S_R(q) sin(qr) dq = 4πrρ₀ (g(r) − 1)

G(r) [Å⁻²] is the PDF community's reduced pair distribution function, g(r) the pair distribution function that tends
to 1. Both follow from S_R(q) without any reference, blurred by the end of the measured q range.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def trapezoid_weights(q: Floats) -> Floats:
    """Return the weights w, in Å⁻¹, with which the trapezoid rule on the grid q is the sum Σ w f."""
    steps = np.diff(q)
    weights = np.zeros_like(q)
    weights[:-1] += steps / 2
    weights[1:] += steps / 2
    return weights


class Spectrum:
    """F(k) = ∫ S_R(q) exp(−ikq) dq, the trapezoid sum, at any k in no more time than a look-up.

    F is tabulated on an even grid, as one matrix product, and interpolated by cubics. It contains no frequency above
    q_max, so the step that a tolerance needs is known.

    Parameters
    ----------
    q : ndarray of shape (n_q,)
    s_r : ndarray of shape (n_q,)
    k_max : float
        Largest |k| that will be asked for.
    tolerance : float, default=1e-11
        Error of F relative to ∫|S_R| dq.
    """

    def __init__(self, q: Floats, s_r: Floats, k_max: float, tolerance: float = 1e-11) -> None:
        # A cubic through four points errs by (3/128) (q_max step)⁴ at most.
        self._step = (tolerance * 128 / 3) ** 0.25 / q[-1]
        n_block = int(np.ceil(np.sqrt(k_max / self._step + 4)))
        coarse = np.exp(-1j * self._step * np.outer(np.arange(n_block) * n_block - 1, q))
        fine = np.exp(-1j * self._step * np.outer(q, np.arange(n_block)))
        self._table = ((coarse * (s_r * trapezoid_weights(q))) @ fine).ravel()  # from k = −step

    def __call__(self, k: Floats) -> NDArray[np.complex128]:
        """Return F at each k; F(−k) is its conjugate."""
        x = np.abs(k) / self._step
        i = x.astype(np.intp)
        t = x - i
        left, right = t * (t - 1), (t + 1) * (t - 2)
        F = self._table.take(i) * (left * (2 - t) / 6) + self._table.take(i + 1) * (right * (t - 1) / 2)
        F += self._table.take(i + 2) * (right * -t / 2) + self._table.take(i + 3) * (left * (t + 1) / 6)
        if (k < 0).any():
            F[k < 0] = F[k < 0].conj()
        return F


def fourier_transform(r: ArrayLike, q: ArrayLike, s_r: ArrayLike) -> Floats:
    """Transform S_R(q) to G(r) by Eq. (2), with the trapezoid rule.

    Parameters
    ----------
    r : array-like of shape (n_r,)
        Distances [Å].
    q : array-like of shape (n_q,)
        Scattering vector [Å⁻¹], increasing.
    s_r : array-like of shape (n_q,) or (n_materials, n_q)
        Reduced structure factor [Å⁻¹], of one material or a stack of them.

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
    r, q, s_r = (np.asarray(values, dtype=float) for values in (r, q, s_r))
    return s_r @ (2 / np.pi * np.sin(np.outer(q, r)) * trapezoid_weights(q)[:, None])


def g_from_reduced_pdf(r: ArrayLike, G: ArrayLike, number_density: float) -> Floats:
    """Convert G(r) = 4πrρ₀ (g − 1) to the pair distribution function g(r).

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
    r, G = np.asarray(r, dtype=float), np.asarray(G, dtype=float)
    return 1 + G / (4 * np.pi * r * number_density)
