import sys

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import simpson
from sklearn_wtrdf.benchmarks.board import shells

from sklearn_wtrdf import coordination_numbers, peaks


@pytest.fixture(autouse=True)
def _coarse_grid(monkeypatch):
    monkeypatch.setattr(shells, "STEP", 0.01)
    monkeypatch.setattr(shells, "GRID", np.arange(0.01, 40, 0.01))


@pytest.mark.parametrize("seed", range(6))
def test_materials_are_of_the_documented_kinds(seed):
    kind, material, _ = shells.make(seed)
    assert kind == ("bonded", "liquid")[seed % 2]
    assert (material.g > -1e-6).all()
    assert material.g[-1] == pytest.approx(1, abs=1e-3)
    assert (shells.s_of(material, np.arange(0.05, 17, 0.05)) >= 0).all()
    if kind == "bonded":
        near = shells.GRID < 6
        [neighbours] = coordination_numbers(
            shells.GRID[near],
            material.g[near],
            material.number_density,
            peaks.shells(shells.GRID[near], material.g[near], 1),
        )
        assert 1.9 < neighbours < 5.3


def test_liquids_have_the_compressibility_of_percus_and_yevick():
    """S(0) = (1 − η)⁴ / (1 + 2η)², and no two spheres overlap."""
    material, random = shells.liquid(np.random.default_rng(4)), np.random.default_rng(4)
    diameter, packing, blur = random.uniform(2.2, 3.4), random.uniform(0.38, 0.47), random.uniform(0.04, 0.08)
    [s_at_0] = shells.s_of(material, np.array([1e-3]))
    assert s_at_0 == pytest.approx((1 - packing) ** 4 / (1 + 2 * packing) ** 2, abs=0.003)
    overlapping = shells.GRID - diameter < -4 * blur * diameter
    assert material.g[overlapping].max() < 0.01


def test_s_is_the_transform_of_g():
    _, material, _ = shells.make(1)
    for q in (0.7, 3.0, 9.0):
        integrand = shells.GRID * (material.g - 1) * np.sin(q * shells.GRID)
        exact = 4 * np.pi * material.number_density * simpson(integrand, x=shells.GRID) / q
        assert shells.s_of(material, np.array([q]))[0] - 1 == pytest.approx(exact, abs=2e-3)


@pytest.mark.slow
def test_intervals_and_errors_are_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(shells, "Q_MAX", (8.0, 12.0))
    arguments = ["--glasses", "2", "--noise", "0.01", "--n-jobs", "1", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["shells.py", *arguments])
    shells.main()
    table = pd.read_csv(tmp_path / "shells.csv").set_index(["quantity", "kind", "q_max"])
    assert set(table.index.get_level_values("quantity")) == {"band", *shells.QUANTITIES}
    assert (table["n"] == 1).all()
    band = table.loc["band"]
    assert (band["median_error"] < band["fourier_median_error"]).all()
    assert band["coverage_90"].mean() > 0.75
    assert (table.loc["position", "half_width"] < 0.3).all()
    assert (tmp_path / "shells.png").exists()
