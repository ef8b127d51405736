"""Saving and loading models.

A model file is a skops archive: arrays and parameters, and the names of the types that they belong to. Loading builds
those types and runs nothing else; a type that is neither known to be harmless nor registered by whoever loads is
refused, and no module is imported for it. Networks are kept as NumPy arrays, from which the net is built again.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf import __version__
from sklearn_wtrdf.files import written_whole
from sklearn_wtrdf.models import trusted_types

# Exact names: a module's name alone would trust all that the module imports.
_TRUSTED = {
    "sklearn_wtrdf.composition.Composition",
    "sklearn_wtrdf.corrections.Capillary",
    "sklearn_wtrdf.corrections.Reflection",
    "sklearn_wtrdf.corrections.Transmission",
    "sklearn_wtrdf.estimators._fourier.FourierRegressor",
    "sklearn_wtrdf.estimators._inversion.Found",
    "sklearn_wtrdf.estimators._inversion.InversionRegressor",
    "sklearn_wtrdf.estimators._lstm.LSTMRegressor",
    "sklearn_wtrdf.estimators._rbf_net.RBFNetRegressor",
    "sklearn_wtrdf.estimators._reduction.Reduction",
    "sklearn_wtrdf.estimators._wtrdf.WTRDFRegressor",
    "sklearn_wtrdf.inversion.Reference",  # so called until 0.1.0
    "sklearn_wtrdf.inversion.smooth.Reference",  # and until 0.2.0: not here, so that the error is that the file is old
    "sklearn_wtrdf.inversion.reference.Reference",
    "sklearn_wtrdf.inversion.priors._base.Sum",
    "sklearn_wtrdf.inversion.priors.bond.Bond",
    "sklearn_wtrdf.inversion.priors.continuum.Continuum",
    "sklearn_wtrdf.inversion.priors.near_reference.NearReference",
    "sklearn_wtrdf.metrics.PeakKFold",
    "sklearn_wtrdf.reduction.Expected",
    "sklearn_wtrdf.solvers.adam.Adam",
    "sklearn_wtrdf.solvers.lbfgsb.LBFGSB",
    "sklearn_wtrdf.solvers.variable_projection.VariableProjection",
    "sklearn_wtrdf.metrics._PeakScorer",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
    "sklearn.model_selection._split.GroupKFold",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.LeaveOneGroupOut",
    "sklearn.model_selection._split.ShuffleSplit",
    "sklearn.metrics._regression.mean_absolute_error",
    "sklearn.utils._metadata_requests.MetadataRequest",  # of a search; skops does not trust that of every scikit-learn
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
}
_UNPACKED = 10  # times the size of a file: what it may unpack to, which `save` itself does not compress
_PACKAGES = ("sklearn-wtrdf", "scikit-learn", "numpy", "torch")


def save(model: BaseEstimator, path: str | Path, *, overwrite: bool = False) -> Path:
    """Save a fitted model, whole or not at all.

    Parameters
    ----------
    model : estimator
        A fitted estimator of this package or one of your own that was registered
        (:func:`~sklearn_wtrdf.register_model`), or a pipeline or search that holds one.
    path : str or Path
        The file, by custom ``*.skops``.
    overwrite : bool, default=False
        Replace a file that is there.

    Returns
    -------
    path : Path

    Raises
    ------
    FileExistsError
        If the file is there and `overwrite` is False.
    sklearn.exceptions.NotFittedError
        If the model is not fitted.

    Warns
    -----
    UserWarning
        If it holds types that :func:`load` would refuse, here and now.

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
    from skops import io as skops

    check_is_fitted(model)
    versions = {name: metadata.version(name) for name in _PACKAGES}
    with written_whole(path, overwrite) as temporary:
        contents = skops.dumps({"model": model, "versions": versions})
        temporary.write_bytes(contents)
    if refused := _refused(set(skops.get_untrusted_types(data=contents))):
        warnings.warn(
            f"{path} is written, but load will refuse it: it holds {', '.join(sorted(refused))}. Let whoever loads it "
            "register a model by register_model, and any other class by register_types.",
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
        With the predictions of the one that was saved.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If the file is no model file, is damaged, holds a type that is neither one of ours nor registered
        (:func:`~sklearn_wtrdf.register_model`), was written by a newer version of this package, or by an older one
        whose models can no longer be read. The message names the file and says which.
    """
    archive = read_archive(Path(path))
    return archive["model"]


def read_archive(path: Path) -> dict[str, Any]:
    """Return what :func:`save` wrote: ``model``, and in ``versions`` those of the packages that it was made by."""
    from skops import io as skops

    contents = path.read_bytes()
    try:
        _check_sizes(contents)
        unknown = set(skops.get_untrusted_types(data=contents))
    except Exception as error:  # of which there are as many kinds as ways to damage a file
        raise ValueError(f"{path} is no model file of sklearn_wtrdf: {_said(error)}.") from error
    if refused := _refused(unknown):
        raise ValueError(
            f"{path} holds types that are not trusted, and was not loaded: {', '.join(sorted(refused))}. If one is a "
            "model of your own, register it by register_model, or any other class of your own by register_types; if "
            "you trust whoever made the file, load it by skops.io.load(path, trusted=[...])."
        )
    try:
        archive = skops.loads(contents, trusted=sorted(unknown))
    except Exception as error:
        raise ValueError(
            f"{path} was written by other versions of the packages than are here, or is damaged: {_said(error)}. "
            "Fit the model again."
        ) from error
    if not (isinstance(archive, dict) and {"model", "versions"} <= archive.keys()):
        raise ValueError(f"{path} is a skops archive, but not one that sklearn_wtrdf.save wrote.")
    written, here = archive["versions"].get("sklearn-wtrdf", "0"), metadata.version("sklearn-wtrdf")
    if Version(written) > Version(here):
        raise ValueError(f"{path} was written by sklearn-wtrdf {written}, and this is {here}: update the package.")
    try:
        archive["model"].get_params()
    except AttributeError as error:
        raise ValueError(
            f"{path} was written by sklearn-wtrdf {written}, whose model lacks what {here} needs: {error}. "
            "Fit the model again."
        ) from error
    if (check := getattr(archive["model"], "check_state", None)) is not None:
        try:
            check()
        except Exception as error:
            raise ValueError(f"{path} holds a model that is damaged: {_said(error)}. Fit the model again.") from error
    return archive


def is_newer(version: str) -> bool:
    """Return whether a version of this package is newer than this one; a text that is no version is not."""
    try:
        return Version(version) > Version(__version__)
    except InvalidVersion:
        return False


def _refused(types: set[str]) -> set[str]:
    """Return those types that are neither ours nor registered; registered ones are looked up only where need be."""
    unknown = types - _TRUSTED
    return unknown and unknown - trusted_types()


def _check_sizes(contents: bytes) -> None:
    """Refuse what is no archive, or one that would fill the memory, before anything of it is unpacked."""
    if not zipfile.is_zipfile(io.BytesIO(contents)):
        raise ValueError("it is no skops archive")
    with zipfile.ZipFile(io.BytesIO(contents)) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > _UNPACKED * len(contents):
        raise ValueError(f"its {len(contents):,} bytes would unpack to {unpacked:,}")


def _said(error: Exception) -> str:
    """Return what an error says, in one line without a full stop."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
