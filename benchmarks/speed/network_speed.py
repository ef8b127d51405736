"""Overhead of skorch on 58 rows: fits of each network compared with a bare torch loop.

    python benchmarks/speed/network_speed.py

Each method removes one cost of the method before: by default, skorch validates, scores and times every epoch, and
collates the batch row by row. The last method is the estimator. Methods take turns in one process; medians and ratios
are reported. Writes network_speed.csv.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import torch
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE
from sklearn_wtrdf.benchmarks.runner import DEVICE, Content, benchmark, option, print_frame
from sklearn_wtrdf.benchmarks.speed.speed import take_turns
from skorch import NeuralNet

from sklearn_wtrdf import LSTMRegressor, RBFNetRegressor
from sklearn_wtrdf.networks._torch_nets import LSTMModule, RBFNetModule
from sklearn_wtrdf.utils.device import Batches, one_torch_thread, torch_device

N_EPOCHS = 500


def standardized(values: np.ndarray) -> torch.Tensor:
    """Return values with zero mean and unit variance in single precision."""
    return torch.tensor((values - values.mean()) / values.std(), dtype=torch.float32)


def bare_loop(module: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, n_epochs: int, fused: bool) -> None:
    """Train a module in a bare loop."""
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01, fused=fused)
    for _ in range(n_epochs):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(module(x), y).backward()
        optimizer.step()
    if x.is_cuda:
        torch.cuda.synchronize()


def methods(name: str, n_epochs: int, device: str) -> dict[str, Callable[[], object]]:
    """Return every method of training one network, from bare torch to the estimator."""
    device = torch_device(device)
    x, y = standardized(GE_SE.r)[:, None].to(device), standardized(GE_SE.target).to(device)
    if name == "RBF network":
        estimator = RBFNetRegressor(max_iter=n_epochs, device=device, random_state=0)
        module, options = RBFNetModule, {"centers": np.linspace(-1.7, 1.7, 512)[:, None], "beta": 1024.0}
    else:
        estimator = LSTMRegressor(max_iter=n_epochs, device=device, random_state=0)
        module, options, x, y = LSTMModule, {"n_features": 1, "hidden_size": 64}, x[None], y[None]

    def skorch(**settings) -> Callable[[], object]:
        common = {
            "criterion": torch.nn.MSELoss,
            "optimizer": torch.optim.Adam,
            "lr": 0.01,
            "batch_size": -1,
            "device": device,
        }
        prefixed = {f"module__{key}": value for key, value in options.items()}
        return lambda: NeuralNet(module, **prefixed, **common, max_epochs=n_epochs, verbose=0, **settings).fit(x, y)

    validated = {} if name == "RBF network" else {"train_split": None}  # one sequence cannot be split
    plain = {"train_split": None, "callbacks": "disable"}
    batches = {"iterator_train": Batches}
    return {
        "bare torch": lambda: bare_loop(module(**options).to(device), x, y, n_epochs, fused=False),
        "bare torch, fused Adam": lambda: bare_loop(module(**options).to(device), x, y, n_epochs, fused=True),
        "skorch as it comes": skorch(**validated),
        "no validation": skorch(train_split=None),
        "no callbacks": skorch(**plain),
        "one batch, sliced once": skorch(**plain, **batches),
        "fused Adam": skorch(**plain, **batches, optimizer__fused=True),
        "the estimator": lambda: estimator.fit(GE_SE.data[["r"]], GE_SE.target),
    }


@benchmark(
    option("--repeats", type=int, default=15, help="fits of each (default: %(default)s)"),
    option("--epochs", type=int, default=N_EPOCHS, help="epochs of a fit (default: %(default)s)"),
    DEVICE,
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    rows = []
    for name in ("RBF network", "LSTM"):
        with one_torch_thread():
            times = take_turns(methods(name, options.epochs, options.device), options.repeats, name)
        for method, seconds in times.items():
            ratio = np.median(seconds / times["bare torch"])
            rows.append((name, method, np.median(seconds), ratio, options.repeats))
    table = pd.DataFrame(rows, columns=["network", "method", "seconds", "over_bare_torch", "repeats"])
    print_frame(table, f"Medians of {options.epochs} epochs. Each line of skorch removes one cost of the line before.")
    yield "network_speed.csv", table


if __name__ == "__main__":
    main()
