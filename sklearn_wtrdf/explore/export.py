"""The computations of the page as Python code and as commands."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from sklearn_wtrdf.explore.schema import GLASSES, SILICA, Sample, Settings, reference_of, wavelength_of_text
from sklearn_wtrdf.reduction.corrections import absorption_of
from sklearn_wtrdf.scattering.sampling import R_MAX as RESOLVED_R_MAX
from sklearn_wtrdf.settings import TABLES, PdfSettings
from sklearn_wtrdf.workflows import R_STEP

_PUBLIC = (
    "Composition",
    "InversionRegressor",
    "PdfSettings",
    "pdf_files",
    "read_gr",
    "read_pattern",
    "read_peaks",
    "reduce_file",
    "scattering_frame",
    "write_sq",
)
#: Settings of wtrdf reduce and reduce_file.
_OF_REDUCTION = (*TABLES["material"], *TABLES["counts"], "column", "unit", "axis", "wavelength", "q_min", "q_max")


def snippet(sample: Sample, settings: Settings, samples: list[Sample]) -> str:
    """Return Python that solves a sample as the page does."""
    is_by_settings = settings.prior != "reference"
    body = _by_settings(sample, settings) if is_by_settings else _with_reference(sample, settings, samples)
    text = "\n".join(body)
    imports = ["from dataclasses import replace"] * ("replace(" in text) + ["import numpy as np"] * ("np." in text)
    imports.append(f"from sklearn_wtrdf import {', '.join(name for name in _PUBLIC if f'{name}(' in text)}")
    if "load_material" in text:
        imports.append("from sklearn_wtrdf.datasets import load_material")
    return "\n".join([*imports, "", text]) + "\n"


def _by_settings(sample: Sample, settings: Settings) -> list[str]:
    """Return the lines that compute g(r) of the file of a sample with its settings."""
    chosen = settings.of(sample).chosen()
    lines = []
    if sample.name == SILICA:
        lines = [
            "silica = load_material('silica')  # simulated",
            f"write_sq({SILICA!r}, silica.q, silica.s_r, silica.number_density)",
        ]
    return [
        *lines,
        f"settings = PdfSettings({', '.join(f'{name}={value!r}' for name, value in chosen.items())})",
        f"outcomes = pdf_files([{sample.name!r}], 'results', settings)",
        "curve = read_gr(outcomes['output'][0])  # with its standard deviation",
        "r, g, std = curve.r, curve.g, curve.std",
        "print(read_peaks(outcomes['output'][0]))",
    ]


def command(sample: Sample, settings: Settings, samples: list[Sample]) -> str:
    """Return the commands that solve a sample as the page does, as far as there are options."""
    with_silica = settings.prior == "reference" and settings.reference == SILICA
    if sample.name == SILICA or with_silica:
        return "# The command reads files, and silica is simulated; use the Python code instead.\n"
    if settings.prior == "reference":
        return _command_with_reference(sample, settings, samples)
    return shlex.join(["wtrdf", "pdf", sample.name, *_options(settings.of(sample))]) + "\n"


def settings_file(sample: Sample, settings: Settings) -> str:
    """Return the settings of a sample as the file that ``wtrdf pdf --settings`` reads."""
    if settings.prior == "reference":
        raise ValueError(
            "Settings: those of wtrdf pdf have no reference; choose another prior, or export the model, which has it."
        )
    return settings.of(sample).to_toml()


def _options(chosen: PdfSettings, names: tuple[str, ...] | None = None) -> list[str]:
    """Return the options for the settings that differ from the defaults, or for those of some names."""
    words = []
    for name, value in chosen.chosen().items():
        option = f"--{name.replace('_', '-')}"
        if (names is not None and name not in names) or (name == "prior" and chosen.bond is not None):
            continue
        if isinstance(value, bool):
            words.append(option if value else option.replace("--", "--no-", 1))
        else:
            words += [option, ":".join(map(repr, value)) if isinstance(value, tuple) else f"{value}"]
    return words


def _command_with_reference(sample: Sample, settings: Settings, samples: list[Sample]) -> str:
    """Return the commands that fit a reference and solve a sample with it."""
    name, lines = _reduce(sample, settings)
    reference = reference_of(settings.reference, samples)
    folder = "data/simulated/" if settings.reference in GLASSES else ""
    known_name, more = _reduce(reference, settings)
    lines += more if reference is not sample else []
    fit = ["wtrdf", "fit", f"{folder}{reference.known_name}", f"{folder}{known_name}", *_density_options(reference)]
    fit += [*_choice_options(reference.choices), *_choice_options(reference.known_choices, "reference-")]
    fit += ["--reference-column", "g_x"] * bool(folder)
    q_low, q_high = sample.ends
    q_max = min(settings.q_max or reference.ends[1], q_high)
    fit += ["--q-max", f"{q_max:g}", *["--no-systematic-errors"] * (not settings.systematic_errors)]
    reconstruct = ["wtrdf", "reconstruct", "model.skops", name, "-o", "out", "--r", *map(str, (R_STEP, settings.r_max))]
    reconstruct += [f"{R_STEP}", *_choice_options(sample.choices), *_density_options(sample)]
    peaks = ["wtrdf", "peaks", f"out/{PurePath(sample.name).stem}.gr"]
    texts = [shlex.join(line) for line in (*lines, [*fit, "-o", "model.skops"], reconstruct, peaks)]
    missing = ["q_min"] if settings.q_min or reference.ends[0] < q_low else []
    missing += ["noise"] * (settings.noise is not None)
    if missing:
        texts.insert(0, f"# The command has no option for {' and '.join(missing)}; use the Python code instead.")
    return "\n".join(texts) + "\n"


def _reduce(sample: Sample, settings: Settings) -> tuple[str, list[list[str]]]:
    """Return the file of S(q), and the command that reduces a raw scan to it."""
    name = sample.sq_name
    if sample.x is None:
        return name, []
    options = _options(settings.of(sample), _OF_REDUCTION)
    r_max = f"{max(settings.r_max, RESOLVED_R_MAX):g}"
    return name, [["wtrdf", "reduce", sample.name, *options, "--r-max", r_max, "-o", name]]


def _pattern(sample: Sample, settings: Settings) -> str:
    """Return an expression that reads S(q), or reduces a raw scan to it."""
    if sample.name == SILICA:
        return "load_material('silica').pattern"
    if sample.x is None:
        return f"read_pattern({sample.name!r}{_arguments(sample.choices)})"
    chosen = {name: value for name, value in settings.of(sample).chosen().items() if name in _OF_REDUCTION}
    composition = chosen.pop("composition")
    if (absorption := chosen.get("absorption")) is not None:
        chosen["absorption"] = absorption_of(absorption)
    return f"reduce_file({sample.name!r}, {composition!r}{_arguments(chosen)}, r_max={settings.r_max!r}).pattern"


def _with_reference(sample: Sample, settings: Settings, samples: list[Sample]) -> list[str]:
    """Return the lines that fit the reference, and solve a sample with it."""
    reference = reference_of(settings.reference, samples)
    if settings.reference in GLASSES:
        lines = [
            f"glass = load_material({settings.reference!r})  # simulated {GLASSES[settings.reference]}",
            "known, known_r, known_g, known_rho = glass, glass.r, glass.target, glass.number_density",
        ]
    elif settings.reference == SILICA:
        lines = [
            "silica = load_material('silica')  # simulated",
            "known, known_r, known_g, known_rho = silica, silica.r, silica.target, silica.number_density",
        ]
    else:
        lines = [
            f"known_rho = {_density(reference)}",
            f"known = {_pattern(reference, settings)}",
            f"curve = read_gr({reference.known_name!r}, number_density=known_rho{_arguments(reference.known_choices)})",
            "known_r, known_g = curve.r, curve.g",
        ]
    within = ["(known.q > 0)", "(known.q >= S.q[0])", "(known.q <= S.q[-1])"]
    within += [f"(known.q >= {settings.q_min!r})"] * bool(settings.q_min)
    within += [f"(known.q <= {settings.q_max!r})"] * bool(settings.q_max)
    params = ["systematic_errors=False"] * (not settings.systematic_errors)
    params += [f"noise={settings.noise!r}"] * (settings.noise is not None)
    material = f"composition={sample.composition!r}, radiation={sample.radiation!r}"
    return [
        f"r = np.arange(1, {settings.distances.size + 1}) * {R_STEP}",
        f"rho = {_density(sample)}",
        f"S = {_pattern(sample, settings)}",
        *lines,
        f"shared = {' & '.join(within)}",
        "X = scattering_frame(known_r, known.q[shared], known.s_r[shared], known_rho)",
        f"model = InversionRegressor({', '.join(params)}).fit(X, known_g)",
        f"result = model.solve(replace(S, number_density=rho, {material}))",
        "g, std = result.g(r), result.std(r)",
        "print(result.peaks())",
    ]


def _arguments(choices: Mapping[str, Any]) -> str:
    if "wavelength" in choices:
        choices = {**choices, "wavelength": wavelength_of_text(str(choices["wavelength"]))}
    return "".join(f", {name}={value!r}" for name, value in choices.items())


def _choice_options(choices: dict[str, str], prefix: str = "") -> list[str]:
    """Return the options of quantity and unit; the composition is an option of the sample."""
    values = {name: value for name, value in choices.items() if name != "composition"}
    return [word for name, value in values.items() for word in (f"--{prefix}{name}", value)]


def _density(sample: Sample) -> str:
    if sample.mass_density and sample.composition:
        return f"Composition({sample.composition!r}).number_density({sample.mass_density!r})"
    return repr(sample.number_density) if sample.number_density else "None  # it is estimated"


def _density_options(sample: Sample) -> list[str]:
    options = {
        "--number-density": sample.number_density,
        "--composition": sample.composition,
        "--mass-density": sample.mass_density,
    }
    return [word for option, value in options.items() if value for word in (option, f"{value}")]
