"""Adam with clipped parameters, in rounds: the paper's procedure, in torch through skorch.

Each round starts from the parameters of the last one with a smaller learning rate, and may have bounds of its own.
Choose it to reproduce the paper; it returns the last point of its path, as the paper does.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_wtrdf.calibration import Bounds, CalibrationProblem, CalibrationResult, bounds_array
from sklearn_wtrdf.solvers import _device

Floats = NDArray[np.float64]


class Adam(BaseEstimator):
    """The paper's procedure: Adam from one start, parameters clipped into their bounds after each step.

    Parameters
    ----------
    learning_rate : float, default=0.01
        Learning rate of the first round.
    learning_rate_decay : float, default=0.1
        Factor on the learning rate from round to round.
    n_rounds : int, default=2
        Number of rounds, each from the parameters of the last.
    max_iter : int, default=100
        Steps of each round. All of them are taken, so there is no warning that they were too few.
    earlier_bounds : list of dict, default=None
        Bounds of the rounds before the last, one dict for each. The last round has the bounds of the regressor, and
        with None every round has them.
    device : {"cpu", "cuda", "auto"}, default="cpu"
        Where torch computes; ``"auto"`` takes a GPU if there is one.

    Examples
    --------
    >>> from sklearn_wtrdf import WTRDFRegressor
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> from sklearn_wtrdf.solvers import Adam
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
        """Take the steps of all rounds from `init` and return the last point.

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
        self._validate_params()
        boxes = [problem.bounds] * self.n_rounds
        if self.earlier_bounds is not None:
            if len(self.earlier_bounds) != self.n_rounds - 1:
                raise ValueError(
                    f"earlier_bounds has {len(self.earlier_bounds)} dicts, but n_rounds={self.n_rounds}: give one for "
                    "each round but the last."
                )
            boxes = [bounds_array(bounds, problem.r, problem.q) for bounds in self.earlier_bounds] + boxes[-1:]
        return solve(
            problem,
            init,
            bounds_of_rounds=boxes,
            max_iter=self.max_iter,
            learning_rate=self.learning_rate,
            learning_rate_decay=self.learning_rate_decay,
            device=self.device,
        )


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
    device : {"cpu", "cuda", "auto"}, default="cpu"
        Where torch computes.

    Returns
    -------
    CalibrationResult
        The last point, and the loss before each step as torch computes it.
    """
    _device.need_torch("Adam")
    import torch
    from skorch import NeuralNet

    from sklearn_wtrdf.solvers._torch_twin import Clip, WeightedL1, WTRDFModule

    r, s_r = problem.row_data
    rows = {"r": r, "s_r": s_r}
    device, theta, losses = _device.torch_device(device), init, []
    for i, bounds in enumerate(bounds_of_rounds):
        net = NeuralNet(
            WTRDFModule,
            module__theta=np.clip(theta, *bounds.T),
            module__q=problem.q,
            criterion=WeightedL1,
            criterion__weights=problem.weights,
            optimizer=torch.optim.Adam,
            lr=learning_rate * learning_rate_decay**i,
            max_epochs=max_iter or 100,
            batch_size=-1,
            train_split=None,
            callbacks=[Clip(bounds)],
            device=device,
            verbose=0,
        )
        with _device.one_torch_thread():
            net.fit(rows, problem.y)
        theta = net.module_.theta.detach().cpu().numpy().copy()
        losses.extend(net.history[:, "train_loss"])
    return CalibrationResult(theta, problem.loss(theta), np.array(losses))
