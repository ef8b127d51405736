"""Saving and loading models.

A model file is a skops archive: arrays and parameters, and the names of the types that they belong to. Loading builds
those types and runs nothing else; a type that is not one of those known to be harmless is refused. Networks are kept as
NumPy arrays, from which the net is built again.
"""

from __future__ import annotations

import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.version import Version
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf.io import written_whole

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
    "sklearn_wtrdf.metrics._PeakScorer",
    "sklearn.metrics._scorer._Scorer",
    "sklearn.metrics._regression.mean_absolute_error",
}
_PACKAGES = ("sklearn-wtrdf", "scikit-learn", "numpy", "torch")


def save(model: BaseEstimator, path: str | Path, *, overwrite: bool = False) -> Path:
    """Save a fitted model, whole or not at all.

    Parameters
    ----------
    model : estimator
        A fitted estimator of this package, or a pipeline or search that holds one.
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
        temporary.write_bytes(skops.dumps({"model": model, "versions": versions}))
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
    ValueError
        If the file is no model file, holds a type that is not trusted, was written by a newer version of this package,
        or by an older one whose models can no longer be read. The message says which.
    """
    archive = read_archive(Path(path))
    return archive["model"]


def read_archive(path: Path) -> dict[str, Any]:
    """Return what :func:`save` wrote: ``model``, and in ``versions`` those of the packages that it was made by."""
    from skops import io as skops

    contents = path.read_bytes()
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is no model file of sklearn_wtrdf: it is no skops archive.")
    try:
        unknown = skops.get_untrusted_types(data=contents)
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is no model file of sklearn_wtrdf: {error}.") from error
    if refused := sorted(set(unknown) - _TRUSTED):
        raise ValueError(
            f"{path} holds types that are not trusted, and was not loaded: {', '.join(refused)}. If you trust whoever "
            "made it, load it by skops.io.load(path, trusted=[...])."
        )
    try:
        archive = skops.loads(contents, trusted=unknown)
    except (AttributeError, ImportError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} was written by other versions of the packages than are here: {error}. Fit the model again."
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
    return archive
