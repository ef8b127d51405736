"""Solutions of samples with given settings, as plain lists for the page.

`export` writes the same computations as Python code and as commands.
"""

from __future__ import annotations

import io
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.datasets import load_ge_se
from sklearn_wtrdf.explore.schema import Sample, Settings, missing_of, reference_of
from sklearn_wtrdf.fourier import fourier_transform
from sklearn_wtrdf.inversion import AsymmetricBond, Bond, Continuum, Decomposition, Oscillation, Prior
from sklearn_wtrdf.inversion.regressor import InversionRegressor
from sklearn_wtrdf.inversion.result import InversionResult
from sklearn_wtrdf.persistence.archive import save
from sklearn_wtrdf.plotting.rdf import RDFDisplay
from sklearn_wtrdf.plotting.style import new_figure
from sklearn_wtrdf.reduction.reduced_scan import ReducedScan
from sklearn_wtrdf.scattering.curve import g_from_reduced_pdf
from sklearn_wtrdf.scattering.frame import scattering_frame
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import MIN_POINTS
from sklearn_wtrdf.utils.text import quoted
from sklearn_wtrdf.workflows.job import Job, fitted_to, inversion_by
from sklearn_wtrdf.workflows.samples import doubts_about, doubts_about_counts, prepared, reduction_parameters
from sklearn_wtrdf.workflows.scan import reduce_scan
from sklearn_wtrdf.wtrdf.landscape import landscape, shell_response
from sklearn_wtrdf.wtrdf.regressor import WTRDFRegressor
from sklearn_wtrdf.wtrdf.wavelet import PARAMETERS, wt_rdf

Floats = NDArray[np.float64]
FixedPrior = list[list[Any]]

_SHELL_DISTANCES = np.linspace(1.5, 6.0, 46)  # Å, of single shells of atoms
_N_LANDSCAPE = 100  # points of the landscape along each of a and b


def reduced(sample: Sample, settings: Settings) -> Sample:
    """Return a sample with the S(q) of its raw scan, as by `wtrdf pdf`; a sample with S(q) is returned unchanged."""
    if sample.x is None:
        return sample
    if (missing := missing_of(sample)) or not sample.composition:
        raise ValueError(f"{sample.name}: a raw scan. {missing}")
    if settings.opened.background is not None and sample.background is None:
        background = quoted(Path(settings.opened.background).name)
        raise ValueError(
            f"{sample.name}: the settings that were opened have the background {background}: drop it on the row of the "
            "sample, or close the settings."
        )
    chosen = settings.of(sample)
    length, parameters = sample.wavelength_in_angstrom, reduction_parameters(chosen)
    material = Path(sample.name), *sample.scans(), sample.composition
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        outcome = reduce_scan(*material, length, chosen.r_max, **parameters)
    notes = tuple(dict.fromkeys(str(warning.message) for warning in caught))
    pattern, parts = outcome.pattern, outcome.reduced
    errors = None if pattern.std is None else pattern.std.tolist()
    curves = {"q": pattern.q.tolist(), "s_r": pattern.s_r.tolist(), "std": errors}
    raw: dict[str, Any] = dict.fromkeys(("x", "intensity", "intensity_std", "background_x", "background"))
    scale = None if sample.background is None else parts.background_scale
    of_reduction: dict[str, Any] = {
        "notes": notes,
        "doubts": doubts_about_counts(parts),
        "reduction": _contributions(parts),
    }
    return replace(sample, **curves, **raw, background_scale=scale, radiation="x-ray", **of_reduction)


def _contributions(outcome: ReducedScan) -> dict[str, list[float]]:
    """Return what :class:`~sklearn_wtrdf.ReductionDisplay` plots."""
    names = "q", "measured", "coherent", "compton", "background", "constant"
    curves = {name: getattr(outcome, name) for name in names}
    curves |= {"s": 1 + outcome.s_r / outcome.q, "s_std": outcome.std / outcome.q}
    return {name: curve.tolist() for name, curve in curves.items()}


def fitted(
    sample: Sample, settings: Settings, samples: list[Sample], fixed_prior: FixedPrior | None = None
) -> InversionRegressor:
    """Fit the estimator that solves a sample.

    Parameters
    ----------
    sample : Sample
    settings : Settings
    samples : list of Sample
        All samples, one of which may be the reference.
    fixed_prior : list, default=None
        The prior of a previous fit, by :func:`fixed_prior_of`, for a quick preview.

    Returns
    -------
    InversionRegressor
    """
    n_points = settings.in_range(np.array(sample.q)).sum()
    if n_points < MIN_POINTS:
        raise ValueError(
            f"{sample.name}: {n_points} points of S(q) lie between q_min and q_max; {MIN_POINTS} are needed."
        )
    if settings.prior == "reference":
        return _fitted_with_reference(sample, settings, samples)
    pattern, model = _prepared(sample, settings), inversion_by(settings.of(sample))
    if fixed_prior is not None:  # a preview, with a single g, whose weights are constant
        model.set_params(prior=_prior_of(fixed_prior))
        pattern = replace(pattern, radiation=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are part of the solution
        return fitted_to(model, pattern, settings.distances)


def _fitted_with_reference(sample: Sample, settings: Settings, samples: list[Sample]) -> InversionRegressor:
    """Fit the estimator to the reference, over the range of q that it shares with the sample."""
    model = InversionRegressor(True, systematic_errors=settings.systematic_errors, noise=settings.noise)
    reference = reference_of(settings.reference, samples)
    pattern = _pattern(reference)
    in_range = settings.in_range(pattern.q) & (pattern.q >= sample.q[0]) & (pattern.q <= sample.q[-1])
    if in_range.sum() < MIN_POINTS:
        raise ValueError(f"{sample.name}: its q and that of the reference share only {in_range.sum()} points.")
    part = pattern.cut(*pattern.q[in_range][[0, -1]])
    X = scattering_frame(np.array(reference.r), part.q, part.s_r, part.number_density)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are part of the solution
        return model.fit(X, reference.g)


def fixed_prior_of(model: InversionRegressor) -> FixedPrior | None:
    """Return the fitted prior of a model with its hyperparameters, as lists.

    It is None with a reference, of pair functions, and of X-rays with a composition.
    """
    if model.references_ or (model.composition is not None and model.radiation != "neutron"):
        return None
    fitted_material = model.fitted_materials_[0]
    if fitted_material.prior.describes_pairs:
        return None
    values = iter(np.exp(fitted_material.theta).tolist())
    return [
        [
            type(part).__name__,
            {parameter.name: next(values) for parameter in part.hyperparameters}
            | ({"rigid": part.rigid} if isinstance(part, Continuum) else {}),
        ]
        for part in fitted_material.prior._parts
    ]


def _prior_of(fixed_prior: FixedPrior) -> Prior:
    kinds = {kind.__name__: kind for kind in (AsymmetricBond, Bond, Continuum, Oscillation)}
    try:
        parts = [
            kinds[kind](**{str(name): float(value) for name, value in values.items()}) for kind, values in fixed_prior
        ]
        prior = parts[0]
        for part in parts[1:]:
            prior += part
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError):
        raise ValueError("The page sent a prior that cannot be read: reload the page.") from None
    return prior


def _pattern(sample: Sample) -> Pattern:
    std = None if sample.std is None else np.array(sample.std)
    material = sample.density, sample.composition, sample.radiation
    return Pattern(np.array(sample.q), np.array(sample.s_r), std, *material)


def _prepared(sample: Sample, settings: Settings) -> Pattern:
    """Return the pattern in the range of q and rebinned, as `wtrdf pdf` solves it; a reduced scan has both already."""
    pattern = _pattern(sample)
    return pattern if sample.reduction is not None else prepared(pattern, settings.of(sample))


def _result(sample: Sample, settings: Settings, model: InversionRegressor) -> InversionResult:
    """Return the solution of a sample by a model that was fitted to it, or to a reference."""
    if model.references_:
        return model.solve(_pattern(sample))
    pattern = _prepared(sample, settings)
    pattern = pattern.on(model.grid(pattern.q))
    # The radiation is a parameter of the model, which recognizes the pattern it was fitted to without it.
    return model.solve(replace(pattern, radiation=None)).of(pattern)


def solution_of(sample: Sample, settings: Settings, model: InversionRegressor, quick: bool = False) -> dict[str, Any]:
    """Return the solution of a sample by a fitted model.

    Parameters
    ----------
    sample : Sample
    settings : Settings
    model : InversionRegressor
        The result of :func:`fitted`.
    quick : bool, default=False
        Whether to omit r beyond the reference, where g is solved for without it by a search.

    Returns
    -------
    solution : dict
        Curves, peaks, hyperparameters and warnings.
    """
    r = settings.distances
    if quick and model.references_:
        r = r[r <= model.references_[0].curve.r[-1]]
    result = _result(sample, settings, model)
    curve, density = result.curve(r), result.number_density
    table, peaks = result.report().table.reset_index(), result.peaks()
    return transforms(sample, settings, density) | {
        "r": r.tolist(),
        "g": curve.g.tolist(),
        "std": None if curve.std is None else curve.std.tolist(),
        "density_is_given": sample.density is not None,
        "background": None if sample.background_scale is None else [sample.background_name, sample.background_scale],
        "decomposition": {
            name: getattr(result.decomposition, name).tolist() for name in (*Decomposition._fields, "residual")
        },
        "peaks": peaks.astype(object).where(peaks.notna(), None).to_dict("records"),
        "hyperparameters": table.drop(columns="material").to_dict("records"),
        "warnings": [*sample.notes, *map(str, result.warnings)],
        "verdict": "" if quick else result.verdict(_doubts(sample, settings)),
        "fixed_prior": fixed_prior_of(model),
        "quick": quick,
    }


def _doubts(sample: Sample, settings: Settings) -> dict[str, str]:
    return sample.doubts if sample.reduction is not None else doubts_about(_pattern(sample), settings.of(sample))


def transforms(sample: Sample, settings: Settings, density: float | None = None) -> dict[str, Any]:
    """Return S_R, its Fourier transforms, plain and with the Lorch window, and the known g(r), which need no search.

    The transforms are None if the number density is unknown.
    """
    density, pattern, r = density or sample.density, _pattern(sample), settings.distances
    in_range = settings.in_range(pattern.q)
    q, s_r = pattern.q[in_range], pattern.s_r[in_range]
    curves: dict[str, Any] = {"plain": None, "lorch": None}
    if density is not None:
        for name, window in (("plain", None), ("lorch", "lorch")):
            curves[name] = g_from_reduced_pdf(r, fourier_transform(r, q, s_r, window), density).tolist()
    reference = None if sample.g is None else {"r": sample.r, "g": sample.g, "name": sample.known_name}
    return curves | {
        "name": sample.name,
        "q": q.tolist(),
        "s_r": s_r.tolist(),
        "number_density": density,
        "transform_r": r.tolist(),
        "reduction": sample.reduction,
        "known": reference,
    }


def file(what: str, sample: Sample, settings: Settings, model: InversionRegressor) -> tuple[str, bytes]:
    """Return name and contents of a download: "gr", "picture" or "model"."""
    stem = Path(sample.name).stem
    if what == "gr":
        return f"{stem}.gr", gr_file(sample, settings, model)
    return (
        (f"{stem}.png", picture(sample, settings, model)) if what == "picture" else ("model.skops", model_file(model))
    )


def gr_file(sample: Sample, settings: Settings, model: InversionRegressor) -> bytes:
    """Return the contents of the .gr file that ``wtrdf pdf`` writes, or with a reference ``wtrdf reconstruct``."""
    as_written: dict[str, Any] = {"quantity": "S_R", "column": "s_r", "unit": "angstrom", "wavelength": None}
    as_written |= {"axis": None, "background": None, "background_scale": None, "figure_format": "none"}
    if sample.reduction is not None or model.references_:
        as_written |= {"q_min": None, "q_max": None}
    chosen = replace(settings.of(sample), **as_written)
    with tempfile.TemporaryDirectory(prefix="wtrdf-explore-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the page shows them
        path, results = Path(folder) / sample.sq_name, Path(folder) / "results"
        path.write_text(sq_text(sample), encoding="utf-8")
        results.mkdir()
        doubts = None if sample.reduction is None else sample.doubts
        job = Job(model, chosen, results, Path(folder), settings.distances, "", doubts_about_counts=doubts)
        outcome = job.outcome(path, results)
        if outcome["error"]:
            raise ValueError(outcome["error"].replace(f"{path}", sample.name))
        return Path(outcome["output"]).read_bytes()


def sq_text(sample: Sample) -> str:
    """Return a sample as the text of a file with the radiation and the columns q, s_r and, if known, s_r_std."""
    columns = [sample.q, sample.s_r, *([] if sample.std is None else [sample.std])]
    names = ["q", "s_r", "s_r_std"][: len(columns)]
    rows = [",".join(map(repr, row)) for row in zip(*columns, strict=True)]
    head = [f"# radiation = {sample.radiation}"] * (sample.radiation is not None)
    return "\n".join([*head, ",".join(names), *rows]) + "\n"


def model_file(model: InversionRegressor) -> bytes:
    """Return the contents of the model file that ``wtrdf fit`` writes."""
    with tempfile.TemporaryDirectory(prefix="wtrdf-explore-") as folder:
        return save(model, Path(folder) / "model.skops").read_bytes()


def picture(sample: Sample, settings: Settings, model: InversionRegressor) -> bytes:
    """Return S_R with its fit, and g(r) with its band, as a PNG."""
    result, contents = _result(sample, settings, model), io.BytesIO()
    with new_figure(9.6, 4.4) as figure:
        RDFDisplay.from_result(result, settings.distances, figure=figure)
        figure.suptitle(sample.name, x=0.01, ha="left")
        figure.savefig(contents, dpi=200)
    return contents.getvalue()


def wavelet_solution(params: dict[str, float], sample: Sample | None = None) -> dict[str, Any]:
    """Return g(r) of a sample by WT-RDF with given parameters, and where single shells of atoms appear.

    Parameters
    ----------
    params : dict of str to float
        a, b, K_f, C and Lambda.
    sample : Sample, default=None
        A sample with a known g(r). None takes that of the paper.

    Returns
    -------
    solution : dict
    """
    X, g = _with_reference(sample)
    r, q, s_r = X["r"].to_numpy(), *_pattern_of(sample)
    model = WTRDFRegressor({name: (params[name], params[name]) for name in PARAMETERS}).fit(X, g)
    fine = np.linspace(r[0], r[-1], 400)
    shells = shell_response(model, _SHELL_DISTANCES)
    report = model.fit_report()
    return {
        "params": model.params_,
        "loss": model.loss_,
        "r": r.tolist(),
        "g": g.tolist(),
        "fine": fine.tolist(),
        "curve": wt_rdf(fine, q, s_r, **model.params_).tolist(),
        "peaks": [[float(at), float(error)] for at, error in zip(report.peaks, report.peak_errors, strict=True)],
        "distance_scale": _or_none([model.distance_scale_])[0],
        "shells": _SHELL_DISTANCES.tolist(),
        "apparent": _or_none(shells.r),
        "height": _or_none(shells.height),
    }


def wavelet_landscape(sample: Sample | None = None) -> dict[str, Any]:
    """Return the lowest loss at each a and b, and the parameters of the global minimum."""
    X, g = _with_reference(sample)
    model = WTRDFRegressor().fit(X, g)
    (a_min, a_max), (b_min, b_max) = model.calibration_problem(X, g).bounds[:2]
    result = landscape(
        model, X, g, a=np.geomspace(a_min, a_max, _N_LANDSCAPE), b=np.linspace(b_min, b_max, _N_LANDSCAPE)
    )
    grids = {name: np.round(getattr(result, name), 4).tolist() for name in ("a", "b", "loss")}
    return grids | {"params": model.params_, "best": model.loss_}


def _with_reference(sample: Sample | None) -> tuple[Any, Floats]:
    if sample is None:
        return load_ge_se(return_X_y=True)
    if not sample.g:
        raise ValueError(f"{sample.name}: WT-RDF is calibrated on a known g(r); drop it onto the page as well.")
    return scattering_frame(sample.r or [], *_pattern_of(sample)), np.array(sample.g)


def _pattern_of(sample: Sample | None) -> tuple[Floats, Floats]:
    if sample is None:
        ge_se = load_ge_se()
        return ge_se.q, ge_se.s_r
    return np.array(sample.q), np.array(sample.s_r)


def _or_none(values: Any) -> list[float | None]:
    """Return a list in which None stands for NaN, which JSON does not have."""
    return [float(value) if np.isfinite(value) else None for value in values]
