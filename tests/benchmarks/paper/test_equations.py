import mpmath
import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.paper import equations

from sklearn_wtrdf import wt_rdf
from sklearn_wtrdf.wtrdf.wavelet import MANUAL


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("equations")
    equations.main(["--limits", "10", "100", "1000", "--out", str(folder)])
    return folder


@pytest.fixture(scope="module")
def readings(folder):
    return pd.read_csv(folder / "equations.csv").set_index(["equation", "order", "coupling"])


@pytest.fixture(scope="module")
def criteria(folder):
    table = pd.read_csv(folder / "criteria.csv").assign(limit=lambda rows: rows["limit"].fillna(0))  # 0: measured q
    return {key: subset.set_index("limit")["value"] for key, subset in table.groupby(["part", "criterion"])}


def test_eq_4_of_order_2_is_the_model(ge_se):
    g = equations.curve(2, equations.STRETCH["Eq. 4"], MANUAL["K_f"])
    np.testing.assert_allclose(g, wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **MANUAL), atol=1e-10)


@pytest.mark.parametrize("order", equations.ORDERS)
@pytest.mark.parametrize(("equation", "divisor"), [("Eq. 4", 2), ("Eq. 13", 1)])
def test_the_printed_series_are_these_bessel_functions(order, equation, divisor):
    u = mpmath.mpf("7.3")
    with mpmath.workdps(40):
        series = mpmath.nsum(
            lambda s: (-1) ** int(s) * (u / divisor) ** (2 * s + order) / mpmath.fac(s) / mpmath.fac(s + order),
            [0, mpmath.inf],
        )
    assert float(series) == pytest.approx(equations.special.jv(order, equations.STRETCH[equation] * 7.3), abs=1e-12)


def test_no_other_reading_has_the_published_first_peak(readings):
    misses = (readings["fpe"] - readings["paper_fpe"]).abs()
    assert misses.idxmin() == ("Eq. 4", 2, "K_f")
    assert misses.drop(misses.idxmin()).min() > 0.5
    assert misses.drop([("Eq. 4", 2, "K_f"), ("Eq. 4", 2, "no K_f")]).min() > 2


def test_the_norm_has_no_limit(criteria):
    def integral(f, limit):
        zeros = [float(mpmath.besseljzero(2, k)) for k in range(1, int(limit / 3) + 2)]
        return 2 * float(mpmath.quad(f, [0, *(zero for zero in zeros if zero < limit), limit]))

    K_f = MANUAL["K_f"]
    with mpmath.workdps(15):
        for part, C in equations.PARTS.items():
            exact = integral(lambda u, C=C: (mpmath.besselj(2, u) + K_f * u**4 * mpmath.exp(-(u**2)) + C) ** 2, 10)
            assert criteria[part, "∫ |D|² du from −U to U"][10] == pytest.approx(exact, rel=1e-5)
    # Each factor of 10 in the limit adds (2 / π) ln 10 to the norm of J₂, and multiplies that of the offset by 10.
    norm = criteria["D without C̃", "∫ |D|² du from −U to U"]
    assert norm[1000] - norm[100] == pytest.approx(2 / np.pi * np.log(10), rel=0.01)
    assert criteria["D", "∫ |D|² du from −U to U"][1000] > 2 * 1000 * MANUAL["C"] ** 2


def test_the_mean_is_not_zero(criteria):
    # ∫ J₂ du = 2 and ∫ Φ du = 3 √π / 4 over all u.
    limit = 2 + MANUAL["K_f"] * 3 * np.sqrt(np.pi) / 4
    mean = criteria["D without C̃", "∫ D du from −U to U"]
    assert mean[1000] == pytest.approx(limit, abs=2 * np.sqrt(2 / (np.pi * 1000)))
    assert criteria["D", "∫ D du from −U to U"][1000] == pytest.approx(mean[1000] + 2000 * MANUAL["C"], rel=1e-4)


def test_the_centre_is_zero_by_symmetry_alone(criteria):
    for part in equations.PARTS:
        assert abs(criteria[part, "∫ u |D|² du from −U to U"][1000]) < 1e-6
        assert criteria[part, "∫ u |D|² du from −U to 2U"][1000] > 100


def test_no_two_members_are_orthogonal(criteria):
    for part in equations.PARTS:
        assert (criteria[part, "overlap of D at both peaks, −U to U"] > 0.04).all()
        assert criteria[part, "overlap of D at both peaks, measured q"][0] > 0.2
    assert criteria["D", "overlap of D at both peaks, −U to U"][1000] > 0.95


def test_the_figure_is_written(folder):
    assert (folder / "equations.png").stat().st_size > 10_000
