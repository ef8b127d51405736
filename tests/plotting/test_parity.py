import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_wtrdf import (
    ParityDisplay,
)


def test_parity_display_has_a_colour_and_an_error_for_each_material():
    y = np.array([0.0, 1.0, 2.0, 3.0])
    display = ParityDisplay.from_predictions(y, np.array([0.0, 1.5, 2.0, 3.0]), groups=["b", "b", "a", "a"])
    assert [points.get_label() for points in display.points_] == ["b: MAE 0.250", "a: MAE 0.000"]
    np.testing.assert_allclose(display.points_[0].get_offsets(), [[0, 0], [1, 1.5]])
    plt.close(display.figure_)
    alone = ParityDisplay.from_predictions(y, y)
    assert len(alone.points_) == 1
    plt.close(alone.figure_)


def test_values_of_different_numbers_are_refused():
    with pytest.raises(ValueError, match=r"must have equal lengths, got shapes \(3,\), \(2,\)"):
        ParityDisplay.from_predictions([1, 2, 3], [1, 2])
