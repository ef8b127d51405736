import numpy as np
import pytest

from sklearn_wtrdf import FourierRegressor, Reduction, ReductionDisplay, intensity_frame

pytest.importorskip("matplotlib", reason="pictures need matplotlib")
pytest.importorskip("xraydb", reason="xraydb is not installed: pip install 'sklearn-wtrdf[simulation]'")

from diffractometer import scan
from matplotlib.figure import Figure


@pytest.fixture(scope="module")
def counted():
    return scan("silica")


def fitted(counted, **settings):
    """Return a fitted reduction of a scan, and the scan."""
    X = intensity_frame([2.0], counted.two_theta, counted.intensity)
    reduction = Reduction("SiO2", number_density=0.0662, wavelength=1.5419, normalization="integral", **settings)
    return reduction.fit(X), X


def curves(axes):
    return {line.get_label(): line.get_xydata().T for line in axes.lines}


def test_the_counts_are_drawn_with_their_contributions_and_s_with_its_band(counted):
    display = ReductionDisplay.from_estimator(*fitted(counted, background=counted.background), figure=Figure())
    reduced, (left, right) = display.reduced, display.axes_
    intensities = curves(left)
    for label, values in {
        "corrected intensity": reduced.measured,
        "free atoms: S = 1": reduced.coherent + reduced.compton,
        "Compton": reduced.compton,
        "background": reduced.background,
    }.items():
        np.testing.assert_array_equal(intensities[label], [reduced.q, values], err_msg=label)
    s = 1 + reduced.s_r / reduced.q
    np.testing.assert_allclose(right.lines[-1].get_ydata(), s)
    [band] = right.collections
    top = max(vertices[:, 1].max() for vertices in (path.vertices for path in band.get_paths()))
    assert top == pytest.approx((s + 2 * reduced.std / reduced.q).max())


@pytest.mark.filterwarnings("ignore::UserWarning")  # of the missing background
def test_what_was_not_subtracted_is_not_drawn(counted):
    display = ReductionDisplay.from_estimator(*fitted(counted), figure=Figure())
    assert set(curves(display.axes_[0])) == {"corrected intensity", "free atoms: S = 1", "Compton"}


def test_a_scan_that_x_does_not_have_is_refused(counted):
    with pytest.raises(ValueError, match="scan must be"):
        ReductionDisplay.from_estimator(*fitted(counted, background=counted.background), scan=1)


def test_what_is_no_reduction_is_named(ge_se):
    with pytest.raises(TypeError, match="reduction must be of class Reduction, got FourierRegressor"):
        ReductionDisplay.from_estimator(FourierRegressor(), ge_se.data)
