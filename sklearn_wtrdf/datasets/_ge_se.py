"""The paper's Table A1: Ge0.25Se0.75."""

from __future__ import annotations

from importlib import resources
from typing import Literal, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklearn_wtrdf.datasets._ag_ge_se import read_table
from sklearn_wtrdf.scattering.frame import scattering_frame
from sklearn_wtrdf.scattering.pattern import Pattern

_DATA = "sklearn_wtrdf.datasets.data"


@overload
def load_ge_se(*, return_X_y: Literal[True]) -> tuple[pd.DataFrame, NDArray[np.float64]]: ...
@overload
def load_ge_se(*, return_X_y: Literal[False] = False) -> Bunch: ...
def load_ge_se(*, return_X_y: bool = False) -> Bunch | tuple[pd.DataFrame, NDArray[np.float64]]:
    """Load S_R(q) and g(r) of amorphous Ge0.25Se0.75, Table A1 of the WT-RDF+ paper, digit for digit.

    S_R(q) was measured with Cu Kα X-rays at 148 points from 0.65 to 8 Å⁻¹. g(r) has 58 points from 2.086 to 5.584 Å;
    the paper's text calls it simulated (AIMD), its table measured ("RDF Exp."). See `DESCR`.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    ge_se : Bunch
        data : DataFrame of shape (58, 149)
            A :func:`~sklearn_wtrdf.scattering_frame`: r [Å] and S_R [Å⁻¹].
        target : ndarray of shape (58,)
            Pair distribution function g(r).
        frame : DataFrame of shape (58, 150)
            `data` and `target`, the latter as the column ``g``.
        r : ndarray of shape (58,)
            Distances [Å].
        q : ndarray of shape (148,)
            Scattering vector [Å⁻¹].
        s_r : ndarray of shape (148,)
            Reduced structure factor [Å⁻¹].
        pattern : Pattern
            q, S_R and the composition.
        DESCR : str
            Origin of the data.

    Examples
    --------
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> X, y = load_ge_se(return_X_y=True)
    >>> X.shape, y.shape
    ((58, 149), (58,))
    """
    folder = resources.files(_DATA)
    reference, scattering = (read_table(folder / f"ge25se75_{name}.csv") for name in ("rdf", "sq"))
    r, g = reference["r"].to_numpy(), reference["g"].to_numpy()
    q, s_r = scattering["q"].to_numpy(), scattering["s_r"].to_numpy()
    data = scattering_frame(r, q, s_r)
    if return_X_y:
        return data, g
    description = (folder / "README.md").read_text(encoding="utf-8")
    pattern = Pattern(q, s_r, composition="Ge25Se75", radiation="x-ray")
    return Bunch(data=data, target=g, frame=data.assign(g=g), r=r, q=q, s_r=s_r, pattern=pattern, DESCR=description)
