"""The computations of the page as Python code and as commands."""

from __future__ import annotations

import shlex
from pathlib import PurePath

from sklearn_wtrdf.explore.schema import COPPER, GLASSES, SILICA, Sample, Settings, reference_of


def snippet(sample: Sample, settings: Settings, samples: list[Sample]) -> str:
    """Return Python that solves a sample as the page does."""
    with_reference = settings.prior == "reference"
    params = [] if with_reference else _prior(settings)
    if sample.weighted_composition and not with_reference:
        params.append(f"composition={sample.weighted_composition!r}")
    params += ["systematic_errors=False"] * (not settings.systematic_errors)
    params += [f"noise={settings.noise!r}"] * (settings.noise is not None)
    low, high, step = settings.r
    body = [
        f"r = np.arange({low!r}, {high!r} + {step!r} / 2, {step!r})",
        f"rho = {_density(sample)}",
        *_pattern("S", "rho", sample),
        *(
            _with_reference(sample, settings, samples)
            if with_reference
            else ["q = S.q[" + _where("S.q", settings) + "]"]
        ),
        f"model = InversionRegressor({', '.join(params)})",
    ]
    if with_reference:
        body += ["model.fit(X, known_g)"]
    else:
        body += ["model.fit(scattering_frame(r, q, S.on(q).s_r, rho, S.on(q).std))"]
    body += [
        "result = model.solve(replace(S.on(q), number_density=rho))",
        "g, std = result.g(r), result.std(r)",
        "print(result.peaks())",
    ]
    text = "\n".join(body)
    public = [
        "Composition",
        "InversionRegressor",
        "Pattern",
        "Reduction",
        "intensity_frame",
        "read_gr",
        "read_pattern",
        "read_scan",
        "scattering_frame",
        "write_sq",
    ]
    imports = [
        "from dataclasses import replace",
        "import numpy as np",
        f"from sklearn_wtrdf import {', '.join(name for name in public if f'{name}(' in text)}",
    ]
    if "load_material" in text:
        imports.append("from sklearn_wtrdf.datasets import load_material")
    if priors := [name for name in ("Bond", "Continuum", "Oscillation") if f"{name}(" in text]:
        imports.append(f"from sklearn_wtrdf.inversion import {', '.join(priors)}")
    return "\n".join([*imports, "", text]) + "\n"


def command(sample: Sample, settings: Settings, samples: list[Sample]) -> str:
    """Return the commands that solve a sample as the page does, as far as there are options."""
    with_silica = settings.prior == "reference" and settings.reference == SILICA
    if sample.name == SILICA or with_silica:
        return "# The command reads files, and silica is simulated; use the Python code instead.\n"
    name, lines = _reduce(sample)
    fit, reconstruct = ["wtrdf", "fit"], ["wtrdf", "reconstruct", "model.skops", name, "-o", "out"]
    q_max, (q_low, q_high) = settings.q_max, sample.ends
    if settings.prior == "reference":
        reference = reference_of(settings.reference, samples)
        folder = "data/simulated/" if settings.reference in GLASSES else ""
        known_name, more = _reduce(reference)
        lines += more if reference is not sample else []
        fit += [f"{folder}{reference.known_name}", f"{folder}{known_name}", *_density_options(reference)]
        fit += [*_choice_options(reference.choices), *_choice_options(reference.known_choices, "reference-")]
        fit += ["--reference-column", "g_x"] * bool(folder)
        q_max = min(q_max or reference.ends[1], q_high)
        missing = ["q_min"] if settings.q_min or reference.ends[0] < q_low else []
    else:
        fit += [name, *_choice_options(sample.choices), *_density_options(sample)]
        missing = ["q_min"] if settings.q_min and settings.q_min > q_low else []
        if settings.bond:
            fit += ["--bond", "{:g}:{:g}".format(*settings.bond)]
        elif settings.prior != "auto":
            fit += ["--prior", settings.prior]
    if q_max is not None:
        fit += ["--q-max", f"{q_max:g}"]
    fit += ["--no-systematic-errors"] * (not settings.systematic_errors)
    reconstruct += ["--r", *(f"{value:g}" for value in settings.r), *_choice_options(sample.choices)]
    reconstruct += _density_options(sample)
    peaks = ["wtrdf", "peaks", f"out/{PurePath(sample.name).stem}.gr"]
    texts = [shlex.join(line) for line in (*lines, [*fit, "-o", "model.skops"], reconstruct, peaks)]
    missing += ["noise"] * (settings.noise is not None)
    missing += ["X-rays"] * (sample.weighted_composition is not None and settings.prior != "reference")
    if missing:
        texts.insert(0, f"# The command has no option for {' and '.join(missing)}; use the Python code instead.")
    return "\n".join(texts) + "\n"


def _pattern(name: str, rho: str, sample: Sample) -> list[str]:
    """Return the lines that read S(q), or reduce a raw scan to it."""
    if sample.name == SILICA:
        return [
            "silica = load_material('silica')  # simulated",
            f"{name} = Pattern(silica.q, silica.s_r, number_density={rho})",
        ]
    if sample.x is None:
        return [f"{name} = read_pattern({sample.name!r}{_arguments(sample.choices)})"]
    file, wavelength = sample.sq_name, sample.wavelength_in_angstrom
    axis = f", axis={sample.axis!r}" if sample.axis_is_unknown else ""
    lines, more = [f"scan = read_scan({sample.name!r}{axis})"], ""
    if sample.background is not None:
        axis = f", axis={sample.axis!r}" if sample.background_axis is None else ""
        lines.append(f"empty = read_scan({sample.background_name!r}{axis}).over(scan.axis, wavelength={wavelength!r})")
        more = "background=empty, "
        more += "" if sample.background_scale is None else f"background_scale={sample.background_scale!r}, "
    return [
        *lines,
        f"reduction = Reduction({sample.composition!r}, number_density={rho}, wavelength={wavelength!r}, "
        f"{more}axis=scan.axis)",
        "counts = intensity_frame([1.0], scan.x, scan.intensity, scan.std, axis=scan.axis)",
        "[reduced] = reduction.fit(counts).decompose(counts)",
        f"write_sq({file!r}, reduced.q, reduced.s_r, {rho}, std=reduced.std)",
        f"{name} = read_pattern({file!r})",
    ]


def _reduce(sample: Sample) -> tuple[str, list[list[str]]]:
    """Return the file of S(q), and the command that reduces a raw scan to it."""
    name = sample.sq_name
    if sample.x is None:
        return name, []
    options = [*_density_options(sample), "--wavelength", sample.wavelength or COPPER]
    if sample.axis_is_unknown or (sample.background is not None and sample.background_axis is None):
        options += ["--axis", str(sample.axis)]
    if sample.background is not None:
        options += ["--background", str(sample.background_name)]
        options += [] if sample.background_scale is None else ["--background-scale", repr(sample.background_scale)]
    options += ["--r-max", "20", "-o", name]
    return name, [["wtrdf", "reduce", sample.name, *options]]


def _prior(settings: Settings) -> list[str]:
    if settings.prior == "auto":
        return []
    bond = "" if settings.bond is None else f"r={settings.bond!r}"
    return [f"prior=Continuum(){f' + Bond({bond})' * (settings.prior == 'bond')}"]


def _where(q: str, settings: Settings) -> str:
    """Return the condition on q."""
    parts = [f"({q} > 0)"]
    parts += [f"({q} >= {settings.q_min!r})"] * bool(settings.q_min)
    parts += [f"({q} <= {settings.q_max!r})"] * bool(settings.q_max)
    return " & ".join(parts) if len(parts) > 1 else parts[0][1:-1]


def _with_reference(sample: Sample, settings: Settings, samples: list[Sample]) -> list[str]:
    """Return the lines that read the reference."""
    known = reference_of(settings.reference, samples)
    simulated = GLASSES | {SILICA: "SiO2"}
    if settings.reference in simulated:
        material = "silica" if settings.reference == SILICA else settings.reference
        lines = [
            f"known = load_material({material!r})  # simulated {simulated[settings.reference]}",
            "known_r, known_g, known_rho = known.r, known.target, known.number_density",
        ]
    else:
        lines = [
            f"known_rho = {_density(known)}",
            *_pattern("known", "known_rho", known),
            f"curve = read_gr({known.known_name!r}, number_density=known_rho{_arguments(known.known_choices)})",
            "known_r, known_g = curve.r, curve.g",
        ]
    # The grid of a raw scan is that of the reduction.
    ends = [repr(end) for end in sample.ends] if sample.x is None else ["S.q[0]", "S.q[-1]"]
    where = _where("known.q", settings)
    where = where if where.startswith("(") else f"({where})"
    return [
        *lines,
        f"shared = {where} & (known.q >= {ends[0]}) & (known.q <= {ends[1]})",
        "q = known.q[shared]",
        "X = scattering_frame(known_r, q, known.s_r[shared], known_rho)",
    ]


def _arguments(choices: dict[str, str]) -> str:
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
