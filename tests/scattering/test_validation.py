import numpy as np
import pytest

from sklearn_wtrdf import Pattern
from sklearn_wtrdf.scattering.validation import (
    MAX_VALUE,
    check_number_density,
    check_positive,
    check_q,
    check_r,
    check_s_r,
    check_std,
    check_vector,
)


def test_good_numbers_are_returned_in_double_precision():
    assert check_number_density(np.float32(0.5)) == 0.5
    for check in (check_q, check_r, lambda values: check_s_r(values, 3), lambda values: check_std(values, 3)):
        values = check([1, 2, 3])
        assert values.dtype == np.float64
        assert values.tolist() == [1, 2, 3]
    stacked = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(check_s_r(stacked, 3), stacked)


@pytest.mark.parametrize("value", [0, -1.0, True, np.True_, np.nan, np.inf, "0.05", None, [0.05]])
def test_what_is_not_a_positive_number_is_refused(value):
    with pytest.raises(ValueError, match="width must be a positive finite number of Å, got"):
        check_positive("width", value, "Å")


@pytest.mark.parametrize(
    ("check", "arguments", "message"),
    [
        (check_number_density, (1e-12,), "number_density is 1e-12 atoms per Å³, which no material has"),
        (check_number_density, (66e3,), "number_density is 66000 atoms per Å³, which no material has"),
        (check_vector, ("g", [[1.0]]), r"g must be one-dimensional and not empty, got shape \(1, 1\)"),
        (check_vector, ("g", []), "g must be one-dimensional and not empty"),
        (check_vector, ("g", [1, np.nan, np.inf]), "g must be finite, got 2 values that are NaN or infinite"),
        (check_r, ([1, -0.5],), "r must not be negative, got -0.5 Å at index 1"),
        (check_r, ([1, 1e8],), r"r reaches 1e\+08, more than 1e\+07 Å: give it in Å"),
        (check_q, ([1.0],), "q must have at least 2 points, got 1"),
        (check_q, ([-1.0, 1.0],), "q must not be negative, got -1 Å⁻¹"),
        (check_q, ([1, 2, 2],), "q must be strictly increasing, got 2 then 2 at index 1: sort it together with s_r"),
        (check_q, ([1, 1e8],), r"q reaches 1e\+08, more than 1e\+07 Å⁻¹: give it in Å⁻¹"),
        (check_s_r, ([1, 2], 3), r"s_r must have one value for each of the 3 points of q, .* got shape \(2,\)"),
        (check_s_r, (np.ones((1, 1, 3)), 3), r"s_r must have one value .* got shape \(1, 1, 3\)"),
        (check_s_r, ([1, np.nan, 2], 3), "s_r must be finite, got 1 values"),
        (check_std, ([1, 2], 3), r"std must have one value for each of the 3 points of q, got shape \(2,\)"),
        (check_std, ([1, 0, 2], 3), "std must be positive, got 0: leave out points of q whose error is not known"),
        (check_std, ([1, 1, 10 * MAX_VALUE], 3), r"std is as large as 1e\+101 Å⁻¹, which no material has"),
    ],
)
def test_bad_numbers_are_refused_by_name_in_one_line(check, arguments, message):
    with pytest.raises(ValueError, match=message) as error:
        check(*arguments)
    assert "\n" not in str(error.value)


VALUES = np.array([1.0, 2.0, 3.0])
NO_NUMBERS = {
    "truth": (VALUES > 1, "s_r must be real numbers, got values of type bool"),
    "a list of truth": ([True, False, True], "s_r must be real numbers, got values of type bool"),
    "dates": (VALUES.astype("datetime64[ns]"), "s_r must be real numbers, got values of type datetime64"),
    "complex": (VALUES + 0j, "s_r: Complex data not supported, give the real part"),
    "a mask": (np.ma.masked_array(VALUES, VALUES > 2), "s_r has masked values: leave these points out"),
    "text": (["1", "a", "3"], "s_r must be an array of numbers: could not convert string to float: 'a'"),
}


@pytest.mark.parametrize(("values", "message"), NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_what_only_numpy_takes_for_numbers_is_refused(values, message):
    for check in (lambda values: check_s_r(values, 3), lambda values: Pattern(VALUES, values)):
        with pytest.raises(ValueError, match=message):
            check(values)


def test_a_mask_that_hides_nothing_and_numbers_as_text_are_good():
    for values in (np.ma.masked_array(VALUES, mask=False), VALUES.astype(object), ["1", "2", "3"]):
        np.testing.assert_array_equal(check_s_r(values, 3), VALUES)
