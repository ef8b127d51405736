"""Each number that a user gives, at values that no measurement has: a result, or one line that names what is wrong."""

import warnings

import numpy as np
import pytest

from sklearn_wtrdf import (
    Composition,
    FourierRegressor,
    InversionRegressor,
    LSTMRegressor,
    RBFNetRegressor,
    Reduction,
    WTRDFRegressor,
    intensity_frame,
    scattering_frame,
    wt_rdf,
)
from sklearn_wtrdf.datasets import load_ge_se
from sklearn_wtrdf.reduction.corrections import Capillary, Reflection, Transmission, compton_detected
from sklearn_wtrdf.scattering.angles import wavelength_of

EXTREMES = [0.0, 1e-300, 1e-12, 1e12, 1e300, np.nan, np.inf, -1.0]

GE_SE = load_ge_se()
R, Y, Q, S_R = GE_SE.r, GE_SE.target, GE_SE.q[::4], GE_SE.s_r[::4]
STD = np.full(Q.size, 0.01)

X_OF_SCAN = np.arange(60) * 2.0 + 12  # degrees
COUNTS = 1e4 * (1.2 + np.sin(X_OF_SCAN / 7)) * np.exp(-X_OF_SCAN / 60)
SILICA = {"composition": "SiO2", "number_density": 0.066, "normalization": "high-q"}


def with_value(array, value, place=-1):
    changed = np.array(array, dtype=float)
    changed[place] = value
    return changed


def outcome(call, value, names):
    """Return the result, which is finite, or None where it is refused in one line that names the argument."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)  # data that look wrong, or converge late
        result, refusal = None, None
        try:
            result = call(value)
        except ValueError as error:
            refusal = error
    if refusal is not None:
        message = str(refusal)
        if np.isnan(value):
            message = message.split("\n")[0]  # scikit-learn adds its advice on missing values
        assert not isinstance(refusal, np.linalg.LinAlgError)
        assert "\n" not in message
        assert any(name in message for name in names), message
        return None
    assert np.isfinite(np.asarray(result, dtype=float)).all()
    return result


@pytest.mark.parametrize("value", EXTREMES)
@pytest.mark.parametrize(
    "name",
    [
        "mass_density",
        "number_density",
        "wavelength",
        "background_scale",
        "monochromator",
        "energy_window",
        "q_min",
        "q_max",
        "q_step",
    ],
)
def test_parameters_of_a_reduction(name, value):
    def reduced(value):
        settings = {**SILICA, "background": COUNTS / 10} | {name: value}
        if name == "mass_density":
            del settings["number_density"]
        return Reduction(**settings).fit_transform(intensity_frame([1, 2], X_OF_SCAN, COUNTS))

    outcome(reduced, value, [name, "X reaches q" if name == "wavelength" else name])


@pytest.mark.parametrize("value", EXTREMES)
@pytest.mark.parametrize("absorption", [Capillary, Reflection, Transmission])
def test_absorption(absorption, value):
    def reduced(value):
        return Reduction(**SILICA, absorption=absorption(value)).fit_transform(
            intensity_frame([1, 2], X_OF_SCAN, COUNTS)
        )

    outcome(reduced, value, ["mu_r", "mu_t", "absorption"])


CHANGES = {
    "one": lambda array, value: with_value(array, value, 10),
    "first": lambda array, value: with_value(array, value, 0),
    "all": lambda array, value: np.full(array.size, value),
    "times": lambda array, value: array * value,
}


@pytest.mark.filterwarnings("ignore:invalid value encountered in multiply")  # 0 × ∞, of the test
@pytest.mark.parametrize("normalization", ["high-q", "integral"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("part", ["intensity", "std", "background", "table", "array"])
def test_counts(part, change, normalization):
    def reduced(value):
        intensity, std, background = COUNTS, np.sqrt(COUNTS), None
        if part in ("intensity", "array"):
            intensity = change(COUNTS, value)
        elif part == "std":
            std = change(std, value)
        else:
            background = change(COUNTS / 10, value)
            background = np.column_stack([X_OF_SCAN, background]) if part == "table" else background
        settings = SILICA | {"normalization": normalization, "background": background}
        if part == "array":
            return Reduction(**settings, x=X_OF_SCAN).fit_transform([[1, *intensity], [2, *intensity]])
        return Reduction(**settings).fit_transform(intensity_frame([1, 2], X_OF_SCAN, intensity, std))

    for value in EXTREMES:
        outcome(reduced, value, ["intensity", "std", "background", "X"])


def test_counts_in_any_unit():
    def reduced(unit, std=None):
        X = intensity_frame([1, 2], X_OF_SCAN, unit * COUNTS, std)
        settings = SILICA | {"normalization": "evidence", "background": unit * COUNTS / 10}
        return Reduction(**settings).fit_transform(X)

    first = outcome(reduced, 1.0, [])
    np.testing.assert_allclose(outcome(reduced, 1e-29, []), first, rtol=0.01, atol=0.01)


@pytest.mark.parametrize("value", EXTREMES)
@pytest.mark.parametrize("place", [0, -1])
def test_angles(place, value):
    def reduced(value):
        return Reduction(**SILICA).fit_transform(intensity_frame([1, 2], with_value(X_OF_SCAN, value, place), COUNTS))

    outcome(reduced, value, ["x must"])


def test_angles_of_a_plate_that_the_beam_grazes():
    x = np.linspace(10, 175, 80)
    with pytest.raises(ValueError, match=r"absorption: nothing is transmitted by Transmission.* cut the scan by q_max"):
        Reduction(**SILICA, absorption=Transmission(10.0)).fit(intensity_frame([1, 2], x, np.ones(80)))


@pytest.mark.parametrize("value", EXTREMES)
def test_wavelengths_and_windows(value):
    outcome(wavelength_of, value, ["wavelength"])
    outcome(lambda window: compton_detected(X_OF_SCAN, 0.56, window), value, ["energy_window"])


COMPOSITION = {
    "mass_density": Composition("SiO2").number_density,
    "number_density": Composition("SiO2").mass_density,
    "composition": lambda n: list(Composition({"Si": 1, "O": n}).fractions.values()),
    "q": lambda q: Composition("SiO2").intensities(q=q),
    "q of neutrons": lambda q: Composition("SiO2").weights("neutron", q),
    "wavelength": lambda wavelength: Composition("SiO2").intensities(q=1.0, wavelength=wavelength),
}


@pytest.mark.parametrize("value", EXTREMES)
@pytest.mark.parametrize("name", COMPOSITION)
def test_compositions(name, value):
    outcome(COMPOSITION[name], value, [name.split()[0]])


def frame(**changes):
    return scattering_frame(**{"r": R, "q": Q, "s_r": S_R, "number_density": 0.034, "std": STD} | changes)


@pytest.mark.parametrize("value", EXTREMES)
@pytest.mark.parametrize("name", ["number_density", "mass_density", "r", "q", "s_r", "std"])
def test_scattering_frames(name, value):
    columns = {"r": R, "q": Q, "s_r": S_R, "std": STD}

    def laid_out(value):
        if name == "mass_density":
            return frame(number_density=None, mass_density=value, composition="SiO2")
        return frame(**{name: with_value(columns[name], value) if name in columns else value})

    outcome(laid_out, value, [name])


NETS = {"max_iter": 2, "random_state": 0}
MODELS = {
    "inversion": (InversionRegressor, {}, ["r_max", "q_damp", "noise"]),
    "inversion, never refitted": (InversionRegressor, {"refit": "never"}, ["noise"]),
    "transform": (FourierRegressor, {}, ["number_density"]),
    "WT-RDF": (WTRDFRegressor, {"bounds": {"a": (0.6, 0.61)}}, ["peak_weight"]),
    "radial basis": (RBFNetRegressor, NETS, ["n_centers", "beta", "max_iter", "learning_rate", "early_stopping"]),
    "LSTM": (LSTMRegressor, NETS, ["hidden_size", "max_iter", "learning_rate", "early_stopping"]),
}


def fitted(model, **settings):
    estimator, defaults, _ = MODELS[model]
    target = None if estimator is InversionRegressor else Y
    X = frame(std=None) if "noise" in settings else frame()
    return estimator(**defaults | settings).fit(X, target), X


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("value", EXTREMES)
@pytest.mark.parametrize(
    ("model", "name"), [(model, name) for model, (_, _, names) in MODELS.items() for name in names]
)
def test_parameters_of_models(model, name, value):
    if name in ("n_centers", "hidden_size", "max_iter", "early_stopping") and value in (0, -1, 1e12):
        value = int(value)

    def predicted(value):
        estimator, X = fitted(model, **{name: value})
        return estimator.predict(X)

    outcome(predicted, value, [name])


@pytest.fixture(scope="module", params=[name for name in MODELS if name != "inversion"])  # it takes long
def model(request):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return fitted(request.param)[0]


COLUMNS = {"number_density": "number_density", "s_r": "S_R", "std": "std"}


@pytest.mark.parametrize("change", ["one", "all"])
@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_x(model, name, change):
    names = [column for column in frame() if column.startswith(COLUMNS[name])]

    def predicted(value):
        X = frame()
        X[names if change == "all" else names[:1]] = value
        return model.predict(X)

    for value in EXTREMES:
        outcome(predicted, value, [name, "S_R", "X"])


@pytest.mark.parametrize("name", ["number_density", "s_r", "std"])
def test_patterns_to_reconstruct(model, name):
    complete = {"number_density": np.array([0.034]), "s_r": S_R, "std": STD}

    def reconstructed(value):
        arguments = {"r": R, "q": Q, **complete, name: with_value(complete[name], value)}
        return model.reconstruct(**arguments)

    for value in EXTREMES:
        outcome(reconstructed, value, [name, "S_R", "X"])


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("noise", "known"), [(1e-12, False), (1e-300, True)])
def test_errors_below_the_rounding_of_s_r_are_raised_to_it(noise, known):
    q, s_r = GE_SE.q, GE_SE.s_r
    X = scattering_frame(R, q, s_r, 0.034, np.full(q.size, noise) if known else None)
    model = InversionRegressor(refit="never", noise=None if known else noise).fit(X)
    other = scattering_frame(R, q, 1.05 * s_r + 0.01 * np.sin(q), 0.034).join(X.filter(like="std"))
    g, std = model.predict(other, return_std=True)
    assert np.abs(g - model.predict(X)).max() < 2
    assert std.max() < 3  # g is 3.4 at its maximum; with the errors as given rounding made bands of 20


def test_numbers_of_samples_and_processes():
    curves, X = fitted("inversion, never refitted")
    transform, _ = fitted("transform")
    for value in [-1, 0, 10**12, 1e300, np.nan]:
        outcome(lambda n: curves.sample(X, n), value, ["n_samples"])
        outcome(lambda n: transform.reconstruct(R, Q, S_R, 0.034, n_jobs=n), value, ["n_jobs"])


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("unit", [1e5, 1e9, 1e100, 1e300])
@pytest.mark.parametrize("name", ["r", "q"])
@pytest.mark.parametrize("model", ["transform", "WT-RDF in its default box", "wt_rdf"])
def test_r_and_q_in_another_unit(model, name, unit):
    def predicted(unit):
        r, q = R * unit if name == "r" else R, Q * unit if name == "q" else Q
        if model == "wt_rdf":
            return wt_rdf(r, q, S_R, a=0.6, b=4.5, K_f=0.1, C=0.1, Lambda=-5.0)
        X = np.column_stack([r, np.tile(S_R, (R.size, 1))])  # no scattering_frame has looked at them
        estimator = FourierRegressor(number_density=0.034, q=q) if model == "transform" else WTRDFRegressor(q=q)
        return estimator.fit(X, Y).predict(X)

    result = outcome(predicted, unit, [name])
    assert result is None or unit < 1e9


@pytest.mark.parametrize("value", EXTREMES)
@pytest.mark.parametrize("name", ["a", "b", "K_f", "C", "Lambda"])
def test_parameters_of_wt_rdf(name, value):
    parameters = {"a": 0.6, "b": 4.5, "K_f": 0.1, "C": 0.1, "Lambda": -5.0}
    outcome(lambda value: wt_rdf(R, Q, S_R, **parameters | {name: value}), value, [name])


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("model", ["inversion", "transform", "WT-RDF"])
def test_reference_g_of_any_size(model):
    estimator, defaults, _ = MODELS[model]
    for change in (
        lambda value: with_value(Y, value, 3),
        lambda value: value * Y,
        lambda value: np.full(R.size, value),
    ):
        for value in (1e7, 1e12, 1e300):
            outcome(lambda value, y=change: estimator(**defaults).fit(frame(), y(value)).predict(frame()), value, ["y"])


@pytest.mark.parametrize("value", EXTREMES)
@pytest.mark.parametrize("name", ["a", "b", "K_f", "C", "Lambda"])
def test_bounds_of_wt_rdf(name, value):
    def predicted(value):
        return WTRDFRegressor({"a": (0.6, 0.61), name: (value, value)}).fit(frame(), Y).predict(frame())

    outcome(predicted, value, ["bounds", "b and a"])
