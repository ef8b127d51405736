import numpy as np
import pytest

from sklearn_wtrdf.utils.text import listed, quoted, shortened


@pytest.mark.parametrize("value", ["a" * 10**6, list(range(10**5)), "two\nlines", np.zeros((50, 50)), {"a": "b" * 500}])
def test_a_value_is_quoted_on_a_short_line(value):
    text = quoted(value)
    assert len(text) <= 80
    assert "\n" not in text
    assert text[:5] == " ".join(repr(value).split())[:5]


def test_short_values_are_quoted_whole():
    assert quoted("SiO2") == "'SiO2'"
    assert quoted(0.05) == "0.05"
    assert shortened("as it is") == "as it is"
    assert listed(["q", "S(Q)"]) == "q, S(Q)"


def test_long_lists_are_cut():
    assert len(listed("x" * 1000 for _ in range(1000))) < 400
