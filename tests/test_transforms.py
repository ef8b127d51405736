import numpy as np
import pytest

from sklearn_wtrdf.transforms import CubicTable, spectrum, trapezoid_weights


def test_trapezoid_weights_are_numpys_rule_on_an_uneven_grid(rng):
    q = np.sort(rng.uniform(0.6, 8, 40))
    f = rng.normal(size=40)
    assert trapezoid_weights(q) @ f == pytest.approx(np.trapezoid(f, q), rel=1e-13)


@pytest.mark.parametrize("tolerance", [1e-4, 1e-8, 1e-11])
def test_a_cubic_table_keeps_its_tolerance(rng, tolerance):
    step = CubicTable.step_for(tolerance, frequency=8.0)
    wave = CubicTable(np.exp(8j * step * np.arange(-1, 20 / step + 3)), step)
    x = rng.uniform(0, 20, size=1000)
    assert np.abs(wave(x) - np.exp(8j * x)).max() <= 1.001 * tolerance


@pytest.mark.parametrize("tolerance", [1e-4, 1e-11])
def test_the_spectrum_is_the_trapezoid_sum(rng, tolerance):
    q, s_r = np.sort(rng.uniform(0.6, 8, 40)), rng.normal(size=40)
    k = rng.uniform(0, 50, size=300)
    direct = np.trapezoid(s_r * np.exp(-1j * np.outer(k, q)), q, axis=1)
    error = np.abs(spectrum(q, s_r, 50, tolerance)(k) - direct).max()
    assert error <= tolerance * np.trapezoid(np.abs(s_r), q)
