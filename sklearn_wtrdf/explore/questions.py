"""From what the browser sends to samples and settings, and to the answers of the desk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dash import ALL, State
from dash.exceptions import PreventUpdate

from sklearn_wtrdf.datasets import load_ge_se
from sklearn_wtrdf.explore.schema import Sample, Settings
from sklearn_wtrdf.explore.workers import SupersededError

LOG = logging.getLogger(__name__)


_TYPED = ("number_density", "composition", "mass_density", "wavelength", "axis", "background_scale")
TYPED_INPUTS = [State({"type": name, "name": ALL}, "value") for name in _TYPED]


PAPER_SAMPLE = "ge25se75_sq.csv"


def sample_of_the_paper() -> Sample:
    """Return the paper's sample with its known g(r)."""
    ge_se = load_ge_se()
    known = {"r": ge_se.r.tolist(), "g": ge_se.target.tolist(), "known_name": "ge25se75_rdf.csv"}
    return Sample(PAPER_SAMPLE, ge_se.q.tolist(), ge_se.s_r.tolist(), **known)


def sample_called(name: str, samples: Any) -> Sample | None:
    """Return the sample of a name, if it is on the page."""
    return next((Sample.from_json(one) for one in samples or [] if one.get("name") == name), None)


def with_typed_values(said: Any, *typed: list[Any]) -> list[Sample]:
    """Return the samples with the densities and formulas that stand in their fields."""
    if any(len(values) != len(said) for values in typed):  # the fields come a moment after the samples
        return [Sample.from_json(one) for one in said]
    rows = zip(said, *typed, strict=True)
    return [Sample.from_json(one | dict(zip(_TYPED, values, strict=True))) for one, *values in rows]


def window_of(question: Any) -> tuple[str, int]:
    """Return which window asks, and the number of its question."""
    return str(question["window"])[:64], int(question["serial"])


def samples_and_settings(question: Any) -> tuple[list[Sample], Settings]:
    """Return what a question is about."""
    samples = [Sample.from_json(one) for one in (question or {}).get("samples", [])]
    return samples, Settings.from_json((question or {}).get("settings", {}))


def answers_of(question: Any, ask: Callable[[Sample, Settings, list[Sample]], dict[str, Any]]) -> dict[str, Any]:
    """Ask of each sample; what is wrong with one is its answer."""

    def one(sample: Sample) -> dict[str, Any]:
        try:
            return ask(sample, settings, samples) | {"color": samples.index(sample)}
        except SupersededError:
            raise
        except Exception as error:
            return {"name": sample.name, "error": line_of(error)}

    try:
        samples, settings = samples_and_settings(question)
        with ThreadPoolExecutor(max(len(samples), 1)) as threads:
            said = list(threads.map(one, samples))
    except SupersededError:
        raise PreventUpdate from None
    except ValueError as error:
        said = [{"name": "", "error": line_of(error)}]
    return {"serial": question["serial"], "answers": said}


def newest_answers(first: Any, whole: Any) -> list[dict[str, Any]]:
    """Return the answers to the newest question, the whole ones if they are there."""
    answered = [one for one in (whole, first) if one]
    return list(max(answered, key=lambda one: one["serial"])["answers"]) if answered else []


def line_of(error: Exception) -> str:
    """Return an error as a line on the page."""
    if isinstance(error, ValueError | OSError):
        return " ".join(str(error).split())
    LOG.error("The page could not be answered.", exc_info=error)
    return f"This went wrong: {type(error).__name__}. The terminal that wtrdf runs in says more."


def of_its_sample(one: dict[str, Any], found: list[dict[str, Any]]) -> str:
    """Return an error, with the sample's name where there are others and it does not say it."""
    name, error = one["name"], one["error"]
    return error if len(found) == 1 or error.startswith(name) else f"{name}: {error}"
