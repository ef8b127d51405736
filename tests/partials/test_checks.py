"""Warnings and errors about patterns that look wrong, which name them, before the search."""

import warnings

import numpy as np
import pytest

from sklearn_wtrdf import DataWarning, PartialsRegressor, Pattern, partials_frame
from sklearn_wtrdf.partials.checks import check_measurements
from sklearn_wtrdf.partials.frame import read_measurements
from sklearn_wtrdf.utils import data_warnings

WRONG = {
    "the wrong sign": ({"s_r": lambda s_r, q: -s_r}, "wrong sign"),
    "a factor": ({"s_r": lambda s_r, q: 10 * s_r}, "number_density is"),
    "a large factor": ({"s_r": lambda s_r, q: 1e3 * s_r}, "S_R tends to -59"),
    "zeros": ({"s_r": lambda s_r, q: 0 * s_r}, "S_R hardly differs from 0"),
    "next to nothing": ({"s_r": lambda s_r, q: 1e-200 * s_r}, "S_R hardly differs from 0"),
    "S": ({"s_r": lambda s_r, q: 1 + s_r / q}, "S_R does not oscillate about 0"),
    "a constant": ({"s_r": lambda s_r, q: 0 * s_r + 0.3}, "S_R does not oscillate about 0"),
    "nm": ({"q": lambda q, _: 10 * q}, "if it is in nm⁻¹, divide it by 10"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_a_warning_of_a_pattern_has_the_name_of_the_pattern(change, message, patterns):
    with pytest.warns(DataWarning, match=f"Pattern 'n': .*{message}"):
        _checked(_changed(patterns, **change), patterns["n"].number_density)


def test_missing_points_and_a_wrong_number_density_are_reported(patterns):
    X = partials_frame(patterns)
    with pytest.warns(DataWarning, match=r"Pattern 'x': q has 1 hole\(s\)"):
        _checked(X.drop(index=X.index[60:100]), patterns["n"].number_density)
    with pytest.warns(DataWarning) as caught:
        _checked(X, 10 * patterns["n"].number_density)
    for warning, name in zip(caught, "xn", strict=True):
        assert str(warning.message).startswith(f"Pattern {name!r}: number_density is")


def test_impossible_values_are_refused_with_the_name_of_their_pattern(patterns):
    X = _changed(patterns, s_r=lambda s_r, q: 1e90 * s_r)
    with pytest.raises(ValueError, match="X: pattern 'n': S_R is as large as"):
        PartialsRegressor(number_density=patterns["n"].number_density).fit(X)


def test_a_difference_with_negative_weights_is_no_s(patterns):
    """It may begin and end where it likes; its grid is checked."""
    difference = Pattern(patterns["n"].q, np.full(patterns["n"].q.size, -0.3), number_density=0.03)
    X = partials_frame({"x": patterns["x"], "d": difference}, weights={"d": {"Na-Cl": -0.3, "Cl-Cl": 0.1}})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _checked(X, patterns["n"].number_density)
    with pytest.warns(DataWarning, match=r"Pattern 'd': q has 1 hole\(s\)"):
        _checked(X.drop(index=X.index[-60:-20]), patterns["n"].number_density)


def test_an_r_max_that_the_search_could_not_increase_is_refused_at_once(patterns):
    with pytest.raises(ValueError, match=r"r_max is 200 Å, .* at most 170 Å .* choose a smaller one"):
        PartialsRegressor(r_max=200).fit(patterns)


def _changed(patterns, **columns):
    """Return the frame of the patterns with the neutrons' columns changed."""
    X = partials_frame(patterns)
    of_n = X["pattern"] == "n"
    for name, change in columns.items():
        X.loc[of_n, name] = change(X.loc[of_n, name], X.loc[of_n, "q"])
    return X


def _checked(X, number_density):
    """Warn as `fit` does, without the search."""
    _, measurements = read_measurements(X, "NaCl")
    data_warnings.warn([check_measurements(measurements, number_density)])
