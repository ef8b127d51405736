"""Adam with clipped parameters, in rounds: the paper's procedure, in torch through skorch.

Each round starts from the parameters of the last one with a smaller learning rate, and may have bounds of its own.
Choose it to reproduce the paper; it returns the last point of its path, as the paper does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skorch import NeuralNet
from skorch.callbacks import Callback

from sklearn_wtrdf.calibration import CalibrationProblem, CalibrationResult
from sklearn_wtrdf.fourier import trapezoid_weights

Floats = NDArray[np.float64]


def solve(
    problem: CalibrationProblem,
    init: Floats,
    *,
    bounds_of_rounds: Sequence[Floats],
    max_iter: int | None = None,
    learning_rate: float = 0.01,
    learning_rate_decay: float = 0.1,
    device: str = "cpu",
) -> CalibrationResult:
    """Take `max_iter` steps from `init` in each round.

    Parameters
    ----------
    problem : CalibrationProblem
        Its bounds must be those of the last round.
    init : ndarray of shape (5,)
        Starting point.
    bounds_of_rounds : sequence of ndarray of shape (5, 2)
        The bounds into which parameters are clipped after each step, one array for each round.
    max_iter : int, default=None
        Steps of each round, 100 if None.
    learning_rate : float, default=0.01
        Learning rate of the first round.
    learning_rate_decay : float, default=0.1
        Factor on the learning rate from round to round.
    device : {"cpu", "cuda"}, default="cpu"
        Where torch computes.

    Returns
    -------
    CalibrationResult
        The last point, and the loss before each step as torch computes it.
    """
    r, s_r = problem.row_data
    rows = {"r": r, "s_r": s_r}
    theta, losses = init, []
    for i, bounds in enumerate(bounds_of_rounds):
        net = NeuralNet(
            WTRDFModule,
            module__theta=np.clip(theta, *bounds.T),
            module__q=problem.q,
            criterion=_WeightedL1,
            criterion__weights=problem.weights,
            optimizer=torch.optim.Adam,
            lr=learning_rate * learning_rate_decay**i,
            max_epochs=max_iter or 100,
            batch_size=-1,
            train_split=None,
            callbacks=[_Clip(bounds)],
            device=device,
            verbose=0,
        )
        net.fit(rows, problem.y)
        theta = net.module_.theta.detach().cpu().numpy().copy()
        losses.extend(net.history[:, "train_loss"])
    return CalibrationResult(theta, problem.loss(theta), np.array(losses))


class WTRDFModule(torch.nn.Module):
    """Eq. (3) with learnable parameters: the torch twin of :func:`sklearn_wtrdf.wavelet.wt_rdf`.

    Parameters
    ----------
    theta : ndarray of shape (5,)
        Initial parameters a, b, K_f, C̃, Λ.
    q : ndarray of shape (n_q,)
        Scattering vector.
    """

    q: torch.Tensor
    quadrature: torch.Tensor

    def __init__(self, theta: Floats, q: Floats) -> None:
        super().__init__()
        self.theta = torch.nn.Parameter(torch.tensor(theta, dtype=torch.float64))
        self.register_buffer("q", torch.tensor(q))
        self.register_buffer("quadrature", torch.tensor(trapezoid_weights(q)))

    def forward(self, r: torch.Tensor, s_r: torch.Tensor) -> torch.Tensor:
        """Return g at each row, given its r of shape (n,) and its S_R of shape (n, n_q)."""
        a, b, K_f, C, Lambda = self.theta
        u = (torch.outer(r, self.q) - b) / a
        wavelet = _BesselJ2.apply(u) + K_f * u**4 * torch.exp(-(u**2)) + C
        return Lambda * (s_r * wavelet * self.quadrature).sum(dim=1)


class _BesselJ2(torch.autograd.Function):
    """J_2(u), with the derivative that torch's Bessel functions lack: J_2' = J_1 − 2 J_2 / u.

    torch's J_0 and J_1 are good to 5e-7, worst at |u| = 5, so this is the path's accuracy, not that of its last loss.
    """

    @staticmethod
    def forward(ctx: Any, u: torch.Tensor) -> torch.Tensor:
        # Near 0 the recurrence cancels, so there the first terms of the series stand in: 1e-14 at |u| = 0.03.
        small = u.abs() < 0.03
        j1 = torch.special.bessel_j1(u)
        safe = torch.where(small, 1.0, u)
        j2 = torch.where(small, u**2 / 8 - u**4 / 96 + u**6 / 3072, 2 * j1 / safe - torch.special.bessel_j0(u))
        ctx.save_for_backward(torch.where(small, u / 4 - u**3 / 24 + u**5 / 512, j1 - 2 * j2 / safe))
        return j2

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        (derivative,) = ctx.saved_tensors
        return gradient * derivative


class _WeightedL1(torch.nn.Module):
    weights: torch.Tensor

    def __init__(self, weights: Floats) -> None:
        super().__init__()
        self.register_buffer("weights", torch.tensor(weights))

    def forward(self, predicted: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return (self.weights * (y - predicted).abs()).sum()


class _Clip(Callback):
    """Clip the parameters into their bounds after each step, Eq. (15)."""

    def __init__(self, bounds: Floats) -> None:
        self.bounds = bounds

    def on_batch_end(self, net: NeuralNet, training: bool = False, **kwargs: Any) -> None:
        lower, upper = torch.tensor(self.bounds.T, device=net.module_.theta.device)
        with torch.no_grad():
            net.module_.theta.clamp_(lower, upper)
