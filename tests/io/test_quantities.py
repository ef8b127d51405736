import warnings

import numpy as np
import pytest

from sklearn_wtrdf import DataWarning, read_gr, read_pattern, read_scan
from sklearn_wtrdf.io.tables import read_table
from tests.malformed import G_R, Q, R, S, rows

S_R, COUNTS = Q * (S - 1), 1000 + 100 * S


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("line", ["y axis: S(Q)", "ylabel = 'S(q)'", "second column: structure factor", "y: total S"])
def test_words_of_the_header_about_y_name_its_quantity(line, file):
    for name in ("a.sq", "a.dat"):
        pattern = read_pattern(file(name, f"# {line}\n" + rows(Q, S)))
        np.testing.assert_array_equal(pattern.s_r, Q * (S - 1))
    np.testing.assert_array_equal(read_gr(file("a.dat", "# y axis: g(r)\n" + rows(R, G_R))).g, G_R)
    with pytest.raises(ValueError, match="its second column is an intensity"):
        read_pattern(file("b.dat", "# y axis: counts\n" + rows(Q, COUNTS)))


@pytest.mark.parametrize(
    "line",
    [
        "y axis: F(Q)",
        "ylabel: counts",
        "second column: F(Q) = Q[S(Q)-1]",
        "y: g(r)",
        "y axis: S(Q) - 1",
        "y: i(Q) (barn)",
    ],
)
def test_a_quantity_in_the_header_that_is_not_that_of_the_suffix_is_asked_for(line, file):
    path = file("a.sq", f"# {line}\n" + rows(Q, S))
    with pytest.raises(ValueError, match=r"its header says '.*', and by its suffix it is S\. Give quantity"):
        read_pattern(path)
    np.testing.assert_array_equal(read_pattern(path, quantity="S").s_r, Q * (S - 1))


@pytest.mark.parametrize(
    "line",
    [
        *("y axis: cross section (barn/sr)", "ordinate: difference to model", "second column: log S(Q)"),
        *("y-axis: monitor counts", "y: Streuung", "second column is the residual S(Q)"),
    ],
)
def test_words_about_y_that_are_not_understood_are_reported(line, file):
    with pytest.warns(DataWarning, match="its header says .*, which is not understood: y is read as S"):
        read_pattern(file("a.sq", f"# {line}\n" + rows(Q, S)))
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        read_pattern(file("a.sq", f"# {line}\n" + rows(Q, S)), quantity="S")
        read_pattern(file("a.dat", f"# {line}\n# Q S(Q)\n" + rows(Q, S)))


@pytest.mark.parametrize("line", ["y axis: F(Q)", "second column: g(r)", "The Y-axis unit is: Counts"])
def test_words_about_y_that_contradict_the_name_of_the_column_are_reported(line, file):
    with pytest.warns(DataWarning, match="its header says .*; S was read by its name"):
        read_pattern(file("a.dat", f"# {line}\n# Q S(Q)\n" + rows(Q, S)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "line",
    [
        *("Scattering Structure Factor", "measured S(Q)", "normalized X-ray S(Q)", "Faber-Ziman structure factor"),
        *("structure_factor", r"$\mathrm{S(Q)}$"),
    ],
)
def test_usual_words_before_the_name_of_a_quantity_are_understood(line, file):
    read_pattern(file("a.sq", f"# The Y-axis unit is: {line}\n" + rows(Q, S)))
    np.testing.assert_array_equal(
        read_pattern(file("a.csv", f"Q,{line}\n" + rows(Q, S, separator=","))).s_r, Q * (S - 1)
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("line", ["reduced structure factor", "Reduced total structure function F(Q) (1/A)"])
def test_a_reduced_structure_factor_is_q_times_s_minus_1(line, file):
    for name in ("a.fq", "a.dat"):
        np.testing.assert_array_equal(read_pattern(file(name, f"# y axis: {line}\n" + rows(Q, S_R))).s_r, S_R)
    np.testing.assert_array_equal(read_pattern(file("a.csv", f"Q,{line}\n" + rows(Q, S_R, separator=","))).s_r, S_R)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("line", ["PDF G(r)", "differential correlation function D(r)"])
def test_usual_words_before_the_name_of_a_curve_are_understood(line, file):
    g = read_gr(file("a.dat", f"# y axis: {line}\n" + rows(R, 0.2 * np.pi * R * (G_R - 1))), number_density=0.05).g
    np.testing.assert_allclose(g, G_R, atol=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "line",
    [
        *("x: 10.2, y: 3.3", "stage at X: -1.5, Y: -0.25", "The Y-axis unit is:", "ylabel = ''", "y axis: [1]"),
        *("y axis: a.u.", "y axis: (arb. units)", "y: dimensionless"),
    ],
)
def test_coordinates_and_arbitrary_units_are_no_words_about_a_quantity(line, file):
    read_pattern(file("a.sq", f"# {line}\n" + rows(Q, S)))


@pytest.mark.parametrize("name", ["± S(Q)", "- S(Q)", "√ S(Q)", "S error", "total S error"])
def test_an_error_or_a_function_of_a_quantity_is_not_read_as_that(name, file):
    with pytest.raises(ValueError, match=r"the quantity in the column '.*' is unknown"):
        read_pattern(file("a.csv", f"Q,{name}\n" + rows(Q, S, separator=",")))


@pytest.mark.parametrize(
    "name", ["total S^2", "total S**2", "Sq^2", "S/1.2", "S x 1.2", "S + 0.1", "Sq - fit", "S/<f>^2", "S(Q) shifted"]
)
def test_a_function_of_a_quantity_is_reported_whether_its_name_has_an_argument_or_not(name, file):
    with pytest.warns(DataWarning, match="its name suggests that it was modified"):
        read_pattern(file("a.csv", f"Q,{name}\n" + rows(Q, S, separator=",")))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "name", ["S^X(Q)", "S_X-ray", "S x-ray", "S(Q) / 1", "S / arb. units", "S (shift-corrected)", "S - 300 K"]
)
def test_indices_and_units_are_no_functions(name, file):
    np.testing.assert_array_equal(
        read_pattern(file("a.csv", f"Q,{name}\n" + rows(Q, S, separator=",")), quantity="S").s_r, S_R
    )


@pytest.mark.parametrize("line", ["y: S(Q)^2", "ylabel: S(Q) x 2"])
def test_a_quantity_that_was_modified_by_its_name_is_read_with_a_warning(line, file):
    for name in ("a.sq", "a.dat"):
        with pytest.warns(DataWarning, match="its name suggests that it was modified"):
            read_pattern(file(name, f"# {line}\n" + rows(Q, S)))


@pytest.mark.parametrize("line", ["y axis: Delta S(Q)", "y: weighted sum of S(Q)"])
def test_a_quantity_after_unusual_words_is_asked_for_and_read_by_a_suffix_with_a_warning(line, file):
    with pytest.warns(DataWarning, match="which is not understood: y is read as S"):
        read_pattern(file("a.sq", f"# {line}\n" + rows(Q, S)))
    with pytest.raises(ValueError, match=r"the quantity in column 2 is unknown; .* Give quantity"):
        read_pattern(file("a.dat", f"# {line}\n" + rows(Q, S)))


@pytest.mark.parametrize("line", ["reduced structure function F(Q)", "Q[S(Q)-1] of silica", "F(Q) = Q[S(Q)-1]"])
def test_a_comment_on_another_quantity_than_that_of_the_suffix_is_reported(line, file):
    with pytest.warns(DataWarning, match=r"its header says .*, and it is read as S by its suffix"):
        read_pattern(file("a.sq", f"# {line}\n" + rows(Q, S)))
    with pytest.warns(DataWarning, match=r"its header says .*, and it is read as RDF by its suffix"):
        read_gr(
            file("a.rdf", "# total correlation function T(r)\n" + rows(R, R**2 * G_R)), number_density=1 / (4 * np.pi)
        )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "line", ["S(Q) = 1 + F(Q) / Q", "structure factor of SiO2", "from I(Q), with f(q) of neutral atoms", "g(r) follows"]
)
def test_comments_on_the_quantity_of_the_suffix_and_on_others_beside_it_are_no_contradiction(line, file):
    read_pattern(file("a.sq", f"# {line}\n" + rows(Q, S)))


def test_a_unit_of_barn_in_a_comment_is_reported(file):
    with pytest.warns(DataWarning, match="its header says .*cross section.*, and it is read as S by its suffix"):
        read_pattern(file("a.sq", "# differential cross section in barns/sr/atom\n" + rows(Q, S)))


def test_words_about_y_of_a_scan_are_of_counts(file):
    table = rows(10 * Q, COUNTS)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        for line in ("y axis: photon counts", "y: background-subtracted intensity (a.u.)", "second column: signal"):
            np.testing.assert_array_equal(read_scan(file("a.xy", f"# {line}\n{table}")).intensity, COUNTS)
    with pytest.raises(ValueError, match=r"its header says '# y axis: S\(Q\)'; an intensity was expected"):
        read_scan(file("a.xy", f"# y axis: S(Q)\n{table}"))
    with pytest.warns(DataWarning, match="which is not understood: y is read as an intensity"):
        read_scan(file("a.xy", f"# y axis: transmission\n{table}"))
    read_scan(file("a.xy", f"# y axis: S(Q)\n{table}"), column="2")


def test_words_are_searched_for_at_the_beginning_of_a_line_so_that_long_lines_are_read_at_once(file):
    for n_blanks, n_words in [(900, 1), (1000, 0)]:
        table = read_table(file("a.sq", f"#{' ' * n_blanks}y axis: F(Q)\n" + rows(Q, S)))
        assert sum("F(Q)" in line for line in table.comments) == n_words
