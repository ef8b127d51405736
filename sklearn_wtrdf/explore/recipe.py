"""The same in Python, and as the command: what the page did, to be repeated without it."""

from __future__ import annotations

import shlex
from pathlib import PurePath

from sklearn_wtrdf.explore.state import GLASSES, Sample, Settings, reference_of


def snippet(sample: Sample, settings: Settings, samples: list[Sample]) -> str:
    """Return Python that solves a sample as the page does."""
    beside = settings.prior == "reference"
    params = [] if beside else _prior(settings)
    params += ["slow_errors=False"] * (not settings.slow_errors)
    params += [f"noise={settings.noise!r}"] * (settings.noise is not None)
    low, high, step = settings.r
    body = [
        f"S = read_pattern({sample.name!r})",
        f"r = np.arange({low!r}, {high!r} + {step!r} / 2, {step!r})",
        f"rho = {_density(sample)}",
        *(_beside(sample, settings, samples) if beside else ["q = S.q[" + _where("S.q", settings) + "]"]),
        f"model = InversionRegressor({', '.join(params)})",
    ]
    if beside:
        body += [
            "model.fit(X, known_g)",
            "g, std = model.reconstruct(r, q, S.on(q), rho, std=S.std_on(q), return_std=True)",
        ]
    else:
        body += [
            "X = scattering_frame(r, q, S.on(q), rho, S.std_on(q))",
            "g, std = model.fit(X).predict(X, return_std=True)",
        ]
        if sample.density is None:
            body.append('rho = model.fit_report().table.loc[(0, "number_density"), "value"]')
    body += [
        "atoms = r >= 1.0",
        "print(peak_table(r[atoms], g[atoms], number_density=rho, std=std[atoms], q_max=q[-1]))",
    ]
    text = "\n".join(body)
    public = ("Composition", "InversionRegressor", "peak_table", "read_gr", "read_pattern", "scattering_frame")
    imports = ["import numpy as np", f"from sklearn_wtrdf import {', '.join(name for name in public if name in text)}"]
    if "load_material" in text:
        imports.append("from sklearn_wtrdf.datasets import load_material")
    if beliefs := [name for name in ("Bond", "Continuum") if f"{name}(" in text]:
        imports.append(f"from sklearn_wtrdf.inversion import {', '.join(beliefs)}")
    return "\n".join([*imports, "", text]) + "\n"


def command(sample: Sample, settings: Settings, samples: list[Sample]) -> str:
    """Return the commands that solve a sample as the page does, as far as they have options for it."""
    fit, reconstruct = ["wtrdf", "fit"], ["wtrdf", "reconstruct", "model.skops", sample.name, "-o", "out"]
    q_max = settings.q_max
    if settings.prior == "reference":
        known = reference_of(settings.reference, samples)
        folder = "data/simulated/" if settings.reference in GLASSES else ""
        fit += [f"{folder}{known.known_name}", f"{folder}{known.name}", *_density_options(known)]
        fit += ["--reference-column", "g_x"] * bool(folder)
        q_max = min(q_max or known.q[-1], sample.q[-1])
        missing = ["q_min"] if settings.q_min or known.q[0] < sample.q[0] else []
    else:
        fit += [sample.name, *_density_options(sample)]
        missing = ["q_min"] if settings.q_min and settings.q_min > sample.q[0] else []
        if settings.bond:
            fit += ["--bond", "{:g}:{:g}".format(*settings.bond)]
        elif settings.prior != "auto":
            fit += ["--prior", settings.prior]
    if q_max is not None:
        fit += ["--q-max", f"{q_max:g}"]
    fit += ["--no-slow-errors"] * (not settings.slow_errors)
    reconstruct += ["--r", *(f"{value:g}" for value in settings.r), *_density_options(sample)]
    peaks = ["wtrdf", "peaks", f"out/{PurePath(sample.name).stem}.gr"]
    lines = [shlex.join(words) for words in ([*fit, "-o", "model.skops"], reconstruct, peaks)]
    missing += ["noise"] * (settings.noise is not None)
    if missing:
        lines.insert(0, f"# The command has no option for {' and '.join(missing)}: the Python does it.")
    return "\n".join(lines) + "\n"


def _prior(settings: Settings) -> list[str]:
    if settings.prior == "auto":
        return []
    bond = "" if settings.bond is None else f"r={settings.bond!r}"
    return [f"prior=Continuum(){f' + Bond({bond})' * (settings.prior == 'bond')}"]


def _where(q: str, settings: Settings) -> str:
    """Return which points of q count."""
    parts = [f"({q} > 0)"]
    parts += [f"({q} >= {settings.q_min!r})"] * bool(settings.q_min)
    parts += [f"({q} <= {settings.q_max!r})"] * bool(settings.q_max)
    return " & ".join(parts) if len(parts) > 1 else parts[0][1:-1]


def _beside(sample: Sample, settings: Settings, samples: list[Sample]) -> list[str]:
    """Return the lines that read the reference."""
    known = reference_of(settings.reference, samples)
    if settings.reference in GLASSES:
        lines = [
            f"known = load_material({settings.reference!r})  # simulated {GLASSES[settings.reference]}",
            "known_r, known_g, known_rho = known.r, known.target, known.number_density",
        ]
    else:
        lines = [
            f"known, known_rho = read_pattern({known.name!r}), {_density(known)}",
            f"curve = read_gr({known.known_name!r}, number_density=known_rho)",
            "known_r, known_g = curve.r, curve.g",
        ]
    where = _where("known.q", settings)
    where = where if where.startswith("(") else f"({where})"
    return [
        *lines,
        f"some = {where} & (known.q >= {sample.q[0]!r}) & (known.q <= {sample.q[-1]!r})",
        "q = known.q[some]",
        "X = scattering_frame(known_r, q, known.s_r[some], known_rho)",
    ]


def _density(sample: Sample) -> str:
    if sample.mass_density and sample.composition:
        return f"Composition({sample.composition!r}).number_density({sample.mass_density!r})"
    return repr(sample.number_density) if sample.number_density else "None  # it is solved for"


def _density_options(sample: Sample) -> list[str]:
    said = {
        "--number-density": sample.number_density,
        "--composition": sample.composition,
        "--mass-density": sample.mass_density,
    }
    return [word for option, value in said.items() if value for word in (option, f"{value}")]
