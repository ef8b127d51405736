"""The report of a calibration."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_wtrdf.wtrdf.wavelet import PARAMETERS

Floats = NDArray[np.float64]

_AT_BOUND = 1e-6  # relative distance within which a parameter is reported as lying on a bound


def parameter_table(theta: Floats, std: Sequence[float], bounds: Floats) -> pd.DataFrame:
    """Return a table with the value, the standard deviation, the bounds and the active bound of each parameter."""
    lower, upper = bounds.T
    near = _AT_BOUND * np.maximum(np.abs(theta), _AT_BOUND)
    at = np.select([lower == upper, theta - lower < near, upper - theta < near], ["held", "lower", "upper"], "")
    columns = {"value": theta, "std": std, "lower": lower, "upper": upper, "at": at}
    return pd.DataFrame(columns, index=list(PARAMETERS))


@dataclass(frozen=True)
class FitReport:
    """The result of a calibration.

    Attributes
    ----------
    params : DataFrame
        A row for each parameter: ``value``, ``std``, ``lower``, ``upper`` and, in ``at``, the bound that is active.
    loss : float
        The loss at the minimum.
    peak_weight : float
        Weight of the peaks in the loss.
    peaks : ndarray of shape (n_peaks,)
        r of the peak bins [Å].
    peak_errors : ndarray of shape (n_peaks,)
        Absolute error of g at the peak bins.
    distance_scale : float
        Ratio of the distance at which the model shows a shell of atoms to its true distance.
    """

    params: pd.DataFrame
    loss: float
    peak_weight: float
    peaks: Floats
    peak_errors: Floats
    distance_scale: float

    def lines(self) -> list[str]:
        """Return the lines of the report below the table of parameters."""
        errors = zip(self.peaks, self.peak_errors, strict=True)
        peaks = ", ".join(f"{error:.3g} at {r:.2f} Å" for r, error in errors) or "no peak was found"
        lines = [f"Loss: {self.loss:.6g} (peak_weight {self.peak_weight:g})", f"Peak errors: {peaks}"]
        if self.params["std"].isna().any():
            lines.append("Standard deviations: not determined, too few rows in the loss")
        if np.isnan(self.distance_scale):
            lines.append("Distances: shells of atoms between the peaks do not appear as peaks.")
        elif abs(self.distance_scale - 1) > 0.05:
            lines.append(
                f"Distances: a shell of atoms at r appears at about {self.distance_scale:.2f} r. "
                "Peaks do not stand for shells of atoms at these distances."
            )
        return lines

    def facts(self) -> dict[str, object]:
        """Return the report as a dictionary for JSON."""
        params = json.loads(self.params.to_json(orient="index"))
        return {"params": params, "loss": self.loss, "distance_scale": self.distance_scale}

    def __str__(self) -> str:
        table = self.params.to_string(float_format="{:.6g}".format)
        return "\n".join(["WT-RDF calibration", table, *self.lines()])

    def _repr_html_(self) -> str:
        table = self.params.to_html(float_format="{:.6g}".format, border=0)
        lines = "".join(f"<li>{escape(line)}</li>" for line in self.lines())
        return f"<b>WT-RDF calibration</b>{table}<ul>{lines}</ul>"
