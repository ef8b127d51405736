"""Saving and loading models.

A model file is a skops archive of arrays, parameters and the names of their types. Loading creates objects of these
types and runs no other code. It refuses types that are neither known to be harmless nor registered, without importing
their modules. Networks are stored as NumPy arrays, from which they are built again.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from packaging.version import Version
from sklearn.base import BaseEstimator
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf import __version__
from sklearn_wtrdf.base import check_n_features
from sklearn_wtrdf.persistence.registry import trusted_types
from sklearn_wtrdf.utils.files import atomic_write, check_file
from sklearn_wtrdf.utils.versions import is_newer

# Slow to import, and not needed to list the estimators of scikit-learn
_SLOW_MODULES = ["pytest", *(f"sklearn.externals.array_api_compat.{library}" for library in ("torch", "dask", "cupy"))]

# Full names of types, because the name of a module would include all types that the module imports.
_TRUSTED = {
    "sklearn_wtrdf.scattering.composition.Composition",
    "sklearn_wtrdf.reduction.corrections.Capillary",
    "sklearn_wtrdf.reduction.corrections.Reflection",
    "sklearn_wtrdf.reduction.corrections.Transmission",
    "sklearn_wtrdf.fourier.FourierRegressor",
    "sklearn_wtrdf.scattering.curve.Curve",
    "sklearn_wtrdf.scattering.pattern.Pattern",
    "sklearn_wtrdf.inversion.fitted.FittedMaterial",
    "sklearn_wtrdf.inversion.regressor.InversionRegressor",
    "sklearn_wtrdf.networks.lstm.LSTMRegressor",
    "sklearn_wtrdf.networks.rbf_net.RBFNetRegressor",
    "sklearn_wtrdf.reduction.transformer.Reduction",
    "sklearn_wtrdf.wtrdf.regressor.WTRDFRegressor",
    "sklearn_wtrdf.inversion.reference.Reference",
    "sklearn_wtrdf.inversion.priors.base.Sum",
    "sklearn_wtrdf.inversion.priors.asymmetric_bond.AsymmetricBond",
    "sklearn_wtrdf.inversion.priors.bond.Bond",
    "sklearn_wtrdf.inversion.priors.continuum.Continuum",
    "sklearn_wtrdf.inversion.priors.log_continuum.LogContinuum",
    "sklearn_wtrdf.inversion.priors.log_pairs.LogPairFunctions",
    "sklearn_wtrdf.inversion.priors.near_reference.NearReference",
    "sklearn_wtrdf.inversion.priors.oscillation.Oscillation",
    "sklearn_wtrdf.inversion.priors.pairs.PairFunctions",
    "sklearn_wtrdf.partials.frame.Measurement",
    "sklearn_wtrdf.partials.regressor.PartialsRegressor",
    "sklearn_wtrdf.partials.modes.Mode",
    "sklearn_wtrdf.scattering.pairs.Pair",
    "sklearn_wtrdf.scattering.pairs.PairWeights",
    "sklearn_wtrdf.scattering.scan.Scan",
    "sklearn_wtrdf.wtrdf.metrics.PeakKFold",
    "sklearn_wtrdf.reduction.scattering_model.ScatteringModel",
    "sklearn_wtrdf.wtrdf.solvers.adam.Adam",
    "sklearn_wtrdf.wtrdf.solvers.lbfgsb.LBFGSB",
    "sklearn_wtrdf.wtrdf.solvers.variable_projection.VariableProjection",
    "sklearn_wtrdf.wtrdf.metrics._PeakScorer",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
    "sklearn.model_selection._split.GroupKFold",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.LeaveOneGroupOut",
    "sklearn.model_selection._split.ShuffleSplit",
    "sklearn.metrics._regression.mean_absolute_error",
    "sklearn.utils._metadata_requests.MetadataRequest",  # of a search; skops does not trust that of some versions
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
}
_MAX_UNPACKED_RATIO = 10  # size and number of parts of an unpacked archive, over those of the archive
_MAX_MESSAGE_LENGTH = 300  # characters of an error, because a damaged value may be as long as the file
_PACKAGES = ("sklearn-wtrdf", "scikit-learn", "numpy", "torch")  # whose versions are saved
_OPTIONAL = ("torch", "skorch")  # packages that networks need


def save(model: BaseEstimator, path: str | Path, *, overwrite: bool = False) -> Path:
    """Save a fitted model.

    Parameters
    ----------
    model : estimator
        A fitted estimator of this package, a registered one of your own (:func:`~sklearn_wtrdf.register_model`), or a
        pipeline or search that contains one.
    path : str or Path
        The file, usually ``*.skops``. It is written completely or, after an error, not at all.
    overwrite : bool, default=False
        Whether to replace an existing file.

    Returns
    -------
    path : Path

    Raises
    ------
    FileExistsError
        If the file exists and `overwrite` is False.
    OSError
        If it cannot be written.
    sklearn.exceptions.NotFittedError
        If the model is not fitted.

    Warns
    -----
    UserWarning
        If the model contains types that :func:`load` would refuse.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn_wtrdf import InversionRegressor, load, save
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> X, y = load_ge_se(return_X_y=True)
    >>> model = InversionRegressor().fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     twin = load(save(model, f"{folder}/model.skops"))
    >>> bool((twin.predict(X) == model.predict(X)).all())
    True
    """
    skops = _import_skops()
    check_is_fitted(model)
    with atomic_write(path, overwrite) as temporary:
        contents = skops.dumps({"model": model, "versions": _versions()})
        temporary.write_bytes(contents)
    if refused := _refused(set(skops.get_untrusted_types(data=contents))):
        warnings.warn(
            f"{path} is written, but load will refuse it: it contains {', '.join(sorted(refused))}. Before loading it, "
            "register models by register_model, and other classes by register_types.",
            UserWarning,
            stacklevel=2,
        )
    return Path(path)


def load(path: str | Path) -> BaseEstimator:
    """Load a model that :func:`save` wrote.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    model : estimator
        With the same predictions as the saved one.

    Raises
    ------
    ImportError
        If it is a network, and torch or skorch is not installed.
    OSError
        If the file cannot be read.
    ValueError
        If the file is not a model file, is damaged, contains a type that neither belongs to this package nor is
        registered (:func:`~sklearn_wtrdf.register_model`), or was written by a newer version of this package, or by one
        so old that its models can no longer be read. The message is one line with the file and the reason.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn_wtrdf import FourierRegressor, load, save
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> X, y = load_ge_se(return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save(FourierRegressor(number_density=0.034).fit(X), f"{folder}/model.skops")
    ...     load(path).number_density
    0.034
    """
    archive = read_archive(Path(path))
    return archive["model"]


def read_archive(path: Path) -> dict[str, Any]:
    """Return the contents of a file of :func:`save`: ``model``, and ``versions`` of the packages that wrote it."""
    skops = _import_skops()
    contents = _contents(path)
    with _refusing(f"{path} is not a model file of sklearn_wtrdf"):
        _check_sizes(contents)
        unknown = set(skops.get_untrusted_types(data=contents))
    if refused := _refused(unknown):
        raise ValueError(
            f"{path} contains types that are not trusted, and was not loaded: {', '.join(sorted(refused))}. Register a "
            "model of your own by register_model, or for the command by an entry point of a package, and any other "
            "class of your own by register_types; if you trust the author of the file, load it by "
            "skops.io.load(path, trusted=[...])."
        )
    again = " Fit the model again."
    other = f"{path} was written by other versions of the packages, or is damaged"
    with _refusing(other, again), _missing_extra(path):
        archive = skops.loads(contents, trusted=sorted(unknown))
    with _refusing(f"{path} is a skops archive, but not one that sklearn_wtrdf.save wrote"):
        written = _check_archive(archive)
    if is_newer(written):
        raise ValueError(f"{path} was written by sklearn-wtrdf {written}, and this is {__version__}: update it.")
    model, damaged = archive["model"], f"{path} contains a damaged model"
    lacking = f"{path} was written by sklearn-wtrdf {written}, whose model lacks attributes that {__version__} needs"
    with _refusing(damaged, again), _refusing(lacking, again, AttributeError):
        model.get_params()
    with _refusing(damaged, again):
        _check_fitted(model)
    return archive


def _import_skops() -> ModuleType:
    """Import skops.io without torch, dask and pytest.

    On import, skops.io lists the estimators of scikit-learn, for which it imports all of its modules. Those for tests
    and for arrays of torch and dask take two seconds.
    """
    hidden = [name for name in _SLOW_MODULES if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: the import fails, and is skipped
    try:
        return importlib.import_module("skops.io")
    finally:
        for name in hidden:
            del sys.modules[name]


def _contents(path: Path) -> bytes:
    check_file(path)
    return path.read_bytes()


@contextlib.contextmanager
def _refusing(what: str, then: str = "", kind: type[Exception] = Exception) -> Iterator[None]:
    """Raise a ValueError for any error in the block, because damaged files cause many kinds of errors."""
    try:
        yield
    except kind as error:
        if isinstance(error, ImportError) and error.name in _OPTIONAL:
            raise  # the file is valid, and the message names the missing package
        raise ValueError(f"{what}: {_one_line(error)}.{then}") from error


@contextlib.contextmanager
def _missing_extra(path: Path) -> Iterator[None]:
    """Add the file to the message if a package that its model needs is not installed."""
    try:
        yield
    except ImportError as error:
        raise ImportError(f"{path}: {error}", name=error.name) from None


def _check_archive(archive: Any) -> str:
    """Return the version of this package that wrote an archive, or raise unless `save` wrote it."""
    if not (isinstance(archive, dict) and {"model", "versions"} <= archive.keys()):
        raise ValueError("it has no model with its versions")
    versions = archive["versions"]
    if not (isinstance(versions, dict) and all(isinstance(version, str) for version in versions.values())):
        raise ValueError("it has no valid versions")
    if not isinstance(archive["model"], BaseEstimator):
        raise ValueError(f"its model is not an estimator, but of type {type(archive['model']).__name__}")
    return str(Version(versions.get("sklearn-wtrdf", "0")))


def _check_fitted(model: Any) -> None:
    """Raise unless the fitted attributes are valid, also in the parts of pipelines and searches."""
    check_is_fitted(model)
    if isinstance(model, Pipeline):
        if not model.steps:
            raise ValueError("a pipeline without steps")
        for _, step in model.steps:
            if step not in (None, "passthrough"):
                _check_fitted(step)
    elif isinstance(model, BaseSearchCV):
        if bool(model.refit) != hasattr(model, "best_estimator_"):
            raise ValueError("a search whose refit contradicts its best estimator")
        if model.refit:
            _check_fitted(model.best_estimator_)
            if hasattr(model, "n_features_in_"):
                check_n_features(model)
    elif hasattr(model, "check_state"):
        model.check_state()
    elif hasattr(model, "n_features_in_") and not get_tags(model).input_tags.categorical:
        check_n_features(model)
        X = pd.DataFrame(np.ones((1, model.n_features_in_)), columns=getattr(model, "feature_names_in_", None))
        getattr(model, "predict" if hasattr(model, "predict") else "transform")(X)


def _versions() -> dict[str, str]:
    """Return the versions of the installed packages that models depend on."""
    versions = {}
    for name in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions


def _refused(types: set[str]) -> set[str]:
    """Return the types that are neither trusted nor registered; registered types are looked up only if necessary."""
    unknown = types - _TRUSTED
    return unknown and unknown - trusted_types()


def _check_sizes(contents: bytes) -> None:
    """Raise if the contents are not an archive, or would take too much memory when they are unpacked."""
    if not zipfile.is_zipfile(io.BytesIO(contents)):
        raise ValueError("it is not a skops archive")
    with zipfile.ZipFile(io.BytesIO(contents)) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > _MAX_UNPACKED_RATIO * len(contents):
            raise ValueError(f"its {len(contents):,} bytes would unpack to {unpacked:,}")
        schema = json.loads(archive.read("schema.json"))
    _check_references(schema)


def _check_references(schema: Any) -> None:
    """Raise if parts of an archive contain themselves, or each other so often that reading them would never end."""
    parts = list(_parts(schema))
    of_id = defaultdict(list)  # skops builds one object for all parts of one id, from the first of them
    for part in parts:
        of_id[part.get("__id__")].append(part)
    sizes: dict[Any, float] = {}

    def size(value: Any) -> float:
        """Return the number of parts in a value, counted as often as they occur; infinite if it contains itself."""
        if isinstance(value, list):
            return sum(map(size, value))
        if not isinstance(value, dict):
            return 0
        if (name := value.get("__id__")) is None:
            return 1 + sum(map(size, value.values()))
        if name not in sizes:
            sizes[name] = np.inf
            sizes[name] = 1 + max(sum(map(size, part.values())) for part in of_id[name])
        return sizes[name]

    if size(schema) > _MAX_UNPACKED_RATIO * len(parts):
        raise ValueError("its parts contain each other recursively")


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects of a JSON document."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _one_line(error: Exception) -> str:
    """Return the message of an error in one line, without a full stop."""
    line = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return line if len(line) <= _MAX_MESSAGE_LENGTH else f"{line[:_MAX_MESSAGE_LENGTH]} …"
