"""Reports of an inversion: hyperparameters with intervals, warnings, tables of peaks, and small pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.average import Average
from sklearn_wtrdf.inversion.evidence import AT_BOUND
from sklearn_wtrdf.inversion.pairs_average import PairsAverage
from sklearn_wtrdf.inversion.posterior import Posterior
from sklearn_wtrdf.peaks import PEAK_COLUMNS
from sklearn_wtrdf.scattering.sampling import HALF_WIDTH_90
from sklearn_wtrdf.utils.threads import single_thread

if TYPE_CHECKING:
    from sklearn_wtrdf.inversion.reference import Reference
    from sklearn_wtrdf.inversion.result import InversionResult

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class InversionReport:
    """Report on the inversion of one or several materials.

    It prints as text, and as HTML in notebooks.

    Attributes
    ----------
    table : DataFrame
        A row for each material and hyperparameter: ``value``; ``low`` and ``high``, the ends of its 90 % interval;
        ``unit``; and ``at``, which is the active bound ("low" or "high"), "fixed", "given" or empty. If two priors
        have a hyperparameter of the same name, the name of the second one ends in _2.
    log_evidence : list of float
        Logarithm of the evidence of each S_R under its prior, up to a constant.
    warnings : list of list of str
        Warnings about each material.
    noise : list of ndarray of shape (n_q,)
        Standard deviation of each S_R [Å⁻¹].
    verdicts : list of str
        How reliable each g(r) is.
    band_scale : float
        Factor by which the standard deviation of g is multiplied, in a fit with references.
    log_continuum_weights : list of float
        Weight of the solution under a prior of log g in the average that is g(r). If it is below 1, the table contains
        the hyperparameters of the other solution.
    single_weights : list of float
        Weight of the single g in the average of a single g and pair functions; 0 if there are no pair functions.
    """

    table: pd.DataFrame
    log_evidence: list[float]
    warnings: list[list[str]]
    noise: list[Floats]
    verdicts: list[str]
    band_scale: float
    log_continuum_weights: list[float]
    single_weights: list[float]

    @classmethod
    @single_thread
    def of(cls, results: Sequence[InversionResult], band_scale: float = 1.0) -> Self:
        """Return the report on these solutions."""
        posteriors = [result.posterior for result in results]
        rows = [row for i, posterior in enumerate(posteriors) for row in _rows(i, posterior)]
        columns = ["material", "name", "value", "low", "high", "unit", "at"]
        return cls(
            pd.DataFrame(rows, columns=columns).set_index(["material", "name"]),
            [posterior.log_evidence for posterior in posteriors],
            [[str(warning) for warning in result.fit_warnings] for result in results],
            [posterior.noise for posterior in posteriors],
            [result.verdict() for result in results],
            band_scale,
            [_log_continuum_weight(posterior) for posterior in posteriors],
            [posterior.weight if isinstance(posterior, PairsAverage) else 0.0 for posterior in posteriors],
        )

    def lines(self) -> list[str]:
        """Return the lines below the table."""
        lines: list[str] = []
        for i, (verdict, evidence) in enumerate(zip(self.verdicts, self.log_evidence, strict=True)):
            messages = [verdict, f"log evidence {evidence:.1f}", *self.warnings[i]]
            weight, of_single = self.log_continuum_weights[i], self.single_weights[i]
            if of_single:
                messages.insert(1, _PAIRS_AVERAGE.format(1 - of_single, of_single, weight))
            elif 0 < weight < 1:
                messages.insert(1, _AVERAGE.format(weight))
            lines.extend(f"Material {i}: {message}" for message in messages)
        if self.band_scale != 1:
            lines.append(f"Bands are {self.band_scale:.2g} times as wide as those of the posterior.")
        return lines

    def facts(self) -> dict[str, object]:
        """Return the report as a dictionary for JSON."""
        records = json.loads(self.table.reset_index().to_json(orient="records"))
        return {
            "estimates": records,
            "log_evidence": self.log_evidence,
            "warnings": self.warnings,
            "verdicts": self.verdicts,
            "log_continuum_weights": self.log_continuum_weights,
            "single_weights": self.single_weights,
        }

    def __str__(self) -> str:
        table = self.table.to_string(float_format="{:.4g}".format)
        return "\n".join([_TITLE, table, *self.lines()])

    def _repr_html_(self) -> str:
        table = self.table.to_html(float_format="{:.4g}".format, border=0)
        lines = "".join(f"<li>{escape(line)}</li>" for line in self.lines())
        return f"<b>{_TITLE}</b>{table}<ul>{lines}</ul>"


def _log_continuum_weight(posterior: Posterior) -> float:
    if isinstance(posterior, PairsAverage):
        return posterior.weight * _log_continuum_weight(posterior.second)
    if isinstance(posterior, Average):
        return posterior.weight
    return float(posterior.evidence.prior.is_of_logarithm)


def peaks_of_materials(
    results: Iterable[InversionResult], n_samples: int, n_peaks: int, level: float, generator: np.random.RandomState
) -> pd.DataFrame:
    """Return the peaks of all solutions in one table, with a column that counts the materials."""
    rows: list[dict[str, float]] = []
    for material, result in enumerate(results):
        peaks = result.peaks(n_samples, n_peaks=n_peaks, level=level, random_state=generator)
        rows.extend({"material": material} | peak for peak in peaks.to_dict("records"))
    return pd.DataFrame(rows, columns=["material", *PEAK_COLUMNS, "number_density"])


def picture_of(results: Sequence[InversionResult], references: Sequence[Reference], r: Floats) -> str:
    """Return a picture in HTML: the first reference or, without any, g(r) of the first material with its band."""
    if references:
        curve, caption = references[0].curve, "the first reference"
    elif results:
        curve, caption = results[0].curve(np.linspace(r[0], r[-1], 300)), "g(r) of the first material with its band"
    else:
        return ""
    return f"<div>{small_picture(curve.r, curve.g, curve.std)}<br><small>{caption}</small></div>"


def small_picture(r: Floats, g: Floats, std: Floats | None = None) -> str:
    """Return a picture of g(r), and of its 90 % band if `std` is given, as SVG. No plotting library is needed."""
    width, height, left, below, margin = 420, 150, 28, 32, 6  # pixels
    high = g if std is None else g + HALF_WIDTH_90 * std
    low = g if std is None else np.maximum(g - HALF_WIDTH_90 * std, min(g.min(), 0.0))
    top, bottom = max(float(high.max()), 1.0), min(float(low.min()), 0.0)
    x = left + (r - r[0]) / (r[-1] - r[0]) * (width - left - margin)
    edges = [margin + (top - curve) / (top - bottom) * (height - below - margin) for curve in (g, low, high)]
    line, under, over = (" ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)) for y in edges)
    back = " ".join(reversed(under.split()))
    zero = margin + top / (top - bottom) * (height - below - margin)
    ticks = "".join(
        f'<text x="{left + (tick - r[0]) / (r[-1] - r[0]) * (width - left - margin):.1f}" y="{height - below + 14}" '
        f'text-anchor="middle">{tick:g}</text>'
        for tick in np.arange(np.ceil(r[0]), r[-1] + 1e-9, max(1, round((r[-1] - r[0]) / 8)))
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" font-size="11" '
        'font-family="sans-serif" fill="currentColor"><title>g(r), and its 90 % band where it is known</title>'
        f'<polygon points="{over} {back}" fill="#0072B2" fill-opacity="0.25"/>'
        f'<line x1="{left}" x2="{width - margin}" y1="{zero:.1f}" y2="{zero:.1f}" '
        'stroke="currentColor" stroke-width="0.7"/>'
        f'<polyline points="{line}" fill="none" stroke="#0072B2" stroke-width="1.5"/>{ticks}'
        f'<text x="{width / 2}" y="{height - 4}" text-anchor="middle">r (Å)</text>'
        f'<text x="{left - 4}" y="{zero + 4:.1f}" text-anchor="end">0</text>'
        f'<text x="{left - 4}" y="14" text-anchor="end">{top:.1f}</text></svg>'
    )


_AVERAGE = (
    "g(r) is an average, in which a prior of log g (LogContinuum) has a weight of {:.2f}. Hyperparameters, residuals "
    "and outliers are those of the prior of g."
)
_PAIRS_AVERAGE = (
    "g(r) is an average of pair functions ({:.2f}) and a single g ({:.2f}, of which {:.2f} under a prior of log g). "
    "Hyperparameters, residuals and outliers are those of the pair functions."
)
_TITLE = "Inversion, with 90 % intervals"
_UNITS = {
    "onset": "Å",
    "steepness": "Å⁻¹",
    "decay": "Å",
    "length": "Å",
    "growth": "√Å",
    "first_width": "Å",
    "r": "Å",
    "neighbours": "atoms",
    "width": "Å",
    "tail": "Å",
    "range": "Å",
    "wavenumber": "Å⁻¹",
    "systematic": "of S",
    "correlated": "of S",
    "number_density": "Å⁻³",
}


def _rows(material: int, posterior: Posterior) -> list[dict[str, object]]:
    """Return a row of the table for each hyperparameter and the number density."""
    evidence, theta, root = posterior.evidence, posterior.theta, posterior.root
    observation, given = evidence.observation, evidence.observation.density_is_given
    units = _UNITS | {"noise": "of S" if observation.std is None else "of std"}
    rows: list[dict[str, object]] = []
    for i, hyperparameter in enumerate(evidence.hyperparameters):
        name, log, spread = hyperparameter.name, theta[i], root[i]
        if name in ("systematic", "correlated") and not evidence.systematic_errors:
            continue
        low, high = np.log([hyperparameter.low, hyperparameter.high])
        at = "fixed" if low >= high else "low" if log - low < AT_BOUND else "high" if high - log < AT_BOUND else ""
        if name == "scale" and not given:  # the scale then is the density over its guess
            name, guess = "number_density", np.log(observation.number_density)
            log, low, high = log + guess, low + guess, high + guess
        elif name == "neighbours" and not given:  # N is proportional to the density
            log, spread, low, high = log + theta[-1], spread + root[-1], -np.inf, np.inf
        reach = HALF_WIDTH_90 * np.linalg.norm(spread)
        value, first, last = np.exp([log, *np.clip([log - reach, log + reach], low, high)]).tolist()
        label = hyperparameter._replace(name=name).label
        earlier = evidence.names[:i].count(label)
        rows.append(
            {"material": material, "name": f"{label}_{earlier + 1}" if earlier else label, "value": value}
            | {"low": first, "high": last, "unit": units.get(name, ""), "at": at}
        )
    if given:
        density = posterior.number_density
        rows.append(
            {"material": material, "name": "number_density", "value": density, "low": density, "high": density}
            | {"unit": units["number_density"], "at": "given"}
        )
    return rows
