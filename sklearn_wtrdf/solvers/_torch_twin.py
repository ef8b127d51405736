"""WT-RDF in torch, and what Adam needs around it. Imported only when Adam runs, because it imports torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skorch import NeuralNet
from skorch.callbacks import Callback

from sklearn_wtrdf.fourier import trapezoid_weights

Floats = NDArray[np.float64]


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
        wavelet = BesselJ2.apply(u) + K_f * u**4 * torch.exp(-(u**2)) + C
        return Lambda * (s_r * wavelet * self.quadrature).sum(dim=1)


class BesselJ2(torch.autograd.Function):
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


class WeightedL1(torch.nn.Module):
    weights: torch.Tensor

    def __init__(self, weights: Floats) -> None:
        super().__init__()
        self.register_buffer("weights", torch.tensor(weights))

    def forward(self, predicted: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return (self.weights * (y - predicted).abs()).sum()


class Clip(Callback):
    """Clip the parameters into their bounds after each step, Eq. (15)."""

    def __init__(self, bounds: Floats) -> None:
        self.bounds = bounds

    def on_batch_end(self, net: NeuralNet, training: bool = False, **kwargs: Any) -> None:
        lower, upper = torch.tensor(self.bounds.T, device=net.module_.theta.device)
        with torch.no_grad():
            net.module_.theta.clamp_(lower, upper)
