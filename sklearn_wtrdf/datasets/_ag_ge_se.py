"""Simulated silver germanium selenide glasses."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources
from importlib.resources.abc import Traversable
from numbers import Real
from typing import Any, Literal, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklearn_wtrdf.scattering.frame import scattering_frame
from sklearn_wtrdf.scattering.pattern import Pattern

_DATA = "sklearn_wtrdf.datasets.data.simulated"
_NUMBER_DENSITY = {0: 0.033852, 5: 0.035182, 10: 0.036462, 15: 0.037694, 20: 0.038882, 25: 0.040027}  # Å⁻³
_TARGETS = ("g_x", "g")
_R_RANGE = (2.08, 5.59)  # Å: the 58 bins of the paper's Table A1


@overload
def load_ag_ge_se(
    x: float | Iterable[float], *, target: str = "g_x", q_max: float = 8.0, return_X_y: Literal[True]
) -> tuple[pd.DataFrame, NDArray[np.float64]]: ...
@overload
def load_ag_ge_se(
    x: float | Iterable[float], *, target: str = "g_x", q_max: float = 8.0, return_X_y: Literal[False] = False
) -> Bunch: ...
def load_ag_ge_se(
    x: float | Iterable[float], *, target: str = "g_x", q_max: float = 8.0, return_X_y: bool = False
) -> Bunch | tuple[pd.DataFrame, NDArray[np.float64]]:
    """Load S_R(q) and g(r) of simulated glasses Ag_x(Ge0.25Se0.75)_(100−x).

    The data are simulated by molecular dynamics of 160 atoms with a machine-learned potential. They replace the
    paper's ternaries, whose data are not public. `DESCR` describes the simulation and its limitations.
    The rows are the 58 bins of Table A1, 2.086 to 5.584 Å, and by default q is its grid too, as in
    :func:`~sklearn_wtrdf.datasets.load_ge_se`.

    Parameters
    ----------
    x : {0, 5, 10, 15, 20, 25} or iterable of them
        Silver content in atomic per cent; 0 is Ge0.25Se0.75. The rows of several glasses are stacked in this order.
    target : {"g_x", "g"}, default="g_x"
        The X-ray weighted pair distribution function Σ c_A c_B Z_A Z_B g_AB / ⟨Z⟩², which S_R measures, or the
        number–number g(r), in which all pairs of atoms have the same weight.
    q_max : float, default=8.0
        End of S_R [Å⁻¹], which begins at 0.65 Å⁻¹ and has steps of 0.05 Å⁻¹: 8 Å⁻¹ as in the paper (Cu Kα), or up to
        17 Å⁻¹, where the data end.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    ag_ge_se : Bunch
        data : DataFrame of shape (58 * n_materials, 2 + n_q)
            A :func:`~sklearn_wtrdf.scattering_frame`: r [Å], number density [Å⁻³] and S_R [Å⁻¹]. n_q is 148 by default.
        target : ndarray of shape (58 * n_materials,)
            Pair distribution function.
        frame : DataFrame of shape (58 * n_materials, 3 + n_q)
            `data` and `target`, the latter as the column ``g_x`` or ``g``.
        groups : ndarray of str, shape (58 * n_materials,)
            The material of each row, such as ``"Ag5(Ge25Se75)95"``, for
            :class:`~sklearn.model_selection.LeaveOneGroupOut`; ``"Ge25Se75"`` at x = 0.
        r : ndarray of shape (58,)
            Distances [Å], the same for each material.
        q : ndarray of shape (n_q,)
            Scattering vector [Å⁻¹], the same for each material.
        s_r : ndarray of shape (n_q,) or (n_materials, n_q)
            Reduced structure factor [Å⁻¹]: of a single material, or a row for each of several.
        number_density : float or ndarray of shape (n_materials,)
            Atoms per volume [Å⁻³], likewise.
        pattern : Pattern or list of Pattern
            q, S_R, number density and composition, likewise.
        DESCR : str
            How the data were simulated and checked, and their limitations.

    Raises
    ------
    ValueError
        If `x`, `target` or `q_max` is not allowed.

    Examples
    --------
    >>> from sklearn_wtrdf.datasets import load_ag_ge_se
    >>> glasses = load_ag_ge_se([0, 5, 25])
    >>> glasses.data.shape, glasses.s_r.shape
    ((174, 150), (3, 148))
    >>> list(dict.fromkeys(glasses.groups.tolist()))
    ['Ge25Se75', 'Ag5(Ge25Se75)95', 'Ag25(Ge25Se75)75']
    >>> X, y = load_ag_ge_se(10, target="g", q_max=17, return_X_y=True)
    >>> X.shape, y.shape
    ((58, 330), (58,))
    """
    contents = [x] if isinstance(x, str) or not isinstance(x, Iterable) else list(x)
    if not contents:
        raise ValueError(f"x must name at least one of {_listed(_NUMBER_DENSITY)}, got none.")
    for content in contents:
        if not (isinstance(content, Real) and content in _NUMBER_DENSITY):
            raise ValueError(f"x must be one or several of {_listed(_NUMBER_DENSITY)}, got {content!r}.")
    if target not in _TARGETS:
        raise ValueError(f"target must be one of {_listed(_TARGETS)}, got {target!r}.")
    if not (isinstance(q_max, Real) and 0.7 <= q_max <= 17):
        raise ValueError(f"q_max must be a number from 0.7 to 17 Å⁻¹, where the data end, got {q_max!r}.")

    folder = resources.files(_DATA)
    frames, targets, patterns = [], [], []
    for content in contents:
        rdf, sq = read_table(folder / f"ag{content:02.0f}_rdf.csv"), read_table(folder / f"ag{content:02.0f}_sq.csv")
        rdf, sq = rdf[rdf["r"].between(*_R_RANGE)], sq[sq["q"] <= q_max]
        r, q, s_r = rdf["r"].to_numpy(), sq["q"].to_numpy(), sq["s_r"].to_numpy()
        frames.append(scattering_frame(r, q, s_r, number_density=_NUMBER_DENSITY[content]))
        targets.append(rdf[target].to_numpy())
        patterns.append(Pattern(q, s_r, None, _NUMBER_DENSITY[content], _formula(content), "x-ray"))
    data, y = pd.concat(frames, ignore_index=True), np.concatenate(targets)
    if return_X_y:
        return data, y
    densities = np.array([_NUMBER_DENSITY[content] for content in contents])
    several = isinstance(x, Iterable)
    return Bunch(
        data=data,
        target=y,
        frame=data.assign(**{target: y}),
        groups=np.repeat([_formula(content) for content in contents], r.size),
        r=r,
        q=q,
        s_r=np.array([pattern.s_r for pattern in patterns]) if several else s_r,
        pattern=patterns if several else patterns[0],
        number_density=densities if several else densities.item(),
        DESCR=(folder / "README.md").read_text(encoding="utf-8"),
    )


def load_full_ag_ge_se(x: int, *, q_max: float) -> dict[str, Any]:
    """Return one glass in the X-ray weighting at all its distances, with the contents of :func:`load_material`."""
    folder = resources.files(_DATA)
    rdf, pattern = read_table(folder / f"ag{x:02d}_rdf.csv"), read_table(folder / f"ag{x:02d}_sq.csv")
    pattern = pattern[pattern["q"] <= q_max]
    q, s_r = pattern["q"].to_numpy(), pattern["s_r"].to_numpy()
    partials = rdf.drop(columns=["r", "g", "g_x"])
    return {
        "target": rdf["g_x"].to_numpy(),
        "target_std": np.full(len(rdf), np.nan),
        "r": rdf["r"].to_numpy(),
        "q": q,
        "s": 1 + s_r / q,
        "s_std": np.full(q.size, np.nan),
        "s_r": s_r,
        "partials": partials,
        "partials_std": pd.DataFrame(np.nan, partials.index, partials.columns),
        "number_density": _NUMBER_DENSITY[x],
        "formula": _formula(x),
        "DESCR": (folder / "README.md").read_text(encoding="utf-8"),
    }


def read_table(path: Traversable) -> pd.DataFrame:
    """Return a CSV file of numbers of the package as a table."""
    with path.open() as file:
        return pd.read_csv(file, dtype=str).astype(float)  # pandas 2 rounds the last digit otherwise


def _formula(x: float) -> str:
    return f"Ag{x:.0f}(Ge25Se75){100 - x:.0f}" if x else "Ge25Se75"


def _listed(allowed: Iterable[object]) -> str:
    return ", ".join(map(repr, allowed))
