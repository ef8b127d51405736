import warnings

import numpy as np
import pytest
from scipy.special import expit

from sklearn_wtrdf import DataWarning, read_gr, read_pattern, read_scan
from tests.malformed import Q, S, rows

R = np.round(np.arange(0.05, 15, 0.05), 2)
G_R = expit((R - 2.2) / 0.03) * (1 + 0.8 * np.sin(2.2 * (R - 1.7)) * np.exp(-0.25 * R))  # g(r): 0, a peak, and to 1
COUNTS = 1000 + 100 * S


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
    "line", ["y axis: F(Q)", "ylabel: counts", "second column: F(Q) = Q[S(Q)-1]", "y: g(r)", "y axis: S(Q) - 1"]
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
        *("y-axis: monitor counts", "y: Streuung", "second column is the partial S(Q)"),
    ],
)
def test_words_about_y_that_are_not_understood_are_reported(line, file):
    with pytest.warns(DataWarning, match="its header says .*, which is not understood: y is read as S"):
        read_pattern(file("a.sq", f"# {line}\n" + rows(Q, S)))
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        read_pattern(file("a.sq", f"# {line}\n" + rows(Q, S)), quantity="S")
        read_pattern(file("a.dat", f"# {line}\n# Q S(Q)\n" + rows(Q, S)))


def test_words_about_y_of_a_scan_are_of_counts(file):
    table = rows(10 * Q, COUNTS)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        for line in ("y axis: counts", "y: intensity (a.u.)", "second column: signal"):
            np.testing.assert_array_equal(read_scan(file("a.xy", f"# {line}\n{table}")).intensity, COUNTS)
    with pytest.raises(ValueError, match=r"its header says '# y axis: S\(Q\)'; an intensity was expected"):
        read_scan(file("a.xy", f"# y axis: S(Q)\n{table}"))
    with pytest.warns(DataWarning, match="which is not understood: y is read as an intensity"):
        read_scan(file("a.xy", f"# y axis: transmission\n{table}"))
    read_scan(file("a.xy", f"# y axis: S(Q)\n{table}"), column="2")
