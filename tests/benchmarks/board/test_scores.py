import numpy as np
import pytest
from sklearn_wtrdf.benchmarks.board.scores import score, truth_of

from sklearn_wtrdf.datasets import load_material

R = np.arange(25, 501) / 50
FIRST, SECOND = 2.4, 4.0


def curve(first=FIRST, scale=1.0):
    """Return g of two Gaussian shells and a continuum, of which the first can be moved or scaled."""
    peak = 3 * scale * np.exp(-(((R - first) / 0.1) ** 2) / 2)
    return peak + 1.5 * np.exp(-(((R - SECOND) / 0.2) ** 2) / 2) + 1 / (1 + np.exp(-(R - 5.5) / 0.1))


@pytest.fixture
def truth():
    return truth_of(R, curve(), None, 0.03)


@pytest.mark.parametrize("material", ["argon", "silica", "nitrogen", "ag25"])
def test_the_truth_has_no_errors(material):
    material = load_material(material)
    truth = truth_of(material.r, material.target, material.target_std, material.number_density)
    result = score(truth, truth.g, np.full(truth.r.size, 0.1))
    for name in ("mae", "first_peak", "second_peak", "coordination"):
        assert result[name] == 0
    assert result["position"] < 0.015  # the noise of the truth, which the smoothed curve does not have
    assert result["residual"] < 1e-3
    assert result["coverage_90"] == 1
    assert result["width_90"] == pytest.approx(2 * 1.645 * 0.1)


def test_a_peak_that_is_moved(truth):
    result = score(truth, curve(first=FIRST + 0.06), None)
    assert result["position"] == pytest.approx(0.06, abs=0.002)
    assert result["first_peak"] == pytest.approx(3 * (1 - np.exp(-0.18)), rel=1e-3)
    squares = [first**2 + 0.1**2 for first in (FIRST, FIRST + 0.06)]  # mean of r² over a shell
    assert result["coordination"] == pytest.approx(squares[1] / squares[0] - 1, rel=0.02)
    assert result["second_peak"] < 1e-3
    assert result["mae"] == pytest.approx(np.abs(curve(first=FIRST + 0.06) - curve())[R >= 0.8].mean())
    assert np.isnan([result["coverage_90"], result["width_90"]]).all()


def test_a_peak_that_is_too_high_and_a_wrong_density(truth):
    result = score(truth, curve(scale=1.1), None)
    assert result["coordination"] == pytest.approx(0.1, abs=1e-3)
    assert result["first_peak"] == pytest.approx(0.3, rel=1e-3)
    assert result["position"] < 1e-3
    assert score(truth, curve(), None, density=0.0315)["coordination"] == pytest.approx(0.05)


def test_ripples_before_the_atoms_are_the_residual(truth):
    before = truth.onset - 5 > np.arange(R.size)
    assert 1.9 < R[before][-1] < 2.1
    result = score(truth, curve() + 0.3 * before * (-1) ** np.arange(R.size), None)
    assert result["residual"] == pytest.approx(0.3, rel=0.01)
    assert result["coordination"] < 1e-3
    assert result["first_peak"] == 0


def test_bands_of_gaussian_errors_cover_nine_tenths(truth, rng):
    std = 0.05 + 0.01 * np.sin(R)
    covered = [score(truth, truth.g + std * rng.normal(size=R.size), std)["coverage_90"] for _ in range(50)]
    assert np.mean(covered) == pytest.approx(0.9, abs=0.01)
    wide = truth_of(R, curve(), 3 * std, 0.03)  # the truth has an error of its own
    assert score(wide, truth.g + std * rng.normal(size=R.size), std)["coverage_90"] > 0.99


def test_a_curve_without_peaks_has_a_mean_error_alone():
    flat = truth_of(R, np.ones(R.size), None, 0.03)
    result = score(flat, np.full(R.size, 1.5), None)
    assert result.pop("mae") == 0.5
    assert np.isnan(list(result.values())).all()
