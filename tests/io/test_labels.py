"""Names of columns, as programs write them, and columns without a quantity: an index, standard deviations."""

import io
import re

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import DataWarning, read_gr, read_pattern, read_scan
from sklearn_wtrdf.io.tables import read_table
from tests.malformed import Q, S, rows

S_R = Q * (S - 1)
R = np.round(np.arange(1.5, 12, 0.05), 2)
G = 1 + 3 * np.exp(-(((R - 2.4) / 0.1) ** 2)) - np.exp(-((R / 2) ** 4))  # g(r)
TABLE = pd.DataFrame({"Q": Q, "S(Q)": S})


def by_r(names, *, row_names=True, index=None):
    """Return a table as R's write.table writes it, with row names in quotation marks."""
    lines = [" ".join(f'"{name}"' for name in names)]
    for i, (q, s) in enumerate(zip(Q, S, strict=True), 1):
        lines.append(f'"{i}" {q} {s}' if row_names else f"{q} {s}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("first", [0, 1])
def test_rows_that_are_counted_without_names_are_no_r(first, file):
    r = np.arange(0.05, 10, 0.05)
    g = 1 - np.exp(-((r / 2) ** 4))
    for y in (g, 0.8 * r * (g - 1)):
        with pytest.raises(ValueError, match=r"its first column counts the rows.* delete the first, or name"):
            read_gr(file("a.gr", rows(np.arange(r.size) + first, r, y)), number_density=0.066)
    with pytest.raises(ValueError, match="its first column counts the rows"):
        read_pattern(file("a.sq", rows(np.arange(50) + first, Q[:50], S[:50])))
    with pytest.raises(ValueError, match="its first column counts the rows"):
        read_scan(file("a.xy", rows(np.arange(50) + first, np.arange(3, 53), S[:50])))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pandas.csv", TABLE.to_csv()),
        ("pandas_semicolon.csv", TABLE.to_csv(sep=";", decimal=",")),
        ("pandas_tab.csv", TABLE.to_csv(sep="\t")),
        ("pandas_named.csv", TABLE.to_csv(index_label="index")),
        ("pandas_part.csv", pd.concat([TABLE[:40:2], TABLE[40:]]).to_csv()),
        ("pandas_twice.csv", pd.read_csv(io.StringIO(TABLE.to_csv())).to_csv(index=False)),
        ("pandas_quoted.csv", TABLE.to_csv(quoting=1)),
        ("pandas_string.txt", TABLE.to_string()),
        ("r_csv.csv", TABLE.set_axis(range(1, 149)).to_csv(quoting=2)),
        ("r_table.txt", by_r(["Q", "S(Q)"])),
        ("r_without_row_names.txt", by_r(["Q", "S(Q)"], row_names=False)),
    ],
)
def test_an_index_of_the_rows_is_no_column(name, text, file):
    if name == "pandas_part.csv":
        q = np.append(Q[:40:2], Q[40:])
        np.testing.assert_array_equal(read_pattern(file(name, text)).q, q)
        return
    pattern = read_pattern(file(name, text))
    np.testing.assert_allclose(pattern.q, Q, rtol=1e-12)
    np.testing.assert_allclose(pattern.s_r, S_R, atol=1e-12)
    assert pattern.std is None


def test_integers_that_are_q_are_no_index(file):
    q = np.arange(1, 149)
    std = 0.01 + 0.0001 * np.arange(148)[::-1]
    pattern = read_pattern(file("a.sq", "q S(q)\n" + rows(q, S, std)), unit="nm", quantity="S")
    np.testing.assert_allclose(pattern.q, q / 10)
    np.testing.assert_allclose(pattern.std, q / 10 * std)
    named = read_pattern(file("b.dat", "q S(q) dS\n" + rows(q, S, std)), unit="nm")
    np.testing.assert_allclose(named.q, q / 10)


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("#Refined S(Q)\n#LiquidDiffract v1.2.5\n#Q|S(Q)\n", (S,)),
        ("#Refined S(Q)\n#M(Q) : Lorch\n#Q|S(Q)|i(Q)*M(Q)\n", (S, 0.3 * (S - 1))),
        ("# Columns: Q, S(Q)\n", (S,)),
        ("# fields: Q S(Q) dS\n", (S, 0.01 * S)),
        ('"Q (1/A)" "S(Q)"\n', (S,)),
        ("#T S(Q) glass\n#L Q     S(Q)\n", (S,)),
    ],
)
def test_names_with_other_separators_are_names_of_columns(header, columns, file):
    pattern = read_pattern(file("a.dat", header + rows(Q, *columns)))
    np.testing.assert_allclose(pattern.s_r, S_R, atol=1e-12)


def test_a_second_curve_without_a_name_is_no_standard_deviation(file):
    path = file("a.sq", rows(Q, S, 0.99 * S + 0.005))
    with pytest.raises(ValueError, match=r"its last column is no standard deviation .* column='2' reads the second"):
        read_pattern(path)
    for column in ("2", 2):
        pattern = read_pattern(path, column=column)
        np.testing.assert_array_equal(pattern.s_r, S_R)
        assert pattern.std is None
    np.testing.assert_array_equal(read_pattern(file("b.sq", rows(Q, S, 0.1 * S))).std, Q * (0.1 * S))


def test_a_column_is_named_or_numbered_as_in_the_file(file):
    wide = rows(*([Q, S, *[0 * Q + i for i in range(3, 14)]]), separator="\t")
    path = file("a.sq", "148\n\n" + wide)
    with pytest.raises(ValueError, match=r"13 columns without names; .* Give column: the number of the column"):
        read_pattern(path)
    np.testing.assert_array_equal(read_pattern(path, column="2", quantity="S").s_r, S_R)
    for column in ("1", "14", "S", 0, -1):
        with pytest.raises(
            ValueError, match=r"13 columns without names\. Give column: a name, or a number from 2 to 13"
        ):
            read_pattern(path, column=column)
    named = file("b.csv", "r,3,2\n" + rows(Q, S, 0 * S, separator=","))
    np.testing.assert_array_equal(read_gr(named, column="3", quantity="g").g, S)  # the name goes before the number


def test_two_columns_of_one_name_are_distinguished_by_number(file):
    path = file("a.csv", "Q,S(Q),Q,S(Q)\n" + rows(Q, S, Q, 0.9 * S, separator=","))
    with pytest.raises(ValueError, match=r"columns 2 and 4 are both S\(Q\)\. Give column: a number"):
        read_pattern(path)
    np.testing.assert_array_equal(read_pattern(path, column="2").s_r, S_R)
    twice = file("b.csv", "Q,S(Q),Q,S(Q)\n" + rows(Q, S, Q, S, separator=","))
    np.testing.assert_array_equal(read_pattern(twice).s_r, S_R)


@pytest.mark.parametrize("name", ["1/d(A^-1)", "d(A)", "s=2sin(theta)/lambda", "Q^2", "Q**2(A^-2)", "q/2pi", "q*sigma"])
def test_a_first_column_of_another_name_is_not_taken_for_q(name, file):
    with pytest.raises(ValueError, match=r"its first column is '.*'; q, 2θ or r was expected: convert it"):
        read_pattern(file("a.sq", f"# {name} S(Q)\n" + rows(Q, S)))


@pytest.mark.parametrize("name", ["r/sigma", "r*", "r/d", "r / r0"])
def test_a_reduced_distance_is_not_taken_for_r(name, file):
    with pytest.raises(ValueError, match=r"its first column is 'r.*'; q, 2θ or r was expected"):
        read_gr(file("a.gr", f"# {name} g(r)\n" + rows(Q, S)))


def test_names_of_two_of_three_columns_are_those_of_x_and_y(file):
    """Not those of none, so that 2θ would be read as q."""
    angle = 2 * np.degrees(np.arcsin(0.2 * Q / (4 * np.pi)))
    pattern = read_pattern(file("a.sq", "# wavelength = 0.2\n# 2theta S(Q)\n" + rows(angle, S, 0.01 * S)))
    np.testing.assert_allclose(pattern.q, Q)
    np.testing.assert_allclose(pattern.std, 0.01 * S * Q)


@pytest.mark.parametrize("title", ["d-SiO2 S(Q)", "s-SiO2: S(Q)", "S(Q) Sr", "single S(Q)", "Sin2O3 S(Q)"])
def test_a_title_is_no_line_of_names(title, file):
    np.testing.assert_array_equal(read_pattern(file("a.sq", f"# {title}\n" + rows(Q, S))).q, Q)


@pytest.mark.parametrize("name", ["r/Å", "r / A", "r/(nm)", "r/\\AA", "r / angstrom", "r/[pm]"])
def test_a_unit_after_a_slash_is_no_reduced_distance(name, file):
    r = np.arange(1, 12, 0.05) * {"n": 0.1, "p": 100}.get(name.strip("r /([")[0], 1)
    curve = read_gr(file("a.csv", f"{name},g(r)\n" + rows(r, np.exp(-1 / np.arange(1, 12, 0.05))).replace(" ", ",")))
    np.testing.assert_allclose(curve.r, np.arange(1, 12, 0.05))


@pytest.mark.parametrize(
    "header",
    [
        "# Spalte 1: Streuwinkel 2theta in Grad, Spalte 2: S",
        "# column 1: two-theta\n# column 2: S(Q)",
        "# x: scattering angle (degrees)\n# y: structure factor",
    ],
)
@pytest.mark.filterwarnings("ignore:.*its first column is taken for 2θ by its header")
def test_words_about_the_columns_say_that_the_first_is_2theta(header, file):
    two_theta = 2 * np.degrees(np.arcsin(Q * 0.2107 / (4 * np.pi)))
    pattern = read_pattern(file("a.sq", f"# wavelength = 0.2107\n{header}\n" + rows(two_theta, S)))
    np.testing.assert_allclose(pattern.q, Q, rtol=1e-5)


def test_names_between_commas_above_columns_between_blanks(file):
    pattern = read_pattern(file("a.dat", "# columns: Q (1/A), S(Q), dS(Q)\n" + rows(Q, S, 0.01 * S)))
    np.testing.assert_allclose(pattern.std, 0.01 * Q * S)


@pytest.mark.parametrize("names", ["Q, S(Q), S(Q)_sigma", "Q; S(Q); dS"])
def test_commas_after_names_are_no_part_of_them(names, file):
    path = file("a.dat", f"# {names}\n" + rows(Q, S, 0.01 * S))
    np.testing.assert_allclose(read_pattern(path).std, 0.01 * Q * S)
    np.testing.assert_array_equal(read_pattern(path, column="S(Q)").s_r, S_R)


@pytest.mark.parametrize("line", ["q_max=20, q_min=0.5", "r_min=0 r_max=20"])
def test_values_of_parameters_are_no_names_of_columns(line, file):
    np.testing.assert_array_equal(read_pattern(file("a.sq", f"# {line}\n" + rows(Q, S))).s_r, S_R)


def test_mantids_s_minus_1_and_a_form_factor_beside_s(file):
    np.testing.assert_allclose(read_pattern(file("a.dat", "#L Q SQ-1\n" + rows(Q, S - 1))).s_r, S_R, atol=1e-12)
    table = rows(Q, 90 + S, np.exp(-Q), S).replace(" ", ",")
    np.testing.assert_allclose(read_pattern(file("b.csv", "Q(1/A),I_eu,f(Q)^2,S(Q)\n" + table)).s_r, S_R, atol=1e-12)


@pytest.mark.parametrize("name", ["Q / inverse Angstrom", "Q / Å⁻¹", "Q/(1/Å)", "q / $\\AA^{-1}$", "Q/A^-1"])
def test_an_inverse_unit_after_a_slash_is_no_reduced_q(name, file):
    np.testing.assert_allclose(read_pattern(file("a.csv", f"{name},S(Q)\n" + rows(Q, S).replace(" ", ","))).q, Q)


def test_columns_whose_numbered_names_say_no_axis_have_those_of_another_line(file):
    header = "# column 1: variable\n# column 2: structure factor\n# Q S(Q)\n"
    np.testing.assert_allclose(read_pattern(file("a.dat", header + rows(Q, S))).s_r, S_R, atol=1e-12)


@pytest.mark.parametrize("name", ["MomentumTransfer", "Momentum Transfer", "Wave Vector", "Scattering vector q"])
def test_words_for_q_are_names_of_columns(name, file):
    pattern = read_pattern(file("a.csv", f"{name} (1/nm),structure factor\n" + rows(10 * Q, S).replace(" ", ",")))
    np.testing.assert_allclose(pattern.s_r, S_R, atol=1e-12)


@pytest.mark.parametrize(
    "names",
    [
        '# 1:"Pair separation distance" 2:"Ge-Ge" 3:"Ge-O"',
        '# "Pair separation distance" "Ge-Ge" "Ge-O"',
        "bin_centers Ge-Ge Ge-O",
        "bins Ge-Ge Ge-O",
    ],
)
def test_names_of_ovito_and_freud_are_those_of_columns(names, file):
    r = np.arange(0.02, 12, 0.02)
    g = np.exp(-((2 / r) ** 12)) + np.exp(-((20 * (r - 2)) ** 2))
    curve = read_gr(file("a.txt", names + "\n" + rows(r, 0 * g + 1, g)), column="Ge-O", quantity="g")
    np.testing.assert_allclose(curve.g, g)


@pytest.mark.parametrize(
    "sentence", ["distance to detector", "angle of incidence", "Q resolution 0.02", "R-factor of 2%"]
)
def test_a_comment_is_no_line_of_names_where_another_names_a_quantity(sentence, file):
    text = f"# Q S(Q) dS\n# {sentence}\n" + rows(Q, S, 0.01 * S)
    np.testing.assert_allclose(read_pattern(file("a.sq", text)).std, 0.01 * Q * S)
    text = f"# {sentence}\n# 300 K\n" + rows(Q, S, 0.01 * S)
    np.testing.assert_allclose(read_pattern(file("b.sq", text)).s_r, S_R)


def test_a_name_that_is_of_another_axis_is_shown(file):
    with pytest.raises(ValueError, match=r"its first column is r by its name, 'R-factor'; S\(q\) was expected"):
        read_pattern(file("a.sq", "# R-factor 2%\n" + rows(Q, S)))
    with pytest.raises(ValueError, match=r"its first column is q by its name, 'Q'; g\(r\) was expected"):
        read_gr(file("b.dat", "# Q S(Q)\n" + rows(Q, S)))


def test_names_of_samples_need_not_be_last_above_the_table(file):
    path = file("a.txt", "Q\tSiO2\tGeO2\nÅ-1\t\t\n" + rows(Q, S, 2 * S, separator="\t"))
    np.testing.assert_array_equal(read_pattern(path, column="SiO2", quantity="S").s_r, S_R)


@pytest.mark.parametrize("name", ["No.", "point", "n", "#i"])
def test_a_counter_of_any_name_is_no_column(name, file):
    pattern = read_pattern(file("a.dat", f"{name} Q S(Q) dS\n" + rows(np.arange(148), Q, S, 0.01 * S)))
    np.testing.assert_array_equal(pattern.s_r, S_R)
    np.testing.assert_array_equal(pattern.std, 0.01 * S * Q)


@pytest.mark.parametrize(
    ("names", "columns"),
    [("S(Q) Q", (S, Q)), ("T Q S(Q)", (0 * Q + 300, Q, S)), ("energy(eV) Q(1/A) S(Q)", (900 - Q, Q, S))],
)
def test_q_that_is_not_in_the_first_column_is_named(names, columns, file):
    first, second = map(re.escape, names.split()[:2])
    for name in ("a.sq", "b.dat"):
        with pytest.raises(ValueError, match=rf"its first column is '{first}', and column 2 is '{second}': put that"):
            read_pattern(file(name, f"# {names}\n" + rows(*columns)))


@pytest.mark.parametrize("name", ["log10(q)", "ln q", "lambda(A)", "Wavelength", "E(keV)", "Energy (keV)", "channel"])
def test_another_first_column_is_named_before_its_quantity_is_asked_for(name, file):
    with pytest.raises(ValueError, match=r"its first column is '.*'; q, 2θ or r was expected: convert it"):
        read_pattern(file("a.csv", f"{name},S(q)\n" + rows(Q, S, separator=",")))


@pytest.mark.parametrize("names", ["hw (meV),S(hw)", "f (THz),S(q)", "# k S(k)", "t (ps) g(t)", "# Q S(Q) of silica"])
def test_a_line_that_does_not_name_the_columns_is_shown(names, file):
    path = file("a.dat", f"{names}\n" + rows(Q, S, separator="," if "," in names else " "))
    with pytest.raises(ValueError, match=rf"the line {re.escape(repr(names))} does not have the names of 2 columns, q"):
        read_pattern(path)


@pytest.mark.parametrize("names", ["hw (meV),S(hw)", "# k, S(k)", "f (THz), S", "s sM(s)"])
def test_a_first_column_of_another_name_is_read_with_a_warning(names, file):
    for name, quantity in [("a.csv", "S"), ("a.sq", None)]:
        path = file(name, f"{names}\n" + rows(Q, S))
        with pytest.warns(
            DataWarning, match=rf"the line {re.escape(repr(names))} .*, q or 2θ first: the first column is"
        ):
            read_pattern(path, quantity=quantity)
    with pytest.warns(DataWarning, match="r first: the first column is read as that"):
        read_gr(file("b.csv", "t (ps),g(t)\n" + rows(R, G, separator=",")), quantity="g")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("title", ["Silica S(Q)", "SiO2 S(Q)", "# glass, 300 K", "# run 12", "148\nSilica S(Q)"])
def test_a_title_is_no_name_of_a_first_column(title, file):
    read_pattern(file("a.sq", f"{title}\n" + rows(Q, S)))
    read_pattern(file("a.dat", f"{title}\n" + rows(Q, S)), quantity="S")


def test_names_between_the_separators_of_the_numbers_are_not_split_at_blanks(file):
    for names in ("2theta,d counts", "2theta,total error,counts corrected"):
        columns = [10 * Q, S, 1000 * S][: names.count(",") + 1]
        path = file("a.csv", f"{names}\n" + rows(*columns, separator=","))
        assert read_table(path).labels == names.split(",")


@pytest.mark.parametrize("names", ["Q (1/A)   F(Q) = Q [S(Q) - 1]", "Q\tF(Q) = Q*(S(Q)-1)", "Q F(Q) = Q[S(Q)-1]"])
def test_the_last_name_may_be_followed_by_its_definition(names, file):
    np.testing.assert_array_equal(read_pattern(file("a.dat", f"# {names}\n" + rows(Q, S_R))).s_r, S_R)
