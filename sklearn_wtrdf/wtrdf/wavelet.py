r"""The wavelet integral of WT-RDF: g(r) from S_R(q) with given parameters.

.. math:: g(r) &= Λ ∫ S_R(q) \, D(u) \, dq, \qquad u = (qr − b) / a \\
    D(u) &= J_2(u) + K_f Φ(u) + \tilde C

These are Eq. (3) and (4) of the paper. J_2 is the Bessel function, which the paper writes as a power series, and
Φ(u) = u⁴ exp(−u²). For fixed a and b, g is linear in (Λ, ΛK_f, ΛC̃): the integrals of S_R with J_2, Φ and 1 are its
three basis functions. Integrals are trapezoid sums.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from sklearn_wtrdf.scattering.validation import as_floats, check_q, check_r, check_s_r, check_s_r_shape
from sklearn_wtrdf.transforms import CubicTable, spectrum, trapezoid_weights

Floats = NDArray[np.float64]

PARAMETERS = ("a", "b", "K_f", "C", "Lambda")

#: The parameters of WT-RDF before its calibration, which were set by hand (Table 3, first row).
MANUAL = {"a": 0.590, "b": 4.600, "K_f": 0.106, "C": 0.212, "Lambda": -4.700}

#: The published calibrated parameters, WT-RDF+ (Table 3, row d).
PUBLISHED = {"a": 0.610, "b": 4.471, "K_f": 0.010, "C": 0.133, "Lambda": -5.066}

# Σ (−1)^s / (s! (s+2)!) x^s, so that J_2(u) = (u/2)² Σ at x = (u/2)². Below |u| = 2 nothing cancels in it.
_J2_SERIES = [(-1) ** s / (special.factorial(s) * special.factorial(s + 2)) for s in range(14)]

_MAX_U_OF_PHI = 40.0  # beyond which Φ is 0 in double precision, and u⁴ may overflow
_TABLE_FROM = 500  # values of u from which on a table of Bessel functions is faster than the exact functions


def bessel_j2(u: ArrayLike) -> Floats:
    r"""Bessel function J_2(u), for any real u.

    .. math:: J_2(u) = \frac{2 J_1(u)}{u} − J_0(u)

    For small |u|, where the two terms would cancel, the power series is summed instead.

    Examples
    --------
    >>> from sklearn_wtrdf.wtrdf.wavelet import bessel_j2
    >>> bessel_j2([0.0, 1.0])
    array([0.        , 0.11490348])
    """
    return _j2_and_j1(np.asarray(u, dtype=float))[0]


def phi(u: ArrayLike) -> Floats:
    """Short-range term of the wavelet, Eq. (9).

    .. math:: Φ(u) = u^4 e^{−u^2}

    Examples
    --------
    >>> from sklearn_wtrdf.wtrdf.wavelet import phi
    >>> float(phi(1.0))
    0.36787944117144233
    """
    u2 = np.square(np.clip(np.asarray(u, dtype=float), -_MAX_U_OF_PHI, _MAX_U_OF_PHI))
    return u2**2 * np.exp(-u2)


def wavelet(u: ArrayLike, K_f: float, C: float) -> Floats:
    r"""Wavelet function, Eq. (4).

    .. math:: D(u) = J_2(u) + K_f Φ(u) + \tilde C

    Examples
    --------
    >>> from sklearn_wtrdf.wtrdf.wavelet import wavelet
    >>> float(wavelet(0.0, K_f=0.106, C=0.212))
    0.212
    """
    return bessel_j2(u) + K_f * phi(u) + C


def wt_rdf(
    r: ArrayLike, q: ArrayLike, s_r: ArrayLike, *, a: float, b: float, K_f: float, C: float, Lambda: float
) -> Floats:
    r"""Reconstruct g(r) from S_R(q) by the wavelet integral, Eq. (3).

    .. math:: g(r) = Λ ∫ S_R(q) \, [J_2(u) + K_f Φ(u) + \tilde C] \, dq

    with u = (q r − b) / a.

    Parameters
    ----------
    r : array-like of shape (n_r,)
        Distances [Å], not negative.
    q : array-like of shape (n_q,)
        Scattering vector [Å⁻¹], strictly increasing; the steps may differ.
    s_r : array-like of shape (n_q,) or (n_materials, n_q)
        Reduced structure factor S_R(q) = q (S(q) − 1) [Å⁻¹] of one or several materials. The kernel is computed once.
    a, b, K_f, C : float
        Dilation (positive), translation, coupling and offset of the wavelet, all dimensionless.
    Lambda : float
        Scale Λ [Å²].

    Returns
    -------
    g : ndarray of shape (n_r,) or (n_materials, n_r)
        Pair distribution function.

    Raises
    ------
    ValueError
        If an argument is not finite, r is negative, q does not increase, lengths differ, or a is not positive.

    Examples
    --------
    The published WT-RDF reproduces the height of the first peak of Ge–Se, and has an error of 0.3 at the second:

    >>> from sklearn_wtrdf import wt_rdf
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> from sklearn_wtrdf.wtrdf.wavelet import MANUAL
    >>> ge_se = load_ge_se()
    >>> g = wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **MANUAL)
    >>> (g - ge_se.target)[[4, 29]].round(4)
    array([0.0128, 0.3243])
    """
    r, q = check_r(r), check_q(q)
    s_r = check_s_r_shape(s_r, q.size)
    check_parameters({"a": a, "b": b, "K_f": K_f, "C": C, "Lambda": Lambda})
    g = s_r @ kernel(r, q, a=a, b=b, K_f=K_f, C=C, Lambda=Lambda).T
    if not np.isfinite(np.vdot(g, g)):  # as a value of S_R that is not finite makes g, which takes less time to check
        check_s_r(s_r, q.size)
    return g


def kernel(r: Floats, q: Floats, *, a: float, b: float, K_f: float, C: float, Lambda: float) -> Floats:
    """Return the matrix (n_r, n_q) whose product with S_R(q) is g(r)."""
    return Lambda * wavelet((np.outer(r, q) - b) / a, K_f, C) * trapezoid_weights(q)


def basis(r: Floats, q: Floats, s_r: Floats, a: float, b: float) -> Floats:
    """Return the integrals of S_R with J_2, Φ and 1, so that g = Λ (basis₀ + K_f basis₁ + C̃ basis₂).

    Parameters
    ----------
    r : ndarray of shape (n_r,)
    q : ndarray of shape (n_q,)
    s_r : ndarray of shape (n_q,) or (n_materials, n_q)
    a, b : float

    Returns
    -------
    ndarray of shape (3, n_r) or (3, n_materials, n_r)
    """
    u = (np.outer(r, q) - b) / a
    weighted = s_r * trapezoid_weights(q)
    return _with_constant(weighted @ bessel_j2(u).T, weighted @ phi(u).T, weighted)


def basis_and_gradient(r: Floats, q: Floats, s_r: Floats, a: float, b: float) -> tuple[Floats, Floats]:
    """Return :func:`basis` to 1e-11, and its derivatives with respect to a and b, to 1e-8, with a leading axis of 2."""
    u = (np.outer(r, q) - b) / a
    weighted = s_r * trapezoid_weights(q)
    j2, j2_by_u = _j2_and_derivative(u)
    phi_, phi_by_u = _phi_and_derivative(u)
    by_u = j2_by_u, phi_by_u
    functions = _with_constant(weighted @ j2.T, weighted @ phi_.T, weighted)
    gradient = np.zeros((2, *functions.shape))
    for i, derivative in enumerate(by_u):
        gradient[0, i] = weighted @ (derivative * u).T / -a
        gradient[1, i] = weighted @ derivative.T / -a
    return functions, gradient


def basis_grid(r: Floats, alpha: Floats, beta: Floats, q: Floats, s_r: Floats, tolerance: float = 1e-11) -> Floats:
    r"""Return the integrals of one S_R with J_2(u) and Φ(u), u = q r α − β, for all triples of β = b/a, α = 1/a and r.

    Both can be written as Fourier transforms. With F(k) = ∫ S_R(q) exp(−ikq) dq,

    .. math:: ∫ S_R(q) J_2(u) \, dq = \frac{2}{π} ∫_0^{π/2} \cos 2τ \, \mathrm{Re}[e^{iβ \sin τ} F(rα \sin τ)] \, dτ

    .. math:: ∫ S_R(q) Φ(u) \, dq = \frac{1}{π} ∫_0^∞ \hat Φ(ω) \, \mathrm{Re}[e^{iβω} F(rαω)] \, dω

    .. math:: \hat Φ(ω) = \sqrt{π} \, (ω^4 / 16 − 3 ω^2 / 4 + 3 / 4) \, e^{−ω^2 / 4}

    so β is a phase only, and all β are one matrix product. Trapezoid sums in τ and ω converge faster than any power of
    the step once they resolve the largest |u|. The second is a sum over x = αω, for which all α share one F.

    Parameters
    ----------
    r : ndarray of shape (n_r,)
    alpha : ndarray of shape (n_alpha,)
        Close to each other: the smallest and the largest determine the number of x.
    beta : ndarray of shape (n_beta,)
    q : ndarray of shape (n_q,)
    s_r : ndarray of shape (n_q,)
    tolerance : float, default=1e-11
        Error relative to ∫|S_R| dq.

    Returns
    -------
    ndarray of shape (2, n_beta, n_alpha, n_r)
    """
    rho = np.outer(alpha, r)
    corners = np.outer([q[0], q[-1]], [rho.min(), rho.max()])
    u_max = max(corners.max() - beta.min(), beta.max() - corners.min())
    digits = -np.log10(tolerance)

    n_tau = int(np.ceil((u_max + (0.4 * digits + 3) * max(u_max, 1) ** (1 / 3)) / 4)) + 2
    tau = (np.arange(n_tau) + 0.5) * np.pi / (2 * n_tau)
    x_step = alpha.min() * 2 * np.pi / (u_max + 2.5 + 0.33 * digits)  # a period contains every u and all of Φ
    x = np.arange(0, (5 + 0.58 * digits) * alpha.max(), x_step)
    omega = x / alpha[:, None]
    phi_hat = np.sqrt(np.pi) * (omega**4 / 16 - 0.75 * omega**2 + 0.75) * np.exp(-(omega**2) / 4)
    phi_hat[:, 0] /= 2

    k_max = max(np.abs(r).max() * max(alpha.max(), x[-1]), 1 / q[-1])
    F = _spectrum(q.tobytes(), s_r.tobytes(), 2.0 ** np.ceil(np.log2(k_max)), tolerance)

    def transform(k: Floats) -> tuple[Floats, Floats]:
        of_k = F(np.abs(k))
        return np.ascontiguousarray(of_k.real), of_k.imag * np.sign(k).astype(F.dtype)

    def integral(nodes: Floats, weights: Floats, even: Floats, odd: Floats) -> Floats:
        phase, weights = np.outer(beta, nodes).astype(F.dtype), weights.astype(F.dtype)
        return (np.cos(phase) * weights) @ even - (np.sin(phase) * weights) @ odd

    by_j2 = integral(np.sin(tau), np.cos(2 * tau) / n_tau, *transform(np.outer(np.sin(tau), rho)))
    shared, weights = transform(np.outer(x, r)), phi_hat * x_step / (np.pi * alpha[:, None])
    by_phi = [integral(*each, *shared) for each in zip(omega, weights, strict=True)]  # phases of one α at a time
    return np.stack([by_j2.reshape(beta.size, *rho.shape), np.stack(by_phi, axis=1)])


@functools.lru_cache(maxsize=8)
def _spectrum(q: bytes, s_r: bytes, k_max: float, tolerance: float) -> CubicTable:
    return spectrum(np.frombuffer(q), np.frombuffer(s_r), k_max, tolerance)


def wt_rdf_gradient(
    r: Floats, q: Floats, s_r: Floats, *, a: float, b: float, K_f: float, C: float, Lambda: float
) -> Floats:
    """Return the derivatives of :func:`~sklearn_wtrdf.wt_rdf` with respect to a, b, K_f, C̃ and Λ, in this order.

    Parameters
    ----------
    r, q, s_r, a, b, K_f, C, Lambda
        As in :func:`~sklearn_wtrdf.wt_rdf`; they are not checked here.

    Returns
    -------
    gradient : ndarray of shape (5, n_r) or (5, n_materials, n_r)

    Examples
    --------
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> from sklearn_wtrdf.wtrdf.wavelet import MANUAL, wt_rdf_gradient
    >>> ge_se = load_ge_se()
    >>> wt_rdf_gradient(ge_se.r, ge_se.q, ge_se.s_r, **MANUAL).shape
    (5, 58)
    """
    r, q, s_r = as_floats(r, q, s_r)
    return combine(*basis_and_gradient(r, q, s_r, a, b), K_f=K_f, C=C, Lambda=Lambda)[1]


def shell_response(
    q: Floats, r0: float, *, a: float, b: float, K_f: float, C: float, Lambda: float, width: float = 0.1
) -> tuple[float, float]:
    """Return where and how high a shell of atoms at r₀, S_R = sin(q r₀) exp(−width² q² / 2), appears in WT-RDF.

    Parameters
    ----------
    q : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹].
    r0 : float
        Distance of the shell [Å], positive.
    a, b, K_f, C, Lambda : float
        The parameters.
    width : float, default=0.1
        Standard deviation of the distance [Å].

    Returns
    -------
    r : float
        Position of the maximum of g between 0.1 r₀ and 2 r₀ [Å]; NaN if the maximum is at an end of this range.
    height : float
        Height of the maximum above the median of g.
    """
    s_r = np.sin(q * r0) * np.exp(-((width * q) ** 2) / 2)
    r = np.linspace(0.1, 2, 400) * r0
    g = kernel(r, q, a=a, b=b, K_f=K_f, C=C, Lambda=Lambda) @ s_r
    top = int(g.argmax())
    if top in (0, r.size - 1):
        return np.nan, np.nan
    return float(r[top]), float(g[top] - np.median(g))


def distance_scale(q: Floats, r0: Floats, *, a: float, b: float, K_f: float, C: float, Lambda: float) -> float:
    """Return the median over shells of the distance at which WT-RDF shows them, over r₀; NaN if one does not appear."""
    shown = [shell_response(q, shell, a=a, b=b, K_f=K_f, C=C, Lambda=Lambda)[0] for shell in r0]
    return float(np.median(shown / r0))


def combine(functions: Floats, gradient: Floats, *, K_f: float, C: float, Lambda: float) -> tuple[Floats, Floats]:
    """Return g and its derivatives with respect to a, b, K_f, C̃ and Λ from what :func:`basis_and_gradient` returns."""
    mixture = np.array([1.0, K_f, C])
    by_a, by_b = Lambda * np.tensordot(gradient, mixture, axes=(1, 0))
    by_Lambda = np.tensordot(mixture, functions, axes=1)
    return Lambda * by_Lambda, np.stack([by_a, by_b, Lambda * functions[1], Lambda * functions[2], by_Lambda])


def check_parameters(params: dict[str, float]) -> None:
    """Raise ValueError unless every parameter is finite and a is positive."""
    for name, value in params.items():
        if not np.isfinite(value):
            raise ValueError(f"{name} must be finite, got {value!r}.")
    if params["a"] <= 0:
        raise ValueError(f"a must be positive, got {params['a']!r}.")


def _j2_and_j1(u: Floats) -> tuple[Floats, Floats]:
    j1 = special.j1(u)
    small = np.abs(u) < 2
    with np.errstate(divide="ignore", invalid="ignore"):
        j2 = np.asarray(2 * j1 / u - special.j0(u))
    x = np.square(u[small] / 2)
    j2[small] = x * np.polynomial.polynomial.polyval(x, _J2_SERIES)
    return j2, j1


def _j2_and_derivative(u: Floats) -> tuple[Floats, Floats]:
    """Return J_2 to 1e-11 and J_2' to 1e-8, several times faster than from their definition; for few u, exactly."""
    u_max = max(u.max(), -u.min(), 1.0)
    if u_max > 2000 or u.size < _TABLE_FROM:
        return _exact_j2_and_derivative(u)
    u_max = 2.0 ** np.ceil(np.log2(u_max))
    return _bessel_table(u_max).with_derivative(u + u_max)


@functools.lru_cache(maxsize=4)
def _bessel_table(u_max: float) -> CubicTable:
    """Tabulate J_2(u) over u + u_max, for |u| ≤ u_max. It contains no frequency above 1."""
    step = CubicTable.step_for(1e-11, 1.0)
    return CubicTable(_exact_j2_and_derivative(np.arange(-1, 2 * u_max / step + 3) * step - u_max)[0], step)


def _exact_j2_and_derivative(u: Floats) -> tuple[Floats, Floats]:
    """Return J_2 and J_2'(u) = J_1(u) − 2 J_2(u) / u."""
    j2, j1 = _j2_and_j1(u)
    return j2, j1 - np.divide(2 * j2, u, out=np.zeros_like(u), where=u != 0)


def _with_constant(with_j2: Floats, with_phi: Floats, weighted: Floats) -> Floats:
    """Stack the three integrals, the last of which is the same at every r."""
    return np.stack([with_j2, with_phi, np.broadcast_to(weighted.sum(axis=-1, keepdims=True), with_j2.shape)])


def _phi_and_derivative(u: Floats) -> tuple[Floats, Floats]:
    """Return Φ(u) and Φ'(u) = (4u³ − 2u⁵) exp(−u²), which are below 10⁻¹³ for most u of the data, and 0 here."""
    near = np.flatnonzero(np.abs(u) < 6.5)
    near_u = u.take(near)
    u2 = np.square(near_u)
    gaussian = u2 * np.exp(-u2)
    both = np.zeros((2, u.size))
    both[0, near], both[1, near] = u2 * gaussian, (4 - 2 * u2) * near_u * gaussian
    return both[0].reshape(u.shape), both[1].reshape(u.shape)
