"""Simulated materials of many kinds, whose g(r) and S(q) are both known."""

from __future__ import annotations

import json
import re
from importlib import resources
from numbers import Real
from typing import Literal, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklearn_wtrdf.datasets._ag_ge_se import load_full_ag_ge_se, read_table
from sklearn_wtrdf.scattering.frame import scattering_frame
from sklearn_wtrdf.scattering.pattern import Pattern

_DATA = "sklearn_wtrdf.datasets.data.materials"
_SUFFIXES = {"x-ray": "_x", "neutron": "_n", "number": ""}  # of the columns that a weighting has
_HALVES = ("development", "test")


def list_materials(half: str | None = None) -> list[str]:
    """List the simulated materials that :func:`~sklearn_wtrdf.datasets.load_material` can load.

    Parameters
    ----------
    half : {"development", "test"}, default=None
        Only those of one half. Constants of a method may be chosen on the development half only; its performance is
        that on the test half. The halves are fixed, and each contains materials of all kinds.

    Returns
    -------
    names : list of str
        Sorted.

    Raises
    ------
    ValueError
        If `half` is neither of the two.

    Examples
    --------
    >>> from sklearn_wtrdf.datasets import list_materials
    >>> len(list_materials())
    22
    >>> list_materials("development")[-3:]
    ['rubidium', 'silica', 'sodium-chloride']
    """
    if half is not None and half not in _HALVES:
        raise ValueError(f"half must be None or one of {', '.join(map(repr, _HALVES))}, got {half!r}.")
    return [name for name, own_half in sorted(_halves().items()) if half in (None, own_half)]


@overload
def load_material(
    name: str, *, weighting: str = "x-ray", q_max: float = 20.0, return_X_y: Literal[True]
) -> tuple[pd.DataFrame, NDArray[np.float64]]: ...
@overload
def load_material(
    name: str, *, weighting: str = "x-ray", q_max: float = 20.0, return_X_y: Literal[False] = False
) -> Bunch: ...
def load_material(
    name: str, *, weighting: str = "x-ray", q_max: float = 20.0, return_X_y: bool = False
) -> Bunch | tuple[pd.DataFrame, NDArray[np.float64]]:
    """Load S(q) and g(r) of a simulated liquid or glass.

    The data are simulated by molecular dynamics of about a thousand atoms; `DESCR` describes the potential, density,
    temperature and preparation, and known deviations from the real material. The glasses of
    :func:`load_ag_ge_se` are among them, as ``"ag00"`` to ``"ag25"``, in the X-ray weighting alone.

    Parameters
    ----------
    name : str
        One of :func:`list_materials`.
    weighting : {"x-ray", "neutron", "number"}, default="x-ray"
        Weights of the pairs of elements in S and g. With X-rays, S has the form factors f(q) of neutral atoms and g the
        constant weights c_A c_B Z_A Z_B / ⟨Z⟩², so that they are not exact transforms of one another; `DESCR` gives
        the difference. With neutrons both have scattering lengths (of deuterium for hydrogen), and with "number" all
        pairs of atoms have the same weight: S and g are then exact transforms.
    q_max : float, default=20.0
        End of S [Å⁻¹], which begins at 0.5 Å⁻¹ and has steps of 0.05 Å⁻¹. The data end at 20 Å⁻¹; those of ``ag00`` to
        ``ag25`` begin at 0.65 and end at 17 Å⁻¹.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    material : Bunch
        data : DataFrame of shape (n_r, 2 + n_q)
            A :func:`~sklearn_wtrdf.scattering_frame`: r [Å], number density [Å⁻³] and S_R [Å⁻¹].
        target : ndarray of shape (n_r,)
            Pair distribution function g(r) in this weighting.
        target_std : ndarray of shape (n_r,)
            Statistical error of g(r), by the spread over independent configurations; NaN for ``ag00`` to ``ag25``,
            which have a single configuration.
        r : ndarray of shape (n_r,)
            Distances [Å], the centres of bins of 0.02 Å up to 12 Å, over which g is averaged.
        q, s, s_std, s_r : ndarray of shape (n_q,)
            Scattering vector [Å⁻¹], structure factor S, its statistical error, and S_R = q (S − 1) [Å⁻¹].
        partials : DataFrame of shape (n_r, n_pairs)
            Pair functions g_AB, a column such as ``g_Si_O`` for each pair of elements.
        partials_std : DataFrame of shape (n_r, n_pairs)
            Their statistical errors, in the same columns; NaN for ``ag00`` to ``ag25``.
        number_density : float
            Atoms per volume [Å⁻³].
        pattern : Pattern
            q, S_R, number density, composition and radiation; with neutrons D takes the place of H.
        name, formula, half, weighting : str
            ``half`` is "development" or "test": see :func:`list_materials`.
        DESCR : str
            Description of the material, its simulation and checks, and its limitations.

    Raises
    ------
    ValueError
        If `name`, `weighting` or `q_max` is none of the above.

    See Also
    --------
    load_ge_se : A measured S_R(q).

    Examples
    --------
    >>> from sklearn_wtrdf.datasets import load_material
    >>> silica = load_material("silica", weighting="neutron")
    >>> silica.formula, silica.number_density
    ('SiO2', 0.0662)
    >>> float(silica.r[silica.target.argmax()])
    1.61
    >>> X, y = load_material("argon", q_max=8, return_X_y=True)
    >>> X.shape, y.shape
    ((600, 153), (600,))
    """
    halves = _halves()
    if name not in halves:
        raise ValueError(f"name must be one of {', '.join(sorted(halves))}, got {name!r}.")
    if weighting not in _SUFFIXES:
        raise ValueError(f"weighting must be one of {', '.join(map(repr, _SUFFIXES))}, got {weighting!r}.")
    if not (isinstance(q_max, Real) and 1 <= q_max <= 20):
        raise ValueError(f"q_max must be a number from 1 to 20 Å⁻¹, where the data end, got {q_max!r}.")
    if re.fullmatch(r"ag\d\d", name):
        if weighting != "x-ray":
            raise ValueError(f"weighting must be 'x-ray' for {name!r}, whose S has no other, got {weighting!r}.")
        material = load_full_ag_ge_se(int(name[2:]), q_max=q_max)
    else:
        material = _read(name, weighting, q_max)
    material |= {"name": name, "half": halves[name], "weighting": weighting}
    r, q, s_r = material["r"], material["q"], material["s_r"]
    data = scattering_frame(r, q, s_r, number_density=material["number_density"])
    radiation, composition = None if weighting == "number" else weighting, material["formula"]
    if radiation == "neutron":
        composition = re.sub(r"H(?![a-z])", "D", composition)
    material["pattern"] = Pattern(q, s_r, None, material["number_density"], composition, radiation)
    return (data, material["target"]) if return_X_y else Bunch(data=data, **material)


def _read(name: str, weighting: str, q_max: float) -> dict[str, object]:
    folder = resources.files(_DATA)
    end = _SUFFIXES[weighting]
    rdf, pattern = read_table(folder / f"{name}_rdf.csv"), read_table(folder / f"{name}_sq.csv")
    pattern = pattern[pattern["q"] <= q_max]
    facts = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    q, s = pattern["q"].to_numpy(), pattern[f"s{end}"].to_numpy()
    partials = [f"g_{pair}" for pair in facts["pairs"]]
    return {
        "target": rdf[f"g{end}"].to_numpy(),
        "target_std": rdf[f"g{end}_err"].to_numpy(),
        "r": rdf["r"].to_numpy(),
        "q": q,
        "s": s,
        "s_std": pattern[f"s{end}_err"].to_numpy(),
        "s_r": q * (s - 1),
        "partials": rdf[partials],
        "partials_std": rdf[[f"{name}_err" for name in partials]].set_axis(partials, axis="columns"),
        "number_density": facts["number_density"],
        "formula": "".join(element + (str(n) if n > 1 else "") for element, n in facts["composition"].items()),
        "DESCR": _description(name, facts),
    }


def _description(name: str, facts: dict) -> str:
    """Return the material's section of the README, its figures, and what all of them share."""
    text = (resources.files(_DATA) / "README.md").read_text(encoding="utf-8")
    general, *sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    section = next(part for part in sections if part.startswith(f"## {name}\n"))
    pressure, seeds = np.mean(facts["pressure_gpa"]), ", ".join(map(str, facts["seeds"]))
    figures = (
        f"{facts['n_atoms']} atoms, {facts['number_density']} Å⁻³, {facts['temperature']:g} K, mean pressure "
        f"{pressure:.2f} GPa. {len(facts['seeds'])} configurations (seeds {seeds}) "
        f"of {facts['frames']} frames each. S by the transform of g and on the wave vectors of the box differ by "
        f"{facts['box_rms_difference']:.3f} (root mean square); by their statistical errors, the expected value is "
        f"{facts['box_rms_error']:.3f}. Form factors that depend on q change g_x by "
        f"{facts['x_ray_form_factors_mae_g']:.3f} (mean absolute, q ≤ 20 Å⁻¹)."
    )
    return f"{section.strip()}\n\n{figures}\n\n{general.strip()}\n"


def _halves() -> dict[str, str]:
    with (resources.files(_DATA) / "halves.csv").open() as file:
        table = pd.read_csv(file)
    return dict(zip(table["name"], table["half"], strict=True))
