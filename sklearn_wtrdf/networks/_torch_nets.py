"""The networks in torch, and how skorch trains them. Imported only when a network is built, because it imports torch.

Data are small, so the overhead of skorch dominates the time of training. Therefore the full batch is sent to the device
once, `Batches` returns it without a loader, and callbacks run only if required.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skorch import NeuralNet
from skorch.callbacks import EarlyStopping
from skorch.utils import noop

from sklearn_wtrdf.utils.device import Batches

Floats = NDArray[np.float64]


class RBFNetModule(torch.nn.Module):
    """ŷ = Σ_j w_j exp(−β ‖x − μ_j‖²) + b with learnable μ_j, w_j and b.

    Parameters
    ----------
    centers : ndarray of shape (n_centers, n_features)
        Initial μ_j.
    beta : float
        Width parameter β.
    """

    def __init__(self, centers: Floats, beta: float) -> None:
        super().__init__()
        self.centers = torch.nn.Parameter(torch.tensor(centers, dtype=torch.float32))
        self.linear = torch.nn.Linear(len(centers), 1)
        self.beta = min(beta, 1e30)  # larger ones give the same result, and would overflow in single precision

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ŷ of each row of x."""
        # Not by |x|² + |μ|² − 2x·μ, because β amplifies its cancellation errors; a single feature is the usual case.
        if x.shape[1] == 1:
            squares = (x - self.centers.T) ** 2
        else:
            squares = torch.cdist(x, self.centers, compute_mode="donot_use_mm_for_euclid_dist") ** 2
        return self.linear(torch.exp(-self.beta * squares)).squeeze(-1)


class LSTMModule(torch.nn.Module):
    """h_t, c_t = LSTM(x_t, h_{t−1}, c_{t−1}), ŷ_t = w · h_t + b.

    Parameters
    ----------
    n_features : int
        Size of x_t.
    hidden_size : int
        Size of h_t.
    """

    def __init__(self, n_features: int, hidden_size: int) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(n_features, hidden_size, batch_first=True)
        self.linear = torch.nn.Linear(hidden_size, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ŷ of each step of each sequence."""
        return self.linear(self.lstm(x)[0]).squeeze(-1)

    def states(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return h and c before the first step of one sequence and after each."""
        h = c = x.new_zeros(1, 1, self.lstm.hidden_size)
        hs, cs = [h], [c]
        for step in x.split(1, dim=1):
            _, (h, c) = self.lstm(step, (h, c))
            hs.append(h)
            cs.append(c)
        return torch.cat(hs)[:, 0], torch.cat(cs)[:, 0]


def new_net(
    module: type[torch.nn.Module],
    options: dict[str, Any],
    *,
    device: str,
    learning_rate: float,
    max_iter: int,
    early_stopping: int | None,
    verbose: bool | int,
) -> NeuralNet:
    """Return a net that Adam will train on one full batch, its module made with these options."""
    stop = EarlyStopping("train_loss", early_stopping, threshold=1e-4, sink=noop)
    silent = not verbose and early_stopping is None
    return NeuralNet(
        module,
        **{f"module__{name}": value for name, value in options.items()},
        criterion=torch.nn.MSELoss,
        optimizer=torch.optim.Adam,
        optimizer__fused=True,
        lr=learning_rate,
        max_epochs=max_iter,
        iterator_train=Batches,
        iterator_valid=Batches,
        batch_size=4096,
        iterator_train__batch_size=-1,
        train_split=None,
        callbacks="disable" if silent else [] if early_stopping is None else [("early_stopping", stop)],
        device=device,
        verbose=int(verbose),
    )


def as_tensor(values: Floats, device: str = "cpu") -> torch.Tensor:
    """Return the values in single precision."""
    return torch.tensor(values, dtype=torch.float32, device=device)


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw random numbers from this seed, without changing the state of the user's generators."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


def full_precision() -> Any:
    """Disable the TF32 format of cuDNN, whose ten bits make results on CPU and GPU differ by 1e-3."""
    return torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
