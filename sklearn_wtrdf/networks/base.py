"""The base class of both networks: scaling, training by Adam through skorch, and pickling without tensors.

An estimator has a skorch net as its attribute `net_`, and fulfils scikit-learn's conventions itself. torch and skorch
are imported, with `_torch_nets`, only when a network is trained or loaded, because they are an extra.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_wtrdf import consistency
from sklearn_wtrdf.base import ReconstructionMixin
from sklearn_wtrdf.scattering.frame import read_scattering
from sklearn_wtrdf.scattering.sampling import check_possible
from sklearn_wtrdf.utils import data_warnings
from sklearn_wtrdf.utils.device import need_torch, one_torch_thread, torch_device

if TYPE_CHECKING:
    from skorch import NeuralNet

Floats = NDArray[np.float64]

_MAX_EPOCHS = 1_000_000
_MAX_VALUE = 1e30  # of a feature or a target: networks compute in single precision, which ends at 3e38


class NetworkRegressor(ReconstructionMixin, RegressorMixin, BaseEstimator):
    """Base of the networks. A subclass defines its module in `_torch_nets` and the input of the module."""

    _module: ClassVar[str]
    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "standardize": ["boolean"],
        "max_iter": [Interval(Integral, 1, _MAX_EPOCHS, closed="both")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "early_stopping": [Interval(Integral, 1, None, closed="left"), None],
        "device": [StrOptions({"cpu", "cuda", "auto"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def _check(self, X: Floats, y: Floats | None = None) -> None:
        """Raise if values are too large for single precision, and warn if an S_R looks wrong.

        S_R is recognized by the names of columns: other columns are features of any kind.
        """
        for name, values in {"X": X, "y": X[:0] if y is None else y}.items():
            if (largest := float(np.abs(values).max(initial=0.0))) > _MAX_VALUE:
                raise ValueError(
                    f"{name} has values up to {largest:.3g}, more than {_MAX_VALUE:g}: choose another unit."
                )
        if y is not None:
            check_possible("y, the g(r) that is given,", y)
        try:
            scattering = read_scattering(X, getattr(self, "feature_names_in_", None))
        except ValueError:  # other features, or r alone
            return
        wrong = consistency.check_patterns([pattern for pattern, _ in scattering.in_order()])
        if y is not None:
            curves = [consistency.check_curve(scattering.r[rows], y[rows]) for _, rows in scattering.in_order()]
            wrong = [s_messages + g_messages for s_messages, g_messages in zip(wrong, curves, strict=True)]
        data_warnings.warn(wrong)

    def _fit_scalers(self, X: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return X and y as the net needs them: standardized if `standardize` is True."""
        options = {"with_mean": self.standardize, "with_std": self.standardize}
        self._x_scaler = StandardScaler(**options).fit(X)
        self._y_scaler = StandardScaler(**options).fit(y[:, None])
        return self._x_scaler.transform(X), self._y_scaler.transform(y[:, None])[:, 0]

    def _train(self, X: Floats, y: Floats, seed: int, **module: Any) -> None:
        """Build the net and train it on one full batch."""
        from sklearn_wtrdf.networks._torch_nets import as_tensor, full_precision, seeded

        device = torch_device(self.device)
        with seeded(seed), full_precision(), one_torch_thread():
            self.net_ = self._net(device, **module)
            self.net_.fit(as_tensor(X, device), as_tensor(y, device))
        if not all(weights.isfinite().all() for weights in self.net_.module_.parameters()):
            raise ValueError(f"learning_rate is {self.learning_rate:g}, and training diverged: choose a smaller one.")
        self.loss_curve_ = np.array([epoch["batches"][0]["train_loss"] for epoch in self.net_.history])
        self.n_iter_ = len(self.loss_curve_)
        self.n_parameters_ = sum(weights.numel() for weights in self.net_.module_.parameters())

    def _row_by_row(self, evaluate: Callable[..., Floats], *rows: NDArray[Any]) -> Floats:
        """Return y of each row, which does not depend on the other rows, not even in the last bit.

        A matrix product rounds differently with the number of its rows. So prediction is NumPy in double precision, in
        which `evaluate`, given the weights by name and a block of rows, uses elementwise operations and sums over a
        row.
        """
        weights = {name: value.cpu().double().numpy() for name, value in self.net_.module_.state_dict().items()}
        starts = range(0, len(rows[0]), 1024)
        y = np.concatenate([evaluate(weights, *(values[i : i + 1024] for values in rows)) for i in starts])
        return self._y_scaler.inverse_transform(y[:, None])[:, 0]

    def _infer(self, X: Floats) -> Floats:
        """Return y of a sequence as the net sees it."""
        from sklearn_wtrdf.networks._torch_nets import as_tensor, full_precision

        with full_precision(), one_torch_thread():
            y = self.net_.predict(as_tensor(X))
        return self._y_scaler.inverse_transform(y.reshape(-1, 1).astype(np.float64))[:, 0]

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _net(self, device: str, **module: Any) -> NeuralNet:
        from sklearn_wtrdf.networks import _torch_nets

        return _torch_nets.new_net(
            getattr(_torch_nets, self._module),
            module,
            device=device,
            learning_rate=self.learning_rate,
            max_iter=self.max_iter,
            early_stopping=self.early_stopping,
            verbose=self.verbose,
        )

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "net_" in state:
            weights = {name: tensor.cpu().numpy() for name, tensor in self.net_.module_.state_dict().items()}
            state["net_"] = {
                "device": self.net_.device,
                "module": self.net_.get_params_for("module"),
                "weights": weights,
            }
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "net_" not in state:
            return
        need_torch(type(self).__name__)
        import torch

        from sklearn_wtrdf.networks import _torch_nets

        net = state["net_"]
        with torch.device("meta"):  # without allocating memory, because a damaged size could require any amount
            expected = getattr(_torch_nets, self._module)(**net["module"]).state_dict()
        if {name: tuple(tensor.shape) for name, tensor in expected.items()} != {
            name: np.shape(array) for name, array in net["weights"].items()
        }:
            raise ValueError("the weights are not those of such a network")
        device = net["device"]
        if device == "cuda" and not torch.cuda.is_available():
            warnings.warn("The network was trained on a GPU, and torch finds none: it is on the CPU now.", stacklevel=2)
            device = "cpu"
        with torch.random.fork_rng(devices=[]):
            self.net_ = self._net(device, **net["module"]).initialize()
        self.net_.module_.load_state_dict({name: torch.tensor(array) for name, array in net["weights"].items()})

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # suited to a single curve over r, not to any table of numbers
        return tags
