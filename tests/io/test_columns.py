from functools import partial

import numpy as np
import pytest

from sklearn_wtrdf import Composition, DataWarning, read_gr, read_pattern, read_scan
from tests.malformed import Q, S, rows

S_R = Q * (S - 1)
R = np.round(np.arange(1.5, 12, 0.05), 2)
G = 1 + 3 * np.exp(-(((R - 2.4) / 0.1) ** 2)) - np.exp(-((R / 2) ** 4))  # g(r)


@pytest.mark.parametrize("header", ["", "# a glass\n", "q  T(q)\n", "q iq\n", "q y\n", "q sqrt(S)\n", "2theta  yobs\n"])
def test_an_unknown_quantity_is_asked_for(header, file):
    path = file("a.xy", header + rows(Q, S))
    with pytest.raises(ValueError, match=r"is unknown; it tends to 0\.98\. Give quantity"):
        read_pattern(path)
    if "2theta" not in header:
        np.testing.assert_array_equal(read_pattern(path, quantity="S").s_r, Q * (S - 1))


def test_a_column_of_several_is_read_only_if_it_is_clear_which(file):
    path = file("a.csv", "q,S(100K),S(300K)\n" + rows(Q, S, 2 * S, separator=","))
    with pytest.raises(ValueError, match="several columns match: S\\(100K\\), S\\(300K\\)"):
        read_pattern(path)
    with pytest.warns(UserWarning, match="read as S, but it is 2 ± 0.059 in the upper quarter of q"):
        pattern = read_pattern(path, column="S(300K)")
    np.testing.assert_array_equal(pattern.s_r, Q * (2 * S - 1))
    with pytest.raises(ValueError, match="no column is named 'S'; it has q, S\\(100K\\)"):
        read_pattern(path, column="S")
    wide = file("b.csv", "q,I,f2,S,other,F\n" + rows(Q, S, S, S, S, S_R, separator=","))
    np.testing.assert_array_equal(read_pattern(wide, quantity="S").s_r, Q * (S - 1))
    np.testing.assert_array_equal(read_pattern(wide, column="F").s_r, S_R)
    partial = file("c.csv", "r,g_Ge_Ge,g_Ge_Se,g_Se_Se\n" + rows(R, G, G, G, separator=","))
    with pytest.raises(ValueError, match="several columns match"):
        read_gr(partial)
    samples = file("d.csv", "r,GeSe2,glass\n" + rows(R, G, G, separator=","))
    with pytest.raises(ValueError, match="the quantity in the column 'GeSe2' is unknown"):
        read_gr(samples)


def test_a_partial_is_no_standard_deviation(tmp_path):
    """S_SiSi is not the s of SiSi, in a file of S and partials."""
    path = tmp_path / "partials.csv"
    q = np.arange(0.5, 10, 0.05)
    rows = np.column_stack([q, 1 + np.exp(-q) * np.sin(3 * q), 1 + 0.1 * np.cos(q)])
    np.savetxt(path, rows, delimiter=",", header="Q,S(Q),S_SiSi", comments="")
    assert read_pattern(path, column="S(Q)").std is None


@pytest.mark.parametrize("name", ["F(Q) error", "F(Q) Error", "F(Q) err", "F(Q)_std", "F_sigma"])
def test_standard_deviations_alone_are_no_quantity(name, file):
    with pytest.raises(ValueError, match=r"the quantity in the column .* is unknown"):
        read_pattern(file("a.csv", f"Q,{name}\n" + rows(Q, 0.01 * S, separator=",")))
    with pytest.raises(ValueError, match=r"the quantity in the column .* is unknown"):
        read_gr(file("b.csv", f"r,{name.replace('F', 'G').replace('Q', 'r')}\n" + rows(R, 0.01 * G, separator=",")))


@pytest.mark.filterwarnings("error")
def test_a_suffix_that_contradicts_the_reader_is_reported(file):
    with pytest.raises(ValueError, match=r"by its suffix it is S\(q\), which read_pattern reads"):
        read_gr(file("a.sq", rows(R, G)))
    with pytest.warns(DataWarning, match=r"by its suffix it is S\(q\), .* read as g, as given"):
        np.testing.assert_array_equal(read_gr(file("a.sq", rows(R, G)), quantity="g").g, G)
    with pytest.raises(ValueError, match=r"by its suffix it is g\(r\), which read_gr or `wtrdf peaks` reads"):
        read_pattern(file("a.gr", rows(Q, S)))
    with pytest.warns(DataWarning, match=r"by its suffix it is g\(r\)"):
        np.testing.assert_array_equal(read_pattern(file("a.gr", rows(Q, S)), quantity="S").s_r, S_R)
    read_pattern(file("b.gr", "# q S(q)\n" + rows(Q, S)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["S^2(q)", "S**2", "S^0.5(q)", "S(q) - S0", "S(q)-fit", "Q[S-1]W", "Q[S(Q)-1] W(Q)"])
def test_powers_differences_and_windows_in_a_name_modify_its_quantity(name, file):
    with pytest.warns(DataWarning, match="but its name suggests that it was modified"):
        read_pattern(file("a.csv", f"Q,{name}\n" + rows(Q, S_R if "[" in name else S, separator=",")))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["S(q)", "S(q)-300K", "S(Q) - silica", "Q[S(Q)-1]", "Q[S-1] (A^-1)"])
def test_other_names_do_not(name, file):
    read_pattern(file("a.csv", f"Q,{name}\n" + rows(Q, S_R if "[" in name else S, separator=",")))
    read_gr(file("b.csv", "r,g^(2)(r)\n" + rows(R, G, separator=",")))


@pytest.mark.filterwarnings("error")
def test_a_warning_quotes_a_name_with_a_modified_quantity(file):
    with pytest.warns(DataWarning, match=r"'F\(Q\)\*Lorch' is read as S_R, but its name suggests"):
        read_pattern(file("a.dat", "Q F(Q)*Lorch\n" + rows(Q, S_R)))
    with pytest.warns(DataWarning, match=r"'g\(r\)\*r' is read as g, but its name suggests"):
        read_gr(file("a.dat", "r g(r)*r\n" + rows(R, G)))
    read_pattern(file("a.dat", "Q Q*(S(Q)-1)\n" + rows(Q, S_R)))


@pytest.mark.parametrize(
    "name",
    [
        "Qi(Q)M(Q)",
        "Q[S(Q)-1]exp(-0.01Q^2)",
        "F(Q)/2",
        "F(Q)/<f>^2",
        "F(Q) / q",
        "F(Q)x10",
        "F(Q)(+0.1)",
        "F(Q) (x2)",
        "F(Q)_smoothed",
        "F(Q)_damped",
        "S(Q)^2",
        "S(Q,w=0)",
        "S(Q,t)",
        "S(Q,ω)",
    ],
)
def test_a_factor_or_an_offset_in_a_name_is_repeated(name, file):
    with pytest.warns(DataWarning, match="is read as S_R, but its name suggests that it was modified"):
        read_pattern(file("a.dat", f"Q\t{name}\n" + rows(Q, S_R)), column=2, quantity="S_R")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "name", ["F(Q)/A^-1", "F(Q)/(1/A)", "F(Q)(A^-1)", "F(Q)_Expt", "Q[S(Q)-1]", "F(Q)x-ray", "F(Q,T=300K)"]
)
def test_a_unit_or_a_sample_in_a_name_changes_nothing(name, file):
    read_pattern(file("a.dat", f"Q {name}\n" + rows(Q, S_R)), quantity="S_R")


@pytest.mark.parametrize(
    "comment",
    [
        "# curves are shifted by 0.1 for clarity",
        "# offset vertically by 0.1",
        "# S(Q) scaled by 0.9",
        "# data scaled by 1.05",
        "# data multiplied by 1/3",
        "# data scaled by 1.0 and shifted by 0.3",
        "# q scaled by 0.98",
        "# data have been divided by 0.94",
        "# the Q axis was stretched by a factor of 1.002",
        "# S(Q) is divided by 1.1",
        "# 0.08 was added to S(Q)",
        "# -0.1 subtracted from the curve",
        "# S(Q) - 1 multiplied by <b>^2",
        "# S(Q) weighted by Lorch function",
        "# Lorch modification function applied",
        "# Ashcroft-Langreth total",
        "# note: Q values here are divided by 2 pi",
        "# data smoothed with 51 points",
        "# Lorch-modified",
        "# partial structure factor S_SiO(Q)",
        "# Title: difference S(600 K) - S(300 K)",
    ],
)
def test_a_comment_on_what_was_done_to_the_curve_is_repeated(comment, file):
    with pytest.warns(DataWarning, match="the curve may not be S, because of the comment"):
        read_pattern(file("a.dat", f"{comment}\nQ S(Q)\n" + rows(Q, S)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "comment",
    [
        "# no Lorch function applied",
        "# G(r) was computed with a Lorch function applied to S(Q)",
        "# X-ray weighted S(Q)",
        "# detector offset 0.1, zero shift of 2theta",
        "# S(Q) was not multiplied by a window",
        "# counts scaled by the monitor",
        "# data divided by the monitor, background scaled by 0.97",
        "# data were not scaled by 0.97",
        "# data were not smoothed; background smoothed",
        "# no partial S(Q)",
        "# data scaled by 1.0",
        "# S(Q) multiplied by a factor of 1",
        "# data shifted by 0",
        "# Q shifted by 0.00 A^-1",
        "# 0.5 times the background was subtracted from the data",
        "#M(Q) : Lorch",
    ],
)
def test_other_comments_leave_the_curve(comment, file):
    read_pattern(file("a.dat", f"{comment}\nQ S(Q)\n" + rows(Q, S)))
    read_gr(file("b.dat", "# Lorch function applied\nr g(r)\n" + rows(R, G)))


@pytest.mark.parametrize("name", ["i(Q)(barn/sr)", "S(Q)-1[barn]", "F(Q)(barn)"])
def test_a_unit_of_barn_means_a_missing_division(name, file):
    square = Composition("SiO2").intensities("neutron")["square_of_mean"]
    path = file("a.dat", f"Q {name}\n" + rows(Q, square * (S - 1)))
    np.testing.assert_allclose(read_pattern(path, composition="SiO2").s_r, S_R)
    with pytest.raises(ValueError, match="give composition"):
        read_pattern(path)


def test_s_beside_counts_and_g_beside_n_are_read(file):
    np.testing.assert_array_equal(
        read_pattern(file("a.csv", "Q,Counts,S(Q)\n" + rows(Q, S, S, separator=","))).s_r, S_R
    )
    np.testing.assert_array_equal(read_gr(file("a.dat", "r N(r) g(r)\n" + rows(R, R**3, G))).g, G)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["g_Al-O", "g_Al_Al", "g(r)"])
def test_aluminium_is_not_ashcroft_and_langreth(name, file):
    np.testing.assert_array_equal(read_gr(file("a.dat", f"r {name}\n" + rows(R, G)), column=2).g, G)


@pytest.mark.parametrize("comment", ["# D4; i(Q) in barn/sr/atom, self-scattering subtracted", "# i(Q), barn"])
def test_a_unit_of_barn_in_a_comment_means_a_missing_division(comment, file):
    path = file("a.dat", f"{comment}\nQ i(Q) err\n" + rows(Q, S - 1, 0.01 * S))
    with pytest.raises(ValueError, match="composition"):
        read_pattern(path)
    square = Composition("N2").intensities("neutron")["square_of_mean"]
    np.testing.assert_allclose(read_pattern(path, composition="N2").s_r, Q * (S - 1) / square, rtol=1e-9)
    read_pattern(file("b.dat", "# <b>^2 = 0.2 barn\nQ S(Q)\n" + rows(Q, S)))


@pytest.mark.parametrize("level", [0, 1])
def test_a_constant_curve_is_reported_and_not_taken_for_a_quantity_or_unit(level, file):
    of_r, of_q = rows(R, np.full(R.size, level)), rows(Q, np.full(Q.size, level))
    files = {
        read_gr: [file("a.gr", of_r), file("b.csv", "r g\n" + of_r), file("c.rdf", of_r)],
        read_pattern: [file("a.sq", of_q), file("b.fq", of_q), file("c.csv", "q S_R\n" + of_q)],
        partial(read_scan, axis="q"): [file("a.xy", of_q)],
    }
    for read, paths in files.items():
        for path in paths:
            with pytest.raises(ValueError, match=rf"{path.name}: .*column .* is constant, {level} in all \d+ rows"):
                read(path)


@pytest.mark.parametrize(
    ("names", "column", "quantity"),
    [
        ("Q_300K S_300K dS_300K Q_600K S_600K dS_600K", "S_600K", "S"),
        ("Q S(Q)300K err Q S(Q)600K err", "S(Q)600K", None),
        ("Q counts err Q S(Q) dS", None, None),
    ],
)
def test_a_column_is_read_over_its_own_x(names, column, quantity, file):
    q, std = 0.3 * Q + 0.4, 0.01 + 0.001 * Q
    path = file("a.dat", names + "\n" + rows(Q, 2 * S, std, q, S, 2 * std))
    pattern = read_pattern(path, column=column, quantity=quantity)
    np.testing.assert_allclose(pattern.q, q)
    np.testing.assert_allclose(pattern.s_r, q * (S - 1), atol=1e-9)
    np.testing.assert_allclose(pattern.std, q * 2 * std)


def test_a_number_of_a_column_without_names_has_its_own_x(file):
    q = 0.98 * Q + 0.01
    with pytest.warns(DataWarning, match="column 3 is taken for the x of column 4"):
        pattern = read_pattern(file("a.dat", rows(Q, 2 * S, q, S)), column=4, quantity="S")
    np.testing.assert_allclose(pattern.q, q)


def test_the_error_of_x_is_no_other_x(file):
    pattern = read_pattern(file("a.dat", "Q S(Q)300K Q_err S(Q)600K\n" + rows(Q, 2 * S, 0.01 * Q, S)), column=4)
    np.testing.assert_allclose(pattern.q, Q)


@pytest.mark.parametrize("names", ["# x ycalc y dy", "# x y ycalc dy", "#x,ycalc,y,dy", "X , Y0 , E0", "# X , Y , E"])
@pytest.mark.parametrize("suffix", [".sq", ".xy"])
def test_y_is_the_measured_curve_beside_a_fit(names, suffix, file):
    counts = np.round(1000 * S)
    y, std = (S, 0.01 * S) if suffix == ".sq" else (counts, np.sqrt(counts))
    columns = {"x": Q, "ycalc": 0.9 * y + 0.05, "y": y, "dy": std, "Y0": y, "E0": std, "Y": y, "E": std, "X": Q}
    separator = "," if "," in names else " "
    order = [columns[name] for name in names.strip("#").replace(",", " ").split()]
    path = file(f"a{suffix}", names + "\n" + rows(*order, separator=separator))
    if suffix == ".sq":
        pattern = read_pattern(path)
        np.testing.assert_allclose(pattern.s_r, Q * (S - 1), atol=1e-12)
        np.testing.assert_allclose(pattern.std, Q * std)
    else:
        scan = read_scan(path, axis="q")
        np.testing.assert_array_equal(scan.intensity, counts)
        np.testing.assert_allclose(scan.std, std)


def test_several_y_of_mantid_have_names(file):
    path = file("a.sq", "# X , Y0 , E0 , Y1 , E1\n" + rows(Q, S, 0.01 * S, 1 + 2 * (S - 1), 0.01 * S, separator=","))
    with pytest.raises(ValueError, match="Give column"):
        read_pattern(path)
    np.testing.assert_allclose(read_pattern(path, column="Y1", quantity="S").s_r, 2 * Q * (S - 1), atol=1e-12)


def test_of_observed_and_calculated_the_observed_is_read(file):
    path = file("a.dat", "q S_obs S_calc diff\n" + rows(Q, S, 0.9 * S, 0.1 * S))
    np.testing.assert_allclose(read_pattern(path, quantity="S").s_r, Q * (S - 1), atol=1e-12)


@pytest.mark.parametrize("name", ["f(Q)", "Q(std)", "F(Q)"])
def test_s_and_g_are_read_before_what_may_be_something_else(name, file):
    """As a form factor, or ⟨b⟩² (S − 1), unless a column has its own standard deviations."""
    other = 0.05 * Q if name != "F(Q)" else 0.3 * (S - 1)
    pattern = read_pattern(file("a.csv", f"Q,{name},S(Q)\n" + rows(Q, other, S, separator=",")))
    np.testing.assert_array_equal(pattern.s_r, S_R)
    pattern = read_pattern(file("b.csv", "Q,F(Q),dF(Q),S(Q)\n" + rows(Q, S_R, 0.01 * Q, S, separator=",")))
    np.testing.assert_array_equal(pattern.std, 0.01 * Q)
    np.testing.assert_array_equal(read_gr(file("c.csv", "r,G(r),g(r)\n" + rows(R, G - 1, G, separator=","))).g, G)


@pytest.mark.parametrize("name", ["s.u.", "S/N"])
def test_standard_uncertainties_beside_an_intensity_are_no_s(name, file):
    path = file("a.csv", f"Q,Intensity,{name}\n" + rows(Q, 50 * S, 0.5 * S, separator=","))
    with pytest.raises(ValueError, match="is an intensity"):
        read_pattern(path)


@pytest.mark.filterwarnings("error")
def test_limits_of_bins_beside_q_are_no_x_of_another_curve(file):
    path = file("a.csv", "q,q_low,q_high,S(q)\n" + rows(Q, Q - 0.025, Q + 0.025, S, separator=","))
    np.testing.assert_array_equal(read_pattern(path).q, Q)


@pytest.mark.parametrize("names", ["r_min r_max g(r)", "r1 r2 g(r)", "r_lo r_hi g(r) dg"])
def test_limits_of_bins_are_not_taken_for_r(names, file):
    columns = [R - 0.025, R + 0.025, G, 0.01 * G][: len(names.split())]
    with pytest.raises(ValueError, match="columns 1 and 2 are the lower and upper limits of bins: write their middles"):
        read_gr(file("a.dat", names + "\n" + rows(*columns)))
