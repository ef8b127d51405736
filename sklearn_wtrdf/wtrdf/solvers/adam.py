"""Adam with clipped parameters, in rounds: the paper's procedure, in torch through skorch.

Each round starts from the parameters of the previous one with a smaller learning rate, and may have bounds of its own.
Choose it to reproduce the paper; as there, the result is the last point of the path. Many calibrations can be trained
at once, with the same results as separately.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_wtrdf.utils.device import need_torch, one_torch_thread, torch_device
from sklearn_wtrdf.wtrdf.calibration import Bounds, CalibrationProblem, CalibrationResult, bounds_array

Floats = NDArray[np.float64]


class Adam(BaseEstimator):
    """The paper's procedure: Adam from one starting point, with parameters clipped into their bounds after each step.

    Parameters
    ----------
    learning_rate : float, default=0.01
        Learning rate of the first round.
    learning_rate_decay : float, default=0.1
        Factor by which the learning rate is multiplied from round to round.
    n_rounds : int, default=2
        Number of rounds. Each starts from the parameters of the previous one.
    max_iter : int, default=100
        Number of steps of each round. All of them are taken: there is no test of convergence, and no warning.
    earlier_bounds : list of dict, default=None
        Bounds of each round before the last. The last round has the bounds of the regressor; if None, so have all
        rounds.
    device : {"cpu", "cuda", "auto"}, default="cpu"
        Device on which torch computes; ``"auto"`` is a GPU if there is one.

    Examples
    --------
    >>> from sklearn_wtrdf import Adam, WTRDFRegressor
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> WTRDFRegressor(solver=Adam(max_iter=5)).fit(*load_ge_se(return_X_y=True)).n_iter_
    10
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "learning_rate_decay": [Interval(Real, 0, None, closed="neither")],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "earlier_bounds": [list, None],
        "device": [StrOptions({"cpu", "cuda", "auto"})],
    }

    def __init__(
        self,
        learning_rate: float = 0.01,
        *,
        learning_rate_decay: float = 0.1,
        n_rounds: int = 2,
        max_iter: int = 100,
        earlier_bounds: list[Bounds] | None = None,
        device: str = "cpu",
    ) -> None:
        self.learning_rate = learning_rate
        self.learning_rate_decay = learning_rate_decay
        self.n_rounds = n_rounds
        self.max_iter = max_iter
        self.earlier_bounds = earlier_bounds
        self.device = device

    def solve(self, problem: CalibrationProblem, init: Floats) -> CalibrationResult:
        """Take the steps of all rounds from `init`, and return the last point.

        Parameters
        ----------
        problem : CalibrationProblem
        init : ndarray of shape (5,)
            Starting point.

        Returns
        -------
        CalibrationResult

        Raises
        ------
        ImportError
            If torch or skorch is not installed: ``pip install "sklearn-wtrdf[torch]"``.
        ValueError
            If a parameter is out of its range, or there is no GPU for ``device="cuda"``.
        """
        return self.solve_batch([problem], [init])[0]

    def solve_batch(self, problems: Sequence[CalibrationProblem], inits: Sequence[Floats]) -> list[CalibrationResult]:
        """Solve many problems at once, each as :meth:`solve` does.

        Parameters
        ----------
        problems : sequence of CalibrationProblem
            They may differ in everything: rows, q grids, S_R, weights and bounds.
        inits : sequence of ndarray of shape (5,)
            The starting point of each.

        Returns
        -------
        list of CalibrationResult

        Raises
        ------
        ImportError, ValueError
            As for :meth:`solve`.
        """
        self._validate_params()
        rounds = [np.array([problem.bounds for problem in problems])] * self.n_rounds
        if self.earlier_bounds is not None:
            if len(self.earlier_bounds) != self.n_rounds - 1:
                raise ValueError(
                    f"earlier_bounds has {len(self.earlier_bounds)} dicts, but n_rounds={self.n_rounds}: give one for "
                    "each round but the last."
                )
            earlier = [np.array([bounds_array(box, p.r, p.q) for p in problems]) for box in self.earlier_bounds]
            rounds = earlier + rounds[-1:]
        return solve_batch(
            problems,
            inits,
            bounds_of_rounds=rounds,
            max_iter=self.max_iter,
            learning_rate=self.learning_rate,
            learning_rate_decay=self.learning_rate_decay,
            device=self.device,
        )


def solve_batch(
    problems: Sequence[CalibrationProblem],
    inits: Sequence[Floats],
    *,
    bounds_of_rounds: Sequence[Floats],
    max_iter: int = 100,
    learning_rate: float = 0.01,
    learning_rate_decay: float = 0.1,
    device: str = "cpu",
) -> list[CalibrationResult]:
    """Take `max_iter` steps from each starting point in each round.

    Parameters
    ----------
    problems : sequence of CalibrationProblem
        Their bounds must be those of the last round.
    inits : sequence of ndarray of shape (5,)
        The starting point of each problem.
    bounds_of_rounds : sequence of ndarray of shape (n_problems, 5, 2)
        The bounds into which parameters are clipped after each step, one array for each round.
    max_iter : int, default=100
        Steps of each round.
    learning_rate : float, default=0.01
        Learning rate of the first round.
    learning_rate_decay : float, default=0.1
        Factor on the learning rate from round to round.
    device : {"cpu", "cuda", "auto"}, default="cpu"
        Where torch computes.

    Returns
    -------
    list of CalibrationResult
        The last point of each problem, and its loss before each step as torch computes it.
    """
    need_torch("Adam")
    from sklearn_wtrdf.wtrdf.solvers import _torch_twin

    device = torch_device(device)
    learning_rates = [learning_rate * learning_rate_decay**i for i in range(len(bounds_of_rounds))]
    size = _torch_twin.batch_size(problems, device)
    results = []
    for start in range(0, len(problems), size):
        part = slice(start, start + size)
        bounds = [box[part] for box in bounds_of_rounds]
        with one_torch_thread():
            thetas, curves = _torch_twin.train(
                problems[part], np.array(inits[part]), bounds, learning_rates, max_iter, device
            )
        solved = zip(problems[part], thetas, curves, strict=True)
        results += [CalibrationResult(theta, problem.loss(theta), curve) for problem, theta, curve in solved]
    return results
