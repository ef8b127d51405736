"""Requests of the page: their samples and settings, and the solutions by the workers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dash import ALL, State
from dash.exceptions import PreventUpdate

from sklearn_wtrdf.datasets import load_ge_se, load_material
from sklearn_wtrdf.explore.schema import SILICA, Sample, Settings, opened_settings
from sklearn_wtrdf.explore.workers import SupersededError
from sklearn_wtrdf.workflows.settings import PdfSettings

LOG = logging.getLogger(__name__)


_TYPED = ("number_density", "composition", "mass_density", "wavelength", "axis", "background_scale", "radiation")
TYPED_INPUTS = [State({"type": name, "name": ALL}, "value") for name in _TYPED]


def sample_of_the_paper() -> Sample:
    """Return the paper's sample with its known g(r)."""
    ge_se = load_ge_se()
    reference = {"r": ge_se.r.tolist(), "g": ge_se.target.tolist(), "known_name": "ge25se75_rdf.csv"}
    return Sample("ge25se75_sq.csv", ge_se.q.tolist(), ge_se.s_r.tolist(), **reference)


def simulated_silica() -> Sample:
    """Return simulated silica, as X-rays would measure it, with its known g(r)."""
    silica = load_material("silica")
    curves = silica.q.tolist(), silica.s_r.tolist(), None, silica.number_density
    reference: dict[str, Any] = {"r": silica.r.tolist(), "g": silica.target.tolist(), "known_name": "simulated"}
    return Sample(SILICA, *curves, "SiO2", **reference)


def find_sample(name: str, samples: Any) -> Sample | None:
    """Return the sample of a name, if it is on the page."""
    return next((Sample.from_json(data) for data in samples or [] if data.get("name") == name), None)


def with_typed_values(samples: Any, *typed: list[Any]) -> list[Sample]:
    """Return the samples with the densities and formulas in their fields."""
    if any(len(values) != len(samples) for values in typed):  # fields are created shortly after the samples
        return [Sample.from_json(data) for data in samples]
    rows = zip(samples, *typed, strict=True)
    return [Sample.from_json(data | dict(zip(_TYPED, values, strict=True))) for data, *values in rows]


def typed_values(number_density: Any, composition: Any, mass_density: Any, wavelength: Any) -> dict[str, Any]:
    """Return the values of the fields of a sample by name."""
    typed = {"number_density": number_density, "composition": composition, "mass_density": mass_density}
    sample = Sample.from_json({"name": "", "q": [1], "s_r": [0]} | typed | {"wavelength": wavelength})
    return {name: getattr(sample, name) for name in (*typed, "wavelength")}


def settings_in(opened: Any) -> PdfSettings:
    """Return the settings file that is open on the page, or the defaults."""
    return opened_settings((opened or {}).get("values"))


def window_of(request: Any) -> tuple[str, int]:
    """Return the window of a request, and its serial number."""
    return str(request["window"])[:64], int(request["serial"])


def samples_and_settings(request: Any) -> tuple[list[Sample], Settings]:
    """Return the samples and settings of a request."""
    samples = [Sample.from_json(data) for data in (request or {}).get("samples", [])]
    return samples, Settings.from_json((request or {}).get("settings", {}))


def solutions_of(request: Any, solve: Callable[[Sample, Settings, list[Sample]], dict[str, Any]]) -> dict[str, Any]:
    """Solve all samples of a request; the solution of a sample with an error is its message."""

    def solution_of(sample: Sample) -> dict[str, Any]:
        try:
            sample.check()
            return solve(sample, settings, samples) | {"color": samples.index(sample)}
        except SupersededError:
            raise
        except Exception as error:
            return {"name": sample.name, "error": line_of(error)}

    try:
        samples, settings = samples_and_settings(request)
        with ThreadPoolExecutor(max(len(samples), 1)) as threads:
            solutions = list(threads.map(solution_of, samples))
    except SupersededError:
        raise PreventUpdate from None
    except ValueError as error:
        solutions = [{"name": "", "error": line_of(error)}]
    return {"serial": request["serial"], "solutions": solutions}


def newest_solutions(first: Any, full: Any) -> list[dict[str, Any]]:
    """Return the solutions for the newest request, the full ones if they exist."""
    received = [data for data in (full, first) if data]
    return list(max(received, key=lambda data: data["serial"])["solutions"]) if received else []


def line_of(error: Exception) -> str:
    """Return an error as a line on the page."""
    if isinstance(error, ValueError | OSError):
        return " ".join(str(error).split())
    LOG.error("A request failed.", exc_info=error)
    return f"Internal error: {type(error).__name__}. The terminal in which wtrdf runs shows the details."


def error_of_sample(solution: dict[str, Any], solutions: list[dict[str, Any]]) -> str:
    """Return the error of a sample, with its name if there are several samples and the error does not begin with it."""
    name, error = solution["name"], solution["error"]
    return error if len(solutions) == 1 or error.startswith(name) else f"{name}: {error}"
