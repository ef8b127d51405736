"""Which names are those of standard deviations of other columns."""

import numpy as np
import pytest

from sklearn_wtrdf import read_pattern
from sklearn_wtrdf.io.deviation_names import is_deviation
from tests.malformed import Q, S, rows


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("dS", "S(Q)"),
        ("err_S(Q)", "Sq"),
        ("sigma_Gr", "G(r)"),
        ("err 300K", "S(Q) 300K"),
        ("Var(S)", "S(Q)"),
        ("d{Q[S(Q)-1]}", "Q[S(Q)-1]"),
        ("S(Q) Error", "S(Q)"),
    ],
)
def test_a_word_for_an_error_and_the_symbol_of_a_quantity_name_its_standard_deviation(name, quantity):
    assert is_deviation(["x", quantity, name], 2, 1)


@pytest.mark.parametrize("name", ["S_SeSe", "S_SiGe"])
def test_a_partial_is_no_standard_deviation_of_the_total(name):
    assert not is_deviation(["Q", "S(Q)", name], 2, 1)


ERRORS = ["errors", "Std. Dev.", "stdev", "std_dev", "stderr", "standard deviation", "uncertainty", "e.s.d.", "±"]
LANGUAGES = ["Fehler", "Standardabweichung", "écart-type", "incertitude", "errore", "stat. error", "error bars"]
SHORT = ["1σ", "sem", "uncert.", "Error, S(Q)", "± S(Q)", "yerr", "errorbar"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "name", [*ERRORS, "+/-", "σ", "delta_S", "ΔS(Q)", "u(S)", "S_error", "Uncertainty S(Q)", *LANGUAGES, *SHORT]
)
def test_words_for_an_error_name_the_standard_deviation(name, file):
    path = file("a.csv", f'Q,S(Q),"{name}"\n' + rows(Q, S, 0.03 * S, separator=","))
    np.testing.assert_allclose(read_pattern(path).std, 0.03 * S * Q)
    path = file("b.csv", f'Q,S(Q),"{name}"\n' + rows(Q, S, 0.3 * (S - 1), separator=","))
    with pytest.raises(ValueError, match="a standard deviation that is not negative"):  # such as a difference
        read_pattern(path)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["dS(Q)", "error of total S(Q)", "S(Q) error", "± S(Q)", "± total S(Q)"])
def test_the_standard_deviation_of_a_quantity_after_usual_words_is_read(name, file):
    path = file("a.csv", f"Q,total S(Q),{name}\n" + rows(Q, S, 0.03 * S, separator=","))
    np.testing.assert_allclose(read_pattern(path).std, 0.03 * S * Q)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["unit", "std. sample", "under", "errata", "uncorrected", "Delta", "sigmoid"])
def test_other_words_do_not(name, file):
    assert read_pattern(file("a.csv", f"Q,S(Q),{name}\n" + rows(Q, S, 0.03 * S, separator=","))).std is None


def test_the_error_of_q_is_not_that_of_q_times_s_minus_1(file):
    """PDFgetX2 writes both."""
    table = rows(Q, Q * (S - 1), 0 * Q, 0.02 * Q)
    pattern = read_pattern(file("a.fq", "#L Q(A^-1)   Q[S(Q)-1]   dQ   d{Q[S(Q)-1]}\n" + table))
    np.testing.assert_allclose(pattern.std, 0.02 * Q)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("names", ["Q,S1,S2,err1,err2", "Q,S1,S2,err_1,err_2"])
def test_a_number_after_an_error_is_that_of_a_curve(names, file):
    """The first of two errors is beside the second curve."""
    path = file("a.csv", f"{names}\n" + rows(Q, S, S + 0.1, 0.03 * S, 0.06 * S, separator=","))
    assert read_pattern(path, column="S2", quantity="S").std is None


def test_d_or_s_alone_is_no_standard_deviation(file):
    """It may be a lattice spacing, or sin(θ) / λ."""
    assert read_pattern(file("a.dat", "Q S(Q) d\n" + rows(Q, S, 0.1 * S))).std is None
    with pytest.raises(ValueError, match=r"several columns match: S\(Q\), s"):
        read_pattern(file("a.dat", "Q S(Q) s\n" + rows(Q, S, 0.1 * S)))
    assert read_pattern(file("a.dat", "Q S(Q) e\n" + rows(Q, S, 0.1 * S))).std is not None


def test_of_several_standard_deviations_that_of_the_whole_name_is_read(file):
    """Two temperatures, or X-rays and neutrons, beside one another."""
    table = rows(Q, S, 0.02 * S, S + 0.1, 0.01 * S)
    for names in ("Q,S(Q) 300K,dS(Q) 300K,S(Q) 900K,dS(Q) 900K", "Q,S_x,dS_x,S_n,dS_n", "Q,S_x,S_x_err,S_n,S_n_err"):
        path = file("a.csv", names + "\n" + table.replace(" ", ","))
        for column, fraction in ((2, 0.02), (4, 0.01)):
            pattern = read_pattern(path, column=column, quantity="S")
            np.testing.assert_allclose(pattern.std, fraction * Q * S, err_msg=names)
    only_of_n = file("b.csv", "Q,S_x,S_n,dS_n\n" + rows(Q, S, S + 0.1, 0.01 * S).replace(" ", ","))
    assert read_pattern(only_of_n, column="S_x", quantity="S").std is None


@pytest.mark.filterwarnings("error:.*standard deviations")
@pytest.mark.parametrize("name", ["S(Q)_uncorrected", "S(Q) signal"])
def test_what_was_not_corrected_is_no_standard_deviation(name, file):
    path = file("a.csv", f"Q,S(Q),{name}\n" + rows(Q, S, 1.02 * S, separator=","))
    assert read_pattern(path, column="S(Q)").std is None
