import numpy as np
import pytest
from scipy.special import expit

from sklearn_wtrdf import read_gr

R_FINE = np.round(np.arange(0.05, 15, 0.05), 2)
G_FINE = expit((R_FINE - 2.2) / 0.03) * (
    1 + 0.8 * np.sin(2.2 * (R_FINE - 1.7)) * np.exp(-0.25 * R_FINE)
)  # g(r): 0, a peak, and to 1


def lammps(pairs, steps, n_rows=R_FINE.size):
    names = " ".join(f"c_rdf[{i}]" for i in range(1, 2 * len(pairs) + 2))
    text = f"# Time-averaged data for fix rdf\n# TimeStep Number-of-rows\n# Row {names}\n"
    for step in steps:
        columns = [y for g in pairs for y in (g * (1 if step == steps[-1] else 0.9), np.cumsum(g))]
        table = np.column_stack([R_FINE, *columns])[:n_rows]
        text += f"{step} {R_FINE.size}\n" + "".join(
            f"{i} {' '.join(map(repr, row))}\n" for i, row in enumerate(table.tolist(), 1)
        )
    return text


def test_lammps_writes_time_steps(file):
    item = read_gr(file("one.rdf", lammps([G_FINE], [20000])))
    np.testing.assert_array_equal(item.g, G_FINE)
    np.testing.assert_array_equal(item.r, R_FINE)
    assert item.std is None
    with pytest.warns(UserWarning, match="the last of 3 time steps is read"):
        several = read_gr(file("several.dat", lammps([G_FINE], [0, 10000, 20000])))
    np.testing.assert_array_equal(several.g, G_FINE)
    pairs = file("pairs.rdf", lammps([G_FINE, 1.1 * G_FINE, 0.9 * G_FINE], [0]))
    with pytest.raises(ValueError, match=r"several columns match: g_1, g_2, g_3\. Give column"):
        read_gr(pairs)
    np.testing.assert_array_equal(read_gr(pairs, column="g_3").g, 0.9 * G_FINE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (lammps([G_FINE], [0, 100])[:-2000], "time step 100 has [0-9]+ of its 299 rows|expected row"),
        (lammps([G_FINE], [0], n_rows=200), "time step 0 has 200 of its 299 rows"),
        (lammps([G_FINE], [0]).replace("\n7 0.35 ", "\n7 nan "), "line 11: expected row 7, of 4 numbers"),
        (lammps([G_FINE], [0]).replace("\n7 0.35 ", "\n8 0.35 "), "line 11: expected row 7"),
        (lammps([G_FINE], [0]).replace("c_rdf[3]", "v_other"), "not the columns r, g"),
        (lammps([G_FINE], []), "no table of numbers"),
        (lammps([G_FINE], [0]).replace("c_rdf[3]", "c_rdf[3] c_rdf[4]"), "two columns for each pair, got 4"),
    ],
)
def test_a_damaged_file_of_lammps_is_an_error_of_one_line(text, message, file):
    with pytest.raises(ValueError, match=message) as error:
        read_gr(file("a.rdf", text))
    assert len(str(error.value).splitlines()) == 1


def test_coordination_numbers_may_be_left_out(file):
    """`fix ave/time` with c_rdf[1] and c_rdf[2], r and g alone."""
    lines = lammps([G_FINE], [0, 100]).replace(" c_rdf[3]", "").splitlines()
    text = "\n".join(line.rsplit(" ", 1)[0] if len(line.split()) == 4 and line[0] != "#" else line for line in lines)
    with pytest.warns(UserWarning, match="the last of 2 time steps is read"):
        np.testing.assert_array_equal(read_gr(file("a.dat", text + "\n")).g, G_FINE)
