"""The network of Gaussian radial basis functions, Eq. (10) and (11) of the paper."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import qmc
from sklearn.base import _fit_context
from sklearn.metrics import pairwise_distances_argmin_min
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf.base import validated_data
from sklearn_wtrdf.networks.base import NetworkRegressor
from sklearn_wtrdf.utils import data_warnings
from sklearn_wtrdf.utils.device import need_torch
from sklearn_wtrdf.utils.threads import single_thread

Floats = NDArray[np.float64]

_MAX_N_CENTERS = 100_000


class RBFNetRegressor(NetworkRegressor):
    r"""A radial basis function network, the paper's first network.

    .. math:: \hat y = ∑_j w_j \exp(−β ‖x − μ_j‖^2) + b

    The centres μ_j, weights w_j and the bias b are trained by Adam on the mean squared error of all rows.

    Parameters
    ----------
    n_centers : int, default=512
        Number M of centres. They are initialized as a Latin hypercube over the range of the training data: uniformly
        over r if r is the only feature.
    beta : float, default=1024.0
        Width parameter β: a basis function decreases to 1/e within a distance of β^(−1/2), in units of the standard
        deviation of each feature, or in the unit of the feature with ``standardize=False``. The default suits r as the
        only feature; several features need a much smaller value.
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
        Seed of the initial weights and, with several features, of the centres.
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
    LSTMRegressor : The paper's other network.

    Notes
    -----
    The network learns y as a function of the columns of X: with r alone, it interpolates one curve. A pickle contains
    the weights as NumPy arrays.

    Examples
    --------
    >>> from sklearn_wtrdf import RBFNetRegressor
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> X, y = load_ge_se(return_X_y=True)
    >>> model = RBFNetRegressor(random_state=0).fit(X[["r"]], y)
    >>> model.n_parameters_
    1025
    >>> abs(model.predict(X[["r"]]) - y).mean() < 0.029
    np.True_
    """

    _module = "RBFNetModule"
    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "n_centers": [Interval(Integral, 1, _MAX_N_CENTERS, closed="both")],
        "beta": [Interval(Real, 0, None, closed="neither")],
        **NetworkRegressor._parameter_constraints,
    }

    def __init__(
        self,
        n_centers: int = 512,
        beta: float = 1024.0,
        *,
        standardize: bool = True,
        max_iter: int = 500,
        learning_rate: float = 0.01,
        early_stopping: int | None = None,
        device: str = "cpu",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool | int = False,
    ) -> None:
        self.n_centers = n_centers
        self.beta = beta
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
            Any features; for one curve, r alone.
        y : array-like of shape (n_rows,)
            Target.

        Returns
        -------
        self : RBFNetRegressor

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
        UserWarning
            If `beta` is so large that most rows are outside of all basis functions.
        """
        need_torch("RBFNetRegressor")
        values, target = validated_data(self, X, y, ensure_min_samples=2)
        self._check(values, target)
        x, z = self._fit_scalers(values, target.astype(np.float64))
        seed = self._seed()
        # Unscrambled, the hypercube's points are the middles of its strata: an even grid in one dimension.
        strata = qmc.LatinHypercube(x.shape[1], scramble=False, rng=seed).random(self.n_centers)
        centers = x.min(0) + strata * np.ptp(x, axis=0)
        nearest = pairwise_distances_argmin_min(x, centers)[1]
        if np.median(self.beta * nearest**2) > 20:
            warnings.warn(
                f"beta={self.beta:g} is so large that most rows are reached by no center, and the network cannot learn "
                "from them: with several features choose a smaller beta, or more centers.",
                UserWarning,
                stacklevel=data_warnings.user_stacklevel(),
            )
        self._train(x, z, seed, centers=centers, beta=self.beta)
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
        return self._row_by_row(self._sum, x)

    def _sum(self, weights: dict[str, Floats], x: Floats) -> Floats:
        """Evaluate Eq. (10) and (11) in NumPy."""
        squares = np.zeros((len(x), len(weights["centers"])))
        for column, center in zip(x.T, weights["centers"].T, strict=True):
            squares += (column[:, None] - center) ** 2
        basis = np.exp(-self.net_.module_.beta * squares)
        return (basis * weights["linear.weight"][0]).sum(axis=1) + weights["linear.bias"]
