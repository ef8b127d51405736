import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from sklearn_wtrdf import Adam, WTRDFRegressor


@pytest.fixture(scope="module")
def fitted(ge_se):
    return WTRDFRegressor(bounds={"a": (0.4, 0.45), "b": (16, 16.6)}).fit(ge_se.data, ge_se.target)


def test_the_report_has_the_parameters_and_errors(ge_se, fitted):
    report = fitted.fit_report()
    text = str(report)
    for name, value in fitted.params_.items():
        assert report.params.loc[name, "value"] == value
        assert name in text
    assert report.params.loc["a", ["lower", "upper"]].tolist() == [0.4, 0.45]
    assert report.loss == fitted.loss_
    np.testing.assert_allclose(report.peaks, ge_se.r[[4, 29]])
    g = fitted.predict(ge_se.data)
    np.testing.assert_allclose(report.peak_errors, np.abs(g - ge_se.target)[[4, 29]], atol=1e-9)
    assert f"{fitted.distance_scale_:.2f} r" in text
    html = report._repr_html_()
    assert "<table" in html
    assert "Peak errors" in html


def test_active_bounds_and_held_parameters_are_marked(ge_se):
    box = {"a": (0.60, 0.61), "b": (4.4, 4.4), "K_f": (0.01, 0.30)}
    report = WTRDFRegressor(box).fit(ge_se.data, ge_se.target).fit_report()
    assert report.params["at"].to_dict() == {"a": "lower", "b": "held", "K_f": "lower", "C": "", "Lambda": ""}
    assert report.params.loc["b", "std"] == 0


def test_a_report_without_peaks_or_with_too_few_rows(ge_se):
    report = WTRDFRegressor(solver=Adam(max_iter=2)).fit(ge_se.data[:3], ge_se.target[:3]).fit_report()
    assert "no peak was found" in str(report)
    assert "not determined" in str(report)
    with pytest.raises(NotFittedError):
        WTRDFRegressor().fit_report()
    assert not hasattr(WTRDFRegressor(), "distance_scale_")
    assert not hasattr(WTRDFRegressor(), "params_std_")
