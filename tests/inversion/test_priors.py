"""What every prior has to be, and what each of ours is."""

import numpy as np
import pytest
from sklearn.base import clone

from sklearn_wtrdf import Curve, Pattern
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.inversion import (
    AsymmetricBond,
    Bond,
    Continuum,
    NearReference,
    Oscillation,
    PairFunctions,
    Reference,
)

R = 0.07 * np.arange(1, 120)
DENSITY = 0.05
GLASS = load_ag_ge_se(0)
REFERENCE = Reference(GLASS.pattern, Curve(GLASS.r, GLASS.target))
WRITTEN = [
    Continuum(),
    Continuum(onset=(1.2, 2.0), decay=3.0),
    Bond(),
    Bond(r=(1.4, 1.9)),
    AsymmetricBond(r=(1.4, 1.9)),
    Continuum() + Bond(),
    Continuum() + Bond(r=1.6) + Bond(r=(2.2, 2.6)),
    Oscillation(),
    Continuum() + Oscillation(wavenumber=(1.6, 2.5)),
]
PRIORS = [
    *WRITTEN,
    NearReference(REFERENCE),
    NearReference(REFERENCE, amplitude=(0.01, 1.0), onset=1.5),
    NearReference(REFERENCE, length=0.5) + Bond(),
]


def written(prior):
    return repr(prior)[:60]  # a reference is long


def thetas(prior, n=4):
    low, high = (np.log([getattr(item, end) for item in prior.hyperparameters]) for end in ("low", "high"))
    start = np.log([item.start for item in prior.hyperparameters])
    drawn = start + np.random.default_rng(0).normal(size=(n, start.size)) * 0.2
    return np.clip(drawn, low, high)


@pytest.mark.parametrize("prior", PRIORS, ids=written)
def test_a_prior_is_a_gaussian_process(prior):
    for theta in thetas(prior):
        moments = prior.evaluate(theta, R, DENSITY)
        np.testing.assert_allclose(moments.covariance, moments.covariance.T, atol=1e-14)
        assert np.linalg.eigvalsh(moments.covariance).min() > -1e-9 * max(moments.covariance.max(), 1e-9)
        np.testing.assert_allclose(prior.variance(theta, R), moments.covariance.diagonal(), rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(prior.mean(theta, R, DENSITY), moments.mean, rtol=1e-12)
        other = np.array([0.9, 2.345, 5.0])
        both = prior.covariance(theta, np.append(R, other), np.append(R, other))
        np.testing.assert_allclose(both[: R.size, : R.size], moments.covariance, atol=1e-12)
        np.testing.assert_allclose(prior.covariance(theta, R, other), both[: R.size, R.size :], atol=1e-12)


@pytest.mark.parametrize("prior", PRIORS, ids=written)
def test_derivatives_are_those_of_finite_differences(prior):
    random = np.random.default_rng(1)
    d_mean, d_covariance = random.normal(size=R.size), random.normal(size=(R.size, R.size))
    d_covariance += d_covariance.T

    def value(theta):
        moments = prior.evaluate(theta, R, DENSITY)
        return d_mean @ moments.mean + (d_covariance * moments.covariance).sum()

    for theta in thetas(prior, 2):
        moments = prior.evaluate(theta, R, DENSITY)
        result = moments.d_mean @ d_mean
        for weights, matrix in moments.d_covariance:
            result += 2 * weights @ (d_covariance * matrix).sum(axis=1)
        step = 1e-6
        expected = [
            (value(theta + step * unit) - value(theta - step * unit)) / (2 * step) for unit in np.eye(theta.size)
        ]
        np.testing.assert_allclose(result, expected, rtol=2e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("prior", WRITTEN, ids=repr)
def test_a_prior_can_be_written_down_and_copied(prior):
    again = eval(repr(prior), {prior.__name__: prior for prior in (AsymmetricBond, Bond, Continuum, Oscillation)})
    assert repr(again) == repr(prior)
    assert again.hyperparameters == prior.hyperparameters == clone(prior).hyperparameters


@pytest.mark.parametrize("prior", PRIORS[-3:], ids=written)
def test_a_prior_near_a_reference_is_copied(prior):
    copy = clone(prior)
    assert copy.hyperparameters == prior.hyperparameters
    theta = thetas(prior, 1)[0]
    np.testing.assert_array_equal(copy.mean(theta, R, DENSITY), prior.mean(theta, R, DENSITY))


@pytest.mark.parametrize("onset", [None, 1.5, 2.4])
def test_near_a_reference_there_is_nothing_below_the_onset(onset):
    prior = NearReference(REFERENCE, onset=onset)
    theta = np.log([0.3, 0.4])
    below = (REFERENCE.onset if onset is None else onset) - np.array([0.01, 0.5, 1.2])
    assert (prior.mean(theta, below, DENSITY) == 0).all()
    assert (prior.variance(theta, below) == 0).all()
    assert (prior.covariance(theta, below, R) == 0).all()


def test_near_a_reference_g_is_its_own_and_1_beyond_it():
    prior, theta, (amplitude, _) = NearReference(REFERENCE), np.log([0.3, 0.4]), (0.3, 0.4)
    inside = REFERENCE.curve.r[REFERENCE.curve.r > REFERENCE.onset]
    np.testing.assert_allclose(prior.mean(theta, inside, DENSITY), REFERENCE.at(inside), atol=1e-12)
    beyond = np.array([6.0, 9.0, 15.0])
    np.testing.assert_array_equal(prior.mean(theta, beyond, DENSITY), 1)
    np.testing.assert_allclose(np.sqrt(prior.variance(theta, beyond)), amplitude * 2.5 / beyond)  # that of β alone


def test_near_a_reference_an_uncertain_height_is_that_of_the_peak():
    r = np.array([2.0, 2.5, 3.0, 3.5])
    flat, high = (
        Reference(Pattern([1, 2], [0, 0], number_density=DENSITY), Curve(r, np.array([1.0, height, 1.0, 1.0])))
        for height in (1.0, 5.0)
    )
    theta = np.log([0.1, 0.4])
    of_flat, of_high = (NearReference(item, onset=1.0).variance(theta, r) for item in (flat, high))
    np.testing.assert_allclose((of_high - of_flat)[1], (0.1 * 1.3) ** 2 * (5**2 - 1))
    np.testing.assert_allclose((of_high - of_flat)[[0, 2, 3]], 0, atol=1e-15)


def test_there_are_no_atoms_before_the_onset_and_g_tends_to_1():
    prior = Continuum()
    theta = np.log([item.start for item in prior.hyperparameters])
    near, far = np.array([0.5, 1.0]), np.array([30.0])
    assert prior.mean(theta, near, DENSITY).max() < 1e-6
    assert prior.variance(theta, near).max() < 1e-10
    assert prior.mean(theta, far, DENSITY)[0] == pytest.approx(1)
    assert prior.variance(theta, far)[0] < 1e-6


def test_an_oscillation_has_its_period_decays_and_leaves_the_first_shell_alone():
    prior, k, decay = Oscillation(wavenumber=(1.6, 2.5)), 2.0, 6.0
    theta = np.log([0.3, decay, k])
    r = np.arange(7.0, 20.0, 0.01)
    a = np.sqrt(prior.variance(theta, r)) * r
    np.testing.assert_allclose(np.diff(np.log(a)), -0.01 / decay, rtol=1e-3)
    correlation = prior.covariance(theta, r, r[:1])[:, 0] * r * r[0] / (a * a[0])
    period = 2 * np.pi / k
    assert r[100:][correlation[100:].argmax()] - r[0] == pytest.approx(period, rel=0.1)
    assert correlation[int(period / 0.01)] > 0.5  # neighbouring shells are in phase
    assert np.abs(correlation[r - r[0] > 2 * decay]).max() < 0.01  # distant ones are not
    assert np.sqrt(prior.variance(theta, np.array([2.8, 3.5]))).max() < 1e-2


def test_a_bond_holds_its_neighbours():
    r = np.arange(0.5, 4, 0.001)
    for r_b, n, width in ((1.6, 4.0, 0.05), (2.4, 2.5, 0.1)):
        g = Bond().mean(np.log([r_b, n, width]), r, DENSITY)
        shell = 4 * np.pi * DENSITY * r**2 * g * 0.001
        assert shell.sum() == pytest.approx(n, rel=1e-6)
        assert (shell @ r) / n == pytest.approx(r_b, rel=1e-6)
        assert np.sqrt(shell @ (r - r_b) ** 2 / n) == pytest.approx(width, rel=1e-4)


@pytest.mark.parametrize(("width", "tail"), [(0.04, 0.02), (0.02, 0.1), (0.2, 0.05)])
def test_an_asymmetric_bond_has_the_moments_of_a_gaussian_and_an_exponential_distribution(width, tail):
    r, n, r_b = 0.001 * np.arange(1, 6000), 4.0, 1.74
    g = AsymmetricBond().mean(np.log([r_b, n, width, tail]), r, DENSITY)
    distribution = 4 * np.pi * r**2 * DENSITY * g * 0.001 / n
    mean = (distribution * r).sum()
    moments = [(distribution * (r - mean) ** k).sum() for k in (2, 3)]
    np.testing.assert_allclose(
        [distribution.sum(), mean, *moments], [1, r_b, width**2 + tail**2, 2 * tail**3], rtol=1e-3
    )


def test_an_asymmetric_bond_without_a_tail_is_a_bond():
    theta = np.log([1.74, 4.0, 0.1])
    without = Bond().mean(theta, R, DENSITY)
    with_tail = AsymmetricBond().mean(np.append(theta, np.log(0.003)), R, DENSITY)
    np.testing.assert_allclose(with_tail, without, atol=1e-3 * without.max())


@pytest.mark.parametrize("setting", [-1.0, 0.0, (2.0, 1.0), (0.0, 1.0), "wide", (1.0, np.inf)])
def test_settings_that_are_no_bounds_are_refused(setting):
    with pytest.raises(ValueError, match="Continuum: decay must be None, a positive number or"):
        _ = Continuum(decay=setting).hyperparameters
    with pytest.raises(TypeError):
        Continuum() + 1.0


PAIRS = [
    PairFunctions("SiO2"),
    PairFunctions("SiO2", {"O-O": (2.0, 3.2)}, {"Si-O": Bond(r=(1.5, 1.8))}),
    PairFunctions("SiO2", bonds={"Si-O": AsymmetricBond(r=(1.5, 1.8))}),
    PairFunctions("Na2Si2O5", bonds={"Si-O": Bond(), "Na-O": Bond(r=2.3)}),
]


@pytest.mark.parametrize("prior", PAIRS, ids=repr)
def test_pair_functions_are_a_gaussian_process(prior):
    """On a grid, one after the other, with their derivatives, and any linear combination of them."""
    r, n = R[::4], len(prior.pairs)
    weights = np.random.default_rng(2).normal(size=n)
    combination = prior.combined(weights)
    for theta in thetas(prior, 2):
        moments = prior.evaluate(theta, r, DENSITY)
        np.testing.assert_allclose(moments.covariance, moments.covariance.T, atol=1e-14)
        assert np.linalg.eigvalsh(moments.covariance).min() > -1e-9 * moments.covariance.max()
        np.testing.assert_allclose(prior.mean(theta, r, DENSITY), moments.mean, rtol=1e-12)
        blocks = np.kron(weights, np.eye(r.size))
        np.testing.assert_allclose(combination.mean(theta, r, DENSITY), blocks @ moments.mean, atol=1e-10)
        np.testing.assert_allclose(combination.covariance(theta, r, r), blocks @ moments.covariance, atol=1e-10)
        variance = (blocks @ moments.covariance @ blocks.T).diagonal()
        np.testing.assert_allclose(combination.variance(theta, r), variance, atol=1e-10)

    def value(theta):
        moments = prior.evaluate(theta, r, DENSITY)
        return moments.mean.sum() + (d_covariance * moments.covariance).sum()

    theta = thetas(prior, 1)[0]
    moments = prior.evaluate(theta, r, DENSITY)
    d_covariance = np.random.default_rng(3).normal(size=moments.covariance.shape)
    d_covariance += d_covariance.T
    result = moments.d_mean.sum(axis=1)
    for by, matrix in moments.d_covariance:
        result += 2 * by @ (d_covariance * matrix).sum(axis=1)
    expected = [(value(theta + 1e-6 * unit) - value(theta - 1e-6 * unit)) / 2e-6 for unit in np.eye(theta.size)]
    np.testing.assert_allclose(result, expected, rtol=2e-4, atol=1e-5 * np.abs(expected).max())


def test_a_single_pair_function_is_a_continuum():
    single, continuum = PairFunctions("Ar"), Continuum()
    names = [hyperparameter.name for hyperparameter in single.hyperparameters]
    theta = np.log([hyperparameter.start for hyperparameter in single.hyperparameters]) + 0.1
    same = theta[[names.index(hyperparameter.name) for hyperparameter in continuum.hyperparameters]]
    moments, expected = single.evaluate(theta, R, DENSITY), continuum.evaluate(same, R, DENSITY)
    np.testing.assert_allclose(moments.mean, expected.mean, rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, expected.covariance, rtol=1e-12, atol=1e-15)


def test_a_bond_of_a_pair_counts_the_atoms_of_the_second_element():
    """Its area is N / (4π ρ₀ c_B)."""
    prior = PairFunctions("SiO2", bonds={"Si-O": Bond(r=1.6, neighbours=4.0, width=0.05)})
    without = PairFunctions("SiO2")
    r = np.arange(0.01, 3.0, 0.01)
    theta = np.log([hyperparameter.start for hyperparameter in prior.hyperparameters])
    mean = prior.mean(theta, r, DENSITY) - without.mean(theta[:-3], r, DENSITY)
    areas = 4 * np.pi * DENSITY * (r**2 * mean.reshape(3, -1)).sum(axis=1) * 0.01
    np.testing.assert_allclose(areas, [0, 4 / (2 / 3), 0], atol=1e-6)


def test_pair_functions_are_not_added_to_a_single_g():
    with pytest.raises(ValueError, match="pass bonds and onsets"):
        PairFunctions("SiO2") + Bond()


def test_a_pair_that_the_composition_does_not_have_is_refused():
    with pytest.raises(ValueError, match="'Si-N' is not a pair of SiO2: Si-Si, Si-O, O-O"):
        PairFunctions("SiO2", bonds={"Si-N": Bond()}).hyperparameters  # noqa: B018
