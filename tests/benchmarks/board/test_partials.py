import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.board import partials

from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.fourier import fourier_transform


@pytest.mark.parametrize("name", ["silica", "water"])
def test_partial_structure_factors_are_the_transforms_of_the_pair_functions(name):
    material = partials.load(name)
    s_r = material.q * material.s.T
    g = 1 + fourier_transform(material.r, material.q, s_r, "lorch") / (4 * np.pi * material.number_density * material.r)
    far = (material.r > 4) & (material.r < 10)
    np.testing.assert_allclose(g[:, far], material.g[:, far], atol=0.3)


def test_a_pattern_is_that_of_the_shipped_weighting_with_noise():
    material = partials.load("silica")
    patterns = partials.patterns_of(material, "xn", 17.0, 0.0, 0)
    for pattern, weighting in zip(patterns.values(), ("x-ray", "neutron"), strict=True):
        shipped = load_material("silica", weighting=weighting, q_max=17).pattern
        np.testing.assert_allclose(pattern.s_r, shipped.s_r, atol=1e-9)
    noisy = partials.patterns_of(material, "x", 17.0, 0.01, 0)["x"]
    assert np.std((noisy.s_r - patterns["x"].s_r) / noisy.q) == pytest.approx(0.01, rel=0.15)


def test_exact_patterns_of_three_samples_give_back_the_partial_structure_factors():
    material = partials.load("sodium-chloride")
    s_r = partials.inverted(material, partials.patterns_of(material, "xni", 8.0, 0.0, 0))
    inside = material.q <= 8.0 + 1e-9
    np.testing.assert_allclose(s_r, (material.q[:, None] * material.s)[inside].T, atol=1e-6)


def test_each_pair_has_a_row_with_its_error():
    table = partials.measure("silica", "xni", 8.0, 0.01, 0, "none", "matrix")
    assert table["pair"].tolist() == ["Si-Si", "Si-O", "O-O"]
    assert (table["mae"] > 0.02).all()
    assert table["coverage"].isna().all()


def test_conditions_are_of_the_patterns_and_errors_that_there_are():
    for condition in partials.CONDITIONS.values():
        assert set(condition.data) <= set(partials.DATA)
        assert condition.errors in partials.ERRORS


def test_bands_are_compared_with_the_truth_up_to_its_statistical_error(monkeypatch):
    material = partials.load("water")
    exact = material.g, np.zeros_like(material.g), [True] * 3
    monkeypatch.setattr(partials, "load", lambda name: material._replace(g=material.g + material.std))
    monkeypatch.setattr(partials, "solve", lambda *arguments: exact)
    assert partials.measure("water", "xn", 8.0, 0.01, 0, "none", "joint")["coverage"].min() > 0.99


def test_errors_of_the_scale_have_alternating_signs():
    material = partials.load("silica")
    exact, wrong = (partials.patterns_of(material, "xni", 8.0, 0.0, 0, errors) for errors in ("none", "scale"))
    for letter, factor in zip("xni", (1.05, 0.95, 1.05), strict=True):
        right, off = (1 + patterns[letter].s_r / patterns[letter].q for patterns in (exact, wrong))
        np.testing.assert_allclose(off, factor * right, atol=1e-9)


def test_summaries_begin_with_the_conditions_of_least_gain():
    rows = [
        {"material": "silica", "half": "development", "data": data, "q_max": 17.0, "noise": 0.01, "errors": "none"}
        | {"method": method, "seed": 0, "pair": pair, "mae": mae, "coverage": 0.9}
        for data, factor in (("xn", 1.0), ("xni", 3.0))
        for pair in ("Si-O", "O-O")
        for method, mae in (("joint", 0.1 * factor), ("matrix", 0.4), ("matrix + inversion", 0.2))
    ]
    lines = partials.summary_of(pd.DataFrame(rows)).split("\n")[2:]
    assert lines[0].startswith("| none | 17 | 1 % | xni | 1.50 | 1.50, ")
    assert lines[1].startswith("| none | 17 | 1 % | xn | 0.50 | 0.50, ")
