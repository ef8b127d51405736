"""Pictures of a reduction, of g(r) and of pair functions, in files. They need matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.base import Reconstruction
from sklearn_wtrdf.partials.regressor import PartialsRegressor
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.workflows.scan import ScanReduction

Floats = NDArray[np.float64]


def draw_reduction(scan: ScanReduction, path: Path) -> None:
    """Draw the reduction of a scan, in the format of the suffix of `path`. Needs matplotlib."""
    from sklearn_wtrdf.plotting.reduction import ReductionDisplay
    from sklearn_wtrdf.plotting.style import new_figure, save_figure

    with new_figure(9.0, 3.6) as figure:
        ReductionDisplay(reduced=scan.reduced).plot(figure)
        save_figure(figure, path.stem, path)


def draw_partials(path: Path, model: PartialsRegressor, r: Floats) -> None:
    """Draw the pair functions at distances r [Å], and the patterns, in the format of the suffix of `path`."""
    from sklearn_wtrdf.plotting.partials import PartialsDisplay, size_of
    from sklearn_wtrdf.plotting.style import new_figure, save_figure

    with new_figure(*size_of(len(model.pairs_), len(model.measurements_))) as figure:
        PartialsDisplay.from_estimator(model, r, figure=figure)
        save_figure(figure, path.stem, path)


def draw_pdf(
    path: Path,
    r: Floats,
    solved: Reconstruction,
    pattern: Pattern,
    model: Any,
    scan: ScanReduction | None = None,
    n_peaks: int = 2,
) -> None:
    """Draw g(r) with its first peaks and the decomposition of S_R, and above them the reduction of a scan.

    Needs matplotlib.
    """
    from sklearn_wtrdf.inversion.decomposition import decomposition_of
    from sklearn_wtrdf.plotting.rdf import RDFDisplay
    from sklearn_wtrdf.plotting.reduction import ReductionDisplay
    from sklearn_wtrdf.plotting.style import color_of, new_figure, save_figure

    g, density = solved.g, solved.number_density
    if solved.result is not None:
        decomposition = solved.result.decomposition
    else:
        assert density is not None
        decomposition = decomposition_of(r, g, density, pattern.q, pattern.s_r, pattern.std)
    display = RDFDisplay(r=r, y_true=None, y_pred=g, std=solved.std, decomposition=decomposition, n_peaks=n_peaks)
    with new_figure(9.6, 4.4 if scan is None else 8.8) as figure:
        below: Any = figure
        if scan is not None:
            halves: Any = figure.subfigures(2, 1, height_ratios=[1, 1.25])
            above, below = halves
            ReductionDisplay(reduced=scan.reduced).plot(above)
        display.plot(figure=below, color=color_of(model))
        save_figure(figure, path.stem, path)
