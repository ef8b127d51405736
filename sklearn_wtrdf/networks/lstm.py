"""A long short-term memory network that reads the curve as a sequence, Eq. (12) of the paper."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf.base import validated_data
from sklearn_wtrdf.networks.base import NetworkRegressor
from sklearn_wtrdf.utils.device import need_torch, one_torch_thread
from sklearn_wtrdf.utils.threads import single_thread

Floats = NDArray[np.float64]

_MAX_HIDDEN_SIZE = 4096  # units: 270 MB of weights in single precision


class LSTMRegressor(NetworkRegressor):
    """An LSTM that reads the training rows as one sequence in order of r, the paper's second network.

    With h_t, c_t = LSTM(x_t, h_{t−1}, c_{t−1}), the prediction is ŷ_t = w · h_t + b. The network is trained by Adam on
    the mean squared error of the whole sequence.

    Parameters
    ----------
    hidden_size : int, default=64
        Size of the hidden state h_t.
    reading : {"query", "sequence"}, default="query"
        How `predict` reads rows. ``"query"``: each row separately, as one step from the state after the training rows
        with smaller r. ``"sequence"``: all rows of the call as one sequence, as in the paper, so that a prediction
        depends on the other rows of the call.
    standardize : bool, default=True
        Whether to standardize X and y to zero mean and unit variance over the training rows.
    max_iter : int, default=500
        Maximum number of epochs.
    learning_rate : float, default=0.01
        Adam's learning rate.
    early_stopping : int, default=None
        Number of epochs after which training stops if the training loss has not decreased by a factor of 1 − 10⁻⁴.
        None does not stop early.
    device : {"cpu", "cuda", "auto"}, default="cpu"
        Device on which torch computes; ``"auto"`` is a GPU if there is one.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights.
    verbose : bool or int, default=False
        Whether to print skorch's table of epochs.

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained network, whose input and output are standardized.
    loss_curve_ : ndarray of shape (n_iter_,)
        Mean squared error of the standardized y before each step.
    n_iter_ : int
        Number of epochs.
    n_parameters_ : int
        Number of trained parameters.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Their names, if X had any.

    See Also
    --------
    RBFNetRegressor : The paper's other network.

    Notes
    -----
    Rows are ordered by their first feature, ties by the next ones. Equal rows are read once, with the mean of their y.
    At a training row, ``"query"`` returns the output of the trained sequence. Each row is computed separately, by NumPy
    on the CPU, so that the result does not depend on the other rows of the call.

    The network learns y as a function of the columns of X: with r alone, it interpolates one curve. A pickle contains
    the weights as NumPy arrays.

    Examples
    --------
    >>> from sklearn_wtrdf import LSTMRegressor
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> X, y = load_ge_se(return_X_y=True)
    >>> model = LSTMRegressor(random_state=0).fit(X[["r"]], y)
    >>> model.n_parameters_
    17217
    >>> abs(model.predict(X[["r"]]) - y).mean() < 0.1
    np.True_
    """

    _module = "LSTMModule"
    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "hidden_size": [Interval(Integral, 1, _MAX_HIDDEN_SIZE, closed="both")],
        "reading": [StrOptions({"query", "sequence"})],
        **NetworkRegressor._parameter_constraints,
    }

    def __init__(
        self,
        hidden_size: int = 64,
        *,
        reading: str = "query",
        standardize: bool = True,
        max_iter: int = 500,
        learning_rate: float = 0.01,
        early_stopping: int | None = None,
        device: str = "cpu",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool | int = False,
    ) -> None:
        self.hidden_size = hidden_size
        self.reading = reading
        self.standardize = standardize
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.early_stopping = early_stopping
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    @single_thread
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Any features, the first of which orders the sequence; for one curve, r alone.
        y : array-like of shape (n_rows,)
            Target.

        Returns
        -------
        self : LSTMRegressor

        Raises
        ------
        ImportError
            If torch or skorch is not installed: ``pip install "sklearn-wtrdf[torch]"``.
        ValueError
            If there are fewer than two rows, a value is NaN or infinite, or a parameter is out of its range.

        Warns
        -----
        DataWarning
            If columns named S_R(q) or number_density look wrong
            (:func:`~sklearn_wtrdf.consistency.check_pattern`).
        """
        need_torch("LSTMRegressor")
        values, target = validated_data(self, X, y, ensure_min_samples=2)
        self._check(values, target)
        x, z = self._fit_scalers(values, target.astype(np.float64))
        self._sequence, row = np.unique(x, axis=0, return_inverse=True)  # sorted by the first column, then the next
        row = row.reshape(-1)
        z = np.bincount(row, z) / np.bincount(row)
        self._train(self._sequence[None], z[None], self._seed(), n_features=x.shape[1], hidden_size=self.hidden_size)
        self._h, self._c = self._states(self._sequence[None])
        return self

    @single_thread
    def predict(self, X: ArrayLike) -> Floats:
        """Return the predictions of the network.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            With the same columns as in `fit`.

        Returns
        -------
        y : ndarray of shape (n_rows,)

        Warns
        -----
        DataWarning
            If columns named S_R(q) or number_density look wrong
            (:func:`~sklearn_wtrdf.consistency.check_pattern`).
        """
        check_is_fitted(self)
        values = validated_data(self, X, reset=False)
        self._check(values)
        x = self._x_scaler.transform(values)
        if self.reading == "sequence":
            sequence, row = np.unique(x, axis=0, return_inverse=True)
            return self._infer(sequence[None])[row.reshape(-1)]
        rank = np.unique(np.vstack([self._sequence, x]), axis=0, return_inverse=True)[1].reshape(-1)
        n_before = np.searchsorted(rank[: len(self._sequence)], rank[len(self._sequence) :])
        return self._row_by_row(self._step, x, n_before)

    def _step(self, weights: dict[str, Floats], x: Floats, n_before: NDArray[np.intp]) -> Floats:
        """Return ŷ of one step from the states before each row: Eq. (12) in NumPy."""
        recurrent = self._h @ weights["lstm.weight_hh_l0"].T  # of all states, so that its shape is always the same
        gates = (recurrent + weights["lstm.bias_ih_l0"] + weights["lstm.bias_hh_l0"])[n_before]
        for column, weight in zip(x.T, weights["lstm.weight_ih_l0"].T, strict=True):
            gates += column[:, None] * weight
        i, f, g, o = np.split(gates, 4, axis=1)
        c = expit(f) * self._c[n_before] + expit(i) * np.tanh(g)
        return (expit(o) * np.tanh(c) * weights["linear.weight"][0]).sum(axis=1) + weights["linear.bias"]

    def _states(self, sequence: Floats) -> tuple[Floats, Floats]:
        """Return h and c before the first step of a sequence and after each."""
        import torch

        from sklearn_wtrdf.networks._torch_nets import as_tensor, full_precision

        with torch.no_grad(), full_precision(), one_torch_thread():
            h, c = self.net_.module_.eval().states(as_tensor(sequence, self.net_.device))
        return h.cpu().numpy(), c.cpu().numpy()
