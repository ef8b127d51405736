"""Times, losses and memory of fits and reconstructions, compared with other methods.

    python benchmarks/speed/speed.py

Methods take turns in one process, and medians and ratios are reported, because the machine's speed drifts. Fits are of
the paper's 58 × 148 problem at the default peak_weight of 0.5. The paper's procedure is a bare PyTorch loop of 200
epochs on one thread, with torch's own Bessel functions. Writes speed.csv and speed.png.
"""

from __future__ import annotations

import time
import tracemalloc
from argparse import Namespace
from collections.abc import Callable, Iterator

import lmfit
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from pystog import Transformer
from scipy.interpolate import PchipInterpolator
from sklearn_wtrdf.benchmarks.paper.minimum import closed_box, differential_evolution, random_lbfgsb
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE, held
from sklearn_wtrdf.benchmarks.runner import DEVICE, WIDTH, Content, benchmark, print_frame, track

from sklearn_wtrdf import Adam, WTRDFRegressor, scattering_frame
from sklearn_wtrdf.plotting.style import COLORS, LEGEND_ABOVE
from sklearn_wtrdf.scattering.frame import read_scattering
from sklearn_wtrdf.utils.device import torch_device
from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem
from sklearn_wtrdf.wtrdf.solvers.variable_projection import _Search
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PARAMETERS, PUBLISHED, kernel

THETA = np.array(list(MANUAL.values()))
BOX = {"a": (0.18, 2.0), "b": (3.6, 16.7)}  # the same for all sizes of the problem


def binary_problem() -> CalibrationProblem:
    """Return the calibration on the paper's data with the default loss and box."""
    return CalibrationProblem(read_scattering(GE_SE.data.to_numpy(), list(GE_SE.data.columns)), GE_SE.target)


class TorchBesselJ2(torch.autograd.Function):
    """J_2(u) from torch's J_0 and J_1, which have no derivatives, with its derivative."""

    @staticmethod
    def forward(ctx, u: torch.Tensor) -> torch.Tensor:
        """Return J_2 by its recurrence relation, and near 0, to avoid cancellation, by its series."""
        small = u.abs() < 0.03
        j1, safe = torch.special.bessel_j1(u), torch.where(small, 1.0, u)
        j2 = torch.where(small, u**2 / 8 - u**4 / 96, 2 * j1 / safe - torch.special.bessel_j0(u))
        ctx.save_for_backward(torch.where(small, u / 4 - u**3 / 24, j1 - 2 * j2 / safe))
        return j2

    @staticmethod
    def backward(ctx, gradient: torch.Tensor) -> torch.Tensor:
        """Multiply by J_2' = J_1 − 2 J_2 / u."""
        (derivative,) = ctx.saved_tensors
        return gradient * derivative


def bare_torch(problem: CalibrationProblem, device: str = "cpu") -> float:
    """Run the paper's procedure in a bare loop and return the loss of the last epoch."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    r, s_r = (torch.tensor(values, device=device) for values in problem.row_data)
    q, y, weights = (torch.tensor(values, device=device) for values in (problem.q, problem.y, problem.weights))
    lower, upper = torch.tensor(problem.bounds.T, device=device)
    theta = torch.tensor(THETA, device=device, requires_grad=True)
    for learning_rate in (0.01, 0.001):
        optimizer = torch.optim.Adam([theta], lr=learning_rate)
        for _ in range(100):
            optimizer.zero_grad()
            a, b, K_f, C, Lambda = theta
            u = (torch.outer(r, q) - b) / a
            wavelet = TorchBesselJ2.apply(u) + K_f * u**4 * torch.exp(-(u**2)) + C
            g = Lambda * torch.trapezoid(s_r * wavelet, q, dim=1)
            loss = (weights * (y - g).abs()).sum()
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                theta.clamp_(lower, upper)
    torch.set_num_threads(threads)
    return problem.loss(theta.detach().cpu().numpy())


def lmfit_least_squares(problem: CalibrationProblem) -> float:
    """Minimize the weighted squares from the manual parameters and return the absolute loss at the minimum."""
    parameters = lmfit.Parameters()
    for name, value, (low, high) in zip(PARAMETERS, THETA, closed_box(problem), strict=True):
        parameters.add(name, value=value, min=low, max=high)

    def residual(values: lmfit.Parameters) -> np.ndarray:
        theta = np.array([values[name].value for name in PARAMETERS])
        return np.sqrt(problem.weights) * (problem.y - problem.predict(theta))

    best = lmfit.minimize(residual, parameters).params
    return problem.loss(np.array([best[name].value for name in PARAMETERS]))


def fits(problem: CalibrationProblem, device: str = "cpu") -> dict[str, tuple[Callable[[], float], int]]:
    """Return every method by name, as a function that fits and returns the loss, and its number of repetitions."""

    def ours(**options) -> Callable[[], float]:
        return lambda: WTRDFRegressor(**options).fit(GE_SE.data, GE_SE.target).loss_

    def scan() -> float:
        _Search(problem).valleys(problem.weights)
        return np.nan

    return {
        "default fit": (ours(), 15),
        "default fit, its scan alone": (scan, 15),
        "bare PyTorch, 200 epochs": (lambda: bare_torch(problem, torch_device(device)), 15),
        "solver='adam'": (ours(solver=Adam(device=device)), 5),
        "solver='lbfgsb'": (ours(solver="lbfgsb"), 5),
        "lmfit least squares": (lambda: lmfit_least_squares(problem), 5),
        "differential evolution": (lambda: differential_evolution(problem), 1),
        "L-BFGS-B, 200 random starts": (lambda: random_lbfgsb(problem, 200), 1),
    }


def resized_fit(n_rows: int, n_q: int) -> Callable[[], object]:
    """Return a fit of a problem of another size, with the same ranges of r and q and the same box."""
    r, q = np.linspace(GE_SE.r[0], GE_SE.r[-1], n_rows), np.linspace(GE_SE.q[0], GE_SE.q[-1], n_q)
    X = scattering_frame(r, q, PchipInterpolator(GE_SE.q, GE_SE.s_r)(q))
    y = PchipInterpolator(GE_SE.r, GE_SE.target)(r)
    return lambda: WTRDFRegressor(BOX).fit(X, y)


def reconstructions(n_materials: int) -> dict[str, Callable[[], object]]:
    """Return `reconstruct` of many patterns, the matrix product alone, and pystog's transform of a part of them."""
    model = WTRDFRegressor(held(PUBLISHED)).fit(GE_SE.data, GE_SE.target)
    patterns = GE_SE.s_r + 0.1 * np.random.default_rng(0).normal(size=(n_materials, GE_SE.q.size))
    matrix = kernel(GE_SE.r, GE_SE.q, **model.params_).T
    transformer, subset = Transformer(), patterns[:20]

    def pystog() -> None:
        for s_r in subset:
            transformer.F_to_G(GE_SE.q, s_r, GE_SE.r)

    return {
        "reconstruct": lambda: model.reconstruct(GE_SE.r, GE_SE.q, patterns),
        "matrix product": lambda: patterns @ matrix,
        f"pystog, {len(subset)} of them": pystog,
    }


def seconds(function: Callable[[], object]) -> float:
    """Return the time of one call [s]."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def take_turns(functions: dict[str, Callable[[], object]], n_repeats: int, what: str) -> dict[str, np.ndarray]:
    """Time every function n_repeats times, in turns, after a warm-up."""
    for function in functions.values():
        function()
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in track(iter(range(n_repeats)), n_repeats, what):
        for name, function in functions.items():
            times[name].append(seconds(function))
    return {name: np.array(values) for name, values in times.items()}


def peak_memory(function: Callable[[], object]) -> float:
    """Return the peak memory of Python and NumPy during one call [MB]."""
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def measure_fits(device: str) -> pd.DataFrame:
    """Time every method of calibration, slow ones once."""
    methods = fits(binary_problem(), device)
    losses = {name: method() for name, (method, _) in track(iter(methods.items()), len(methods), "losses")}
    fast = {name: method for name, (method, n) in methods.items() if n == 15}
    times = take_turns(fast, 15, "fits")
    times |= take_turns({name: method for name, (method, n) in methods.items() if n == 5}, 5, "slower fits")
    times |= {name: np.array([seconds(method)]) for name, (method, n) in methods.items() if n == 1}
    reference = times["default fit"]
    rows = []
    for name, (method, n) in methods.items():
        paired = times[name] / reference if n == 15 else times[name] / np.median(reference)
        memory = np.nan if n == 1 else peak_memory(method)
        rows.append(("fit", name, "58 × 148", np.median(times[name]), np.median(paired), n, losses[name], memory))
    return pd.DataFrame(rows, columns=COLUMNS)


def measure_growth() -> pd.DataFrame:
    """Time the default fit with more rows and with more q points."""
    sizes = {"rows": [(58 * k, 148) for k in (1, 2, 4, 8)], "q points": [(58, 148 * k) for k in (1, 2, 4, 8)]}
    rows = []
    for what, shapes in sizes.items():
        functions = {f"{n_rows} × {n_q}": resized_fit(n_rows, n_q) for n_rows, n_q in shapes}
        times = take_turns(functions, 5, f"more {what}")
        first = next(iter(times.values()))
        for name, function in functions.items():
            ratio = np.median(times[name] / first)
            rows.append((what, "default fit", name, np.median(times[name]), ratio, 5, np.nan, peak_memory(function)))
    return pd.DataFrame(rows, columns=COLUMNS)


def measure_reconstructions() -> pd.DataFrame:
    """Time reconstructions of 1 to 10,000 patterns."""
    rows = []
    for n_materials in (1, 10, 100, 1000, 10_000):
        functions = reconstructions(n_materials)
        times = take_turns(functions, 25, f"{n_materials} patterns")
        for name, function in functions.items():
            ratio = np.median(times[name] / times["matrix product"])
            size = f"{n_materials} patterns"
            rows.append(("materials", name, size, np.median(times[name]), ratio, 25, np.nan, peak_memory(function)))
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = ["experiment", "method", "size", "seconds", "ratio", "repeats", "loss", "peak_memory_mb"]


def figure_of(table: pd.DataFrame) -> plt.Figure:
    """Draw loss against time, and the growth of the times."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 4.4))
    methods = table[(table["experiment"] == "fit") & table["loss"].notna()]
    for i, (_, row) in enumerate(methods.iterrows()):
        style = {"s": 60, "color": f"C{i}", "marker": "osD^vP*X"[i % 8], "zorder": 3}
        left.scatter(row["seconds"], row["loss"], label=LABELS.get(row["method"], row["method"]), **style)
    left.set(xscale="log", xlabel="time of a fit (s)")
    left.set_ylabel("loss reached: mean of the MAE of g\nand of its error at the peaks")
    for what, marker in (("rows", "o"), ("q points", "s")):
        growth = table[table["experiment"] == what]
        right.plot(2.0 ** np.arange(len(growth)), growth["ratio"], marker=marker, label=f"more {what}")
    right.plot([1, 8], [1, 8], color=COLORS["truth"], lw=0.8, ls=":", label="proportional to the size")
    right.set(xscale="log", yscale="log", xlabel="size of the data, over 58 rows × 148 q points")
    right.set_ylabel("time of a default fit,\nover that of 58 × 148")
    right.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    right.set_yticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    right.minorticks_off()
    for panel in (left, right):
        panel.legend(**LEGEND_ABOVE)
        panel.grid()
    return figure


LABELS = {  # in the figure
    "bare PyTorch, 200 epochs": "Adam as in the paper, plain PyTorch",
    "solver='adam'": "Adam as in the paper, this package",
    "solver='lbfgsb'": "L-BFGS-B, this package",
    "lmfit least squares": "least squares (lmfit)",
}


@benchmark(DEVICE, figures={"speed.png": (figure_of, "speed.csv")})
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    table = pd.concat([measure_fits(options.device), measure_growth(), measure_reconstructions()], ignore_index=True)
    print_frame(table, "Medians. ratio: over the default fit, the smallest size, or the matrix product.")
    yield "speed.csv", table


if __name__ == "__main__":
    main()
