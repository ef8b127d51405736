"""Arrays in single precision: what is computed of them is what is computed of the same values in double precision."""

import numpy as np
import pytest

from sklearn_wtrdf import FourierRegressor, InversionRegressor, Pattern, WTRDFRegressor, scattering_frame, wt_rdf
from sklearn_wtrdf.consistency import check_pattern
from sklearn_wtrdf.datasets import load_ge_se
from sklearn_wtrdf.fourier import fourier_transform, fourier_transform_std
from sklearn_wtrdf.inversion import Continuum, Observation
from sklearn_wtrdf.mismatch import check_family, check_pair
from sklearn_wtrdf.scattering.frame import Scattering
from sklearn_wtrdf.similarity import shared_fraction
from sklearn_wtrdf.transforms import density_from_slope, s_r_of_unit_density, spectrum, trapezoid_weights
from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem, default_bounds
from sklearn_wtrdf.wtrdf.wavelet import PUBLISHED, wt_rdf_gradient

GE_SE = load_ge_se()
DATA = [np.asarray(values, dtype=np.float32) for values in (GE_SE.r, GE_SE.q, GE_SE.s_r, GE_SE.target)]
MODELS = {
    "wtrdf": WTRDFRegressor({"a": (0.6, 0.61)}),
    "fourier": FourierRegressor(),
    "inversion": InversionRegressor(r_max=8.0),
    "inversion alone": InversionRegressor(reference=False, prior=Continuum()),
}


def texts_of(messages):
    return [str(item) for item in messages]


def calibration_arrays(r, q, s_r, g):
    problem = CalibrationProblem(Scattering(r, q, np.zeros(r.size, dtype=int), (Pattern(q, s_r),)), g)
    return (
        problem.linearize(np.array(list(PUBLISHED.values()))),
        problem.bounds,
        problem.basis_grid(np.array([1.6, 1.7]), np.array([7.0, 8.0]), 1e-11),
    )


@pytest.mark.parametrize(
    "function",
    [
        lambda r, q, s_r, g: shared_fraction(q, s_r, s_r[::-1]),
        lambda r, q, s_r, g: texts_of(check_pattern(q, s_r / np.float32(4), 5.0)),
        lambda r, q, s_r, g: texts_of(check_pair(q, s_r, r, g[::-1])),
        lambda r, q, s_r, g: texts_of(check_family(q, s_r, s_r[::-1])),
        lambda r, q, s_r, g: density_from_slope(q, s_r, 1.4),
        lambda r, q, s_r, g: s_r_of_unit_density(q, r, g),
        lambda r, q, s_r, g: trapezoid_weights(q),
        lambda r, q, s_r, g: spectrum(q, s_r, 10.0)(np.linspace(0, 9, 50)),
        lambda r, q, s_r, g: fourier_transform(r, q, s_r, "lorch"),
        lambda r, q, s_r, g: fourier_transform_std(r, q, q),
        lambda r, q, s_r, g: wt_rdf(r, q, s_r, **PUBLISHED),
        lambda r, q, s_r, g: wt_rdf_gradient(r, q, s_r, **PUBLISHED),
        lambda r, q, s_r, g: list(default_bounds(r, q).values()),
        lambda r, q, s_r, g: Observation(q, s_r, 0.034, 0.05).modes,
        lambda r, q, s_r, g: Observation(q, s_r, 0.034, 0.05, std=q, shared=s_r).whitened,
        lambda r, q, s_r, g: scattering_frame(r, q, s_r, 0.034).to_numpy(),
        calibration_arrays,
    ],
)
def test_functions(function):
    result, expected = function(*DATA), function(*(values.astype(float) for values in DATA))
    assert type(result) is type(expected)
    for item, other in zip(result, expected, strict=True) if isinstance(expected, tuple) else [(result, expected)]:
        for single, double in zip(item, other, strict=True) if isinstance(other, tuple) else [(item, other)]:
            np.testing.assert_array_equal(single, double)
            assert np.asarray(single).dtype == np.asarray(double).dtype


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_models(name):
    y = None if name == "inversion alone" else GE_SE.target
    model = MODELS[name].fit(scattering_frame(GE_SE.r, GE_SE.q, GE_SE.s_r, 0.034), y)
    r, q, s_r, _ = DATA
    std = np.full_like(q, 0.05)
    R, Q, S, STD = (values.astype(float) for values in (r, q, s_r, std))
    np.testing.assert_array_equal(model.reconstruct(r, q, s_r, 0.034), model.reconstruct(R, Q, S, 0.034))
    result = model.reconstruct_pattern(Pattern(model.grid(q), s_r, std, 0.034), r, return_std=True)
    expected = model.reconstruct_pattern(Pattern(model.grid(Q), S, STD, 0.034), R, return_std=True)
    np.testing.assert_array_equal(result.g, expected.g)
    if expected.std is not None:
        np.testing.assert_array_equal(result.std, expected.std)
    assert texts_of(result.warnings) == texts_of(expected.warnings)
