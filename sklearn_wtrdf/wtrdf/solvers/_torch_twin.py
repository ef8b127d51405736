"""WT-RDF in torch, for many calibrations at once, and what Adam needs around it. Imported only when it is used.

The first axis of every tensor counts the calibrations. They are independent: each has its own
parameters, data and weights, and the loss is the sum of theirs, so that the gradient of each is its own.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skorch import NeuralNet
from skorch.callbacks import Callback

from sklearn_wtrdf.transforms import CubicTable, trapezoid_weights
from sklearn_wtrdf.utils.device import Batches
from sklearn_wtrdf.wtrdf import wavelet
from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem

Floats = NDArray[np.float64]
Tensors = dict[str, torch.Tensor]

#: Values of the wavelet that are computed at once. On a CPU they should fit into the cache; on a GPU they and their
#: gradient take about 4 GB.
_VALUES_PER_BATCH = {"cpu": 2**18, "cuda": 2**25}
_MAX_TABULATED_U = 2048.0  # |u| up to which J_2 is tabulated; the paper's data have 140
_MAX_U2_OF_PHI = 100.0  # of u², beyond which Φ is below 1e-39; exp is slow where it underflows


def wt_rdf(theta: torch.Tensor, r: torch.Tensor, q: torch.Tensor, weighted: torch.Tensor) -> torch.Tensor:
    """Return g of each calibration at its rows, Eq. (3): the twin of :func:`sklearn_wtrdf.wtrdf.wavelet.wt_rdf`.

    Parameters
    ----------
    theta : tensor of shape (n, 5)
        Parameters a, b, K_f, C̃, Λ.
    r : tensor of shape (n, n_rows)
    q : tensor of shape (n, n_q)
    weighted : tensor of shape (n, n_rows, n_q) or (n, 1, n_q)
        S_R of each row, or of all rows, times the weights of the quadrature.

    Returns
    -------
    tensor of shape (n, n_rows)
        If r, q and `weighted` have n = 1, they are used for all sets of parameters.
    """
    return WaveletIntegral.apply(theta, r, q, weighted)


class WaveletIntegral(torch.autograd.Function):
    """:func:`wt_rdf` with analytical derivatives, in half the time of autograd.

    J_2 is good to 1e-11 and its derivative to 1e-8, as in :func:`sklearn_wtrdf.wtrdf.wavelet.basis_and_gradient`.
    """

    @staticmethod
    def forward(
        ctx: Any, theta: torch.Tensor, r: torch.Tensor, q: torch.Tensor, weighted: torch.Tensor
    ) -> torch.Tensor:
        a, b, K_f, C, Lambda = theta.T[..., None]
        u = (r[..., None] * q[:, None] - b[..., None]).div_(a[..., None])
        j2, slope = bessel_j2(u, derivative=ctx.needs_input_grad[0])
        u2 = (u * u).clamp_(max=_MAX_U2_OF_PHI)
        gaussian = torch.exp(-u2).mul_(u2)
        with_phi = (gaussian * u2).mul_(weighted).sum(dim=-1)
        with_j2 = j2.mul_(weighted).sum(dim=-1)
        with_1 = weighted.sum(dim=-1).expand_as(with_j2)
        mixture = with_j2 + K_f * with_phi + C * with_1
        if slope is not None:  # D'(u) = J_2'(u) + K_f Φ'(u), and Φ'(u) = (4 − 2 u²) u³ exp(−u²)
            phi_slope = gaussian.mul_(u).mul_(u2.mul_(-2).add_(4))
            slope.addcmul_(phi_slope, K_f[..., None]).mul_(weighted)
            by_b = -Lambda / a * slope.sum(dim=-1)
            by_a = -Lambda / a * slope.mul_(u).sum(dim=-1)
            ctx.save_for_backward(torch.stack([by_a, by_b, Lambda * with_phi, Lambda * with_1, mixture], dim=-1))
        return Lambda * mixture

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (jacobian,) = ctx.saved_tensors
        return _sum_of_rows(gradient[..., None] * jacobian), None, None, None


def _sum_of_rows(values: torch.Tensor) -> torch.Tensor:
    """Sum over the last axis but one, pairwise, so that trailing zeros do not change the rounding.

    The path of Adam on absolute values can amplify a rounding error by a factor of 10⁹, and a fit in a batch must equal
    the separate fit.
    """
    while (n := values.shape[-2]) > 1:
        if n % 2:
            values = torch.nn.functional.pad(values, (0, 0, 0, 1))
        values = values[..., ::2, :] + values[..., 1::2, :]
    return values[..., 0, :]


class WTRDFModule(torch.nn.Module):
    """:func:`wt_rdf` with learnable parameters.

    Parameters
    ----------
    theta : ndarray of shape (n, 5)
        Initial parameters a, b, K_f, C̃, Λ of each calibration.
    """

    def __init__(self, theta: Floats) -> None:
        super().__init__()
        self.theta = torch.nn.Parameter(torch.tensor(theta, dtype=torch.float64))

    def forward(self, r: torch.Tensor, q: torch.Tensor, weighted: torch.Tensor) -> torch.Tensor:
        """Return g of each calibration at its rows."""
        return wt_rdf(self.theta, r, q, weighted)


def bessel_j2(u: torch.Tensor, derivative: bool = True) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return J_2(u) and, if required, its derivative.

    Beyond the table it is computed from torch's own J_0 and J_1, several times slower and with errors of 5e-7.
    """
    size = u.abs()
    if size.max() <= _MAX_TABULATED_U:
        j2, slope = _interpolated_j2(size, derivative)
    else:
        near = size <= _MAX_TABULATED_U  # false where the parameters of a calibration are NaN
        j2, slope = _interpolated_j2(torch.where(near, size, 0.0), derivative)
        far = torch.where(near, _MAX_TABULATED_U, size)
        j1 = torch.special.bessel_j1(far)
        far_j2 = 2 * j1 / far - torch.special.bessel_j0(far)
        j2 = torch.where(near, j2, far_j2)
        slope = None if slope is None else torch.where(near, slope, j1 - 2 * far_j2 / far)
    return j2, None if slope is None else slope.mul_(torch.sign(u))


def _interpolated_j2(u: torch.Tensor, derivative: bool) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Interpolate the table of J_2 as `CubicTable` does, for 0 ≤ u."""
    powers, step = _table(u.device)
    x = (u / step).view(-1)
    i = x.int()
    x -= i
    here, first, second, third = (power.index_select(0, i) for power in powers)
    slope = None
    if derivative:
        slope = (3 * third).mul_(x).add_(second, alpha=2).mul_(x).add_(first).div_(step).view_as(u)
    return third.mul_(x).add_(second).mul_(x).add_(first).mul_(x).add_(here).view_as(u), slope


@functools.cache
def _table(device: torch.device) -> tuple[list[torch.Tensor], float]:
    """Tabulate J_2, which contains no frequency above 1, by the powers of a cubic in each step."""
    step = CubicTable.step_for(1e-11, 1.0)
    table = CubicTable(wavelet.bessel_j2(np.arange(-1, _MAX_TABULATED_U / step + 3) * step), step)
    return [torch.tensor(power, device=device) for power in table.powers], float(table.step)


class WeightedL1(torch.nn.Module):
    """Σ weights |y − ŷ|, summed over all calibrations.

    Attributes
    ----------
    curve : list of tensor of shape (n,)
        The loss of each calibration, every time that it was computed.
    """

    weights: torch.Tensor

    def __init__(self, weights: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("weights", weights)
        self.curve: list[torch.Tensor] = []

    def forward(self, predicted: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        losses = (self.weights * (y - predicted).abs()).sum(dim=-1)
        self.curve.append(losses.detach())
        return losses.sum()


class Clip(Callback):
    """Clip the parameters into their bounds, of shape (n, 5, 2), after each step, Eq. (15)."""

    def __init__(self, bounds: Floats) -> None:
        self.bounds = bounds

    def initialize(self) -> Clip:
        """Discard the bounds of an earlier training."""
        self._ends: tuple[torch.Tensor, ...] | None = None
        return self

    def on_batch_end(self, net: NeuralNet, training: bool = False, **kwargs: Any) -> None:
        """Clip after a step."""
        theta = net.module_.theta
        if self._ends is None:
            self._ends = torch.tensor(self.bounds, device=theta.device).unbind(dim=-1)
        with torch.no_grad():
            theta.clamp_(*self._ends)


def train(
    problems: Sequence[CalibrationProblem],
    inits: Floats,
    bounds_of_rounds: Sequence[Floats],
    learning_rates: Sequence[float],
    max_iter: int,
    device: str,
) -> tuple[Floats, Floats]:
    """Take `max_iter` steps of Adam in each round.

    Parameters
    ----------
    problems : sequence of CalibrationProblem
        The n problems to solve.
    inits : ndarray of shape (n, 5)
    bounds_of_rounds : sequence of ndarray of shape (n, 5, 2)
    learning_rates : sequence of float
        Learning rate of each round.
    max_iter : int
    device : str

    Returns
    -------
    theta : ndarray of shape (n, 5)
        The parameters after the last step.
    curve : ndarray of shape (n, n_rounds · max_iter)
        The losses before each step.
    """
    data, y, weights = tensors_of(problems, device)
    theta, curve = inits, []
    for bounds, learning_rate in zip(bounds_of_rounds, learning_rates, strict=True):
        net = NeuralNet(
            WTRDFModule,
            module__theta=np.clip(theta, bounds[..., 0], bounds[..., 1]),
            criterion=WeightedL1,
            criterion__weights=weights,
            optimizer=torch.optim.Adam,
            lr=learning_rate,
            max_epochs=max_iter,
            iterator_train=Batches,
            batch_size=-1,
            train_split=None,
            callbacks=[Clip(bounds)],
            **{f"callbacks__{name}": None for name in ("epoch_timer", "train_loss", "valid_loss", "print_log")},
            device=device,
            verbose=0,
        )
        net.fit(data, y)
        theta = net.module_.theta.detach().cpu().numpy().copy()
        curve += net.criterion_.curve
    return theta, torch.stack(curve, dim=-1).cpu().numpy()


def losses(problem: CalibrationProblem, theta: Floats, device: str) -> Floats:
    """Return the loss at each set of parameters, given as an array of shape (n, 5)."""
    data, y, weights = tensors_of([problem], device)
    parameters = torch.tensor(theta, dtype=torch.float64, device=device)
    values = torch.empty(len(theta), dtype=torch.float64, device=device)  # one array: many small ones fragment memory
    size = batch_size([problem], device)
    with torch.no_grad():
        for part, of_part in zip(parameters.split(size), values.split(size), strict=True):
            of_part.copy_((weights * (y - wt_rdf(part, **data)).abs()).sum(dim=-1))
    return values.cpu().numpy()


def batch_size(problems: Sequence[CalibrationProblem], device: str) -> int:
    """Return how many such calibrations to compute at once."""
    values = max(problem.y.size for problem in problems) * max(problem.q.size for problem in problems)
    return max(_VALUES_PER_BATCH[device] // values, 1)


def tensors_of(problems: Sequence[CalibrationProblem], device: str) -> tuple[Tensors, torch.Tensor, torch.Tensor]:
    """Return the data of calibrations as :func:`wt_rdf` takes them, their y, and the weights of their rows.

    Calibrations with fewer rows or points of q than others are padded with zeros, whose weight is 0.
    """
    n_rows, n_q = (max(sizes) for sizes in zip(*((p.y.size, p.q.size) for p in problems), strict=True))
    n_s_r = 1 if all(len(problem.s_r) == 1 for problem in problems) else n_rows
    r, y, weights = np.zeros((3, len(problems), n_rows))
    q, weighted = np.zeros((len(problems), n_q)), np.zeros((len(problems), n_s_r, n_q))
    for i, problem in enumerate(problems):
        r_of_rows, s_r_of_rows = problem.row_data
        rows, points = slice(problem.y.size), slice(problem.q.size)
        r[i, rows], y[i, rows], weights[i, rows] = r_of_rows, problem.y, problem.weights
        q[i, points] = problem.q
        s_r = problem.s_r if n_s_r == 1 else s_r_of_rows
        weighted[i, : len(s_r), points] = s_r * trapezoid_weights(problem.q)
    data = {"r": r, "q": q, "weighted": weighted}
    on_device = [torch.tensor(values, device=device) for values in (*data.values(), y, weights)]
    return dict(zip(data, on_device[:3], strict=True)), on_device[3], on_device[4]
