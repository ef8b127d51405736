import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sklearn_wtrdf import read_gr, read_pattern
from tests.io.pdfgetx3 import PDFGETX3
from tests.malformed import ROWS, TITLES, Q, S, malformed_files, rows, valid_text

S_R = Q * (S - 1)
R = np.round(np.arange(1.5, 12, 0.05), 2)
G = 1 + 3 * np.exp(-(((R - 2.4) / 0.1) ** 2)) - np.exp(-((R / 2) ** 4))  # g(r)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("separator", [" ", "   ", "\t", ",", ", ", ";"])
def test_line_ends_encodings_and_separators_make_no_difference(end, encoding, separator, file):
    text = f"Q(Å){separator}S(Q)\n\n" + rows(Q, S, separator=separator) + "\n\n# the end\n  \n"
    pattern = read_pattern(file("a.dat", text.replace("\n", end).encode(encoding)))
    np.testing.assert_array_equal(pattern.q, Q)
    np.testing.assert_array_equal(pattern.s_r, Q * (S - 1))


def test_no_final_line_break_and_separators_at_the_end_of_rows_do_no_harm(file):
    text = "q,S(q)\n" + rows(Q, S, separator=",").replace("\n", ",\n")
    np.testing.assert_array_equal(read_pattern(file("a.csv", text[:-1])).s_r, Q * (S - 1))


def test_every_malformed_file_is_refused_in_one_line_that_names_it(tmp_path):
    valid = tmp_path / "valid.txt"
    valid.write_text(valid_text())
    np.testing.assert_array_equal(read_pattern(valid).q, Q)
    paths = malformed_files(tmp_path)
    contents = {path.read_bytes() for path in paths if path.is_file() and path.stat().st_size < 1_000_000}
    assert len(contents) >= 200
    for path in paths:
        for read in (read_pattern, read_gr) if path.stem != "distances" else (read_pattern,):
            with pytest.raises((ValueError, OSError)) as error:
                read(path)
            assert str(error.value).startswith(str(path))
            assert len(str(error.value).splitlines()) == 1
            assert len(str(error.value)) < len(str(path)) + 300


def test_an_error_names_the_line_and_shows_it(file):
    text = valid_text().replace(f"\n{ROWS[10]}\n", "\n1.15 oops\n")
    with pytest.raises(ValueError, match=rf"a\.dat, line {len(TITLES) + 11}: expected 2 numbers, got '1\.15 oops'\.$"):
        read_pattern(file("a.dat", text))


def read_by_all(path):
    """Read a file in several ways, each of which must give a sound result or one line of error."""
    for read, options in [
        (read_pattern, {}),
        (read_pattern, {"quantity": "S", "unit": "angstrom"}),
        (read_pattern, {"quantity": "S_R", "wavelength": 0.56}),
        (read_gr, {}),
        (read_gr, {"quantity": "RDF", "number_density": 0.034}),
        (read_gr, {"quantity": "G", "unit": "nm"}),
    ]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what is doubtful
                result = read(path, **options)
        except (ValueError, OSError) as error:
            assert len(str(error).splitlines()) == 1  # noqa: PT017
            assert str(error).startswith(str(path))  # noqa: PT017
            continue
        x, y = (result.q, result.s_r) if read is read_pattern else (result.r, result.g)
        columns = [x, y] if result.std is None else [x, y, result.std]
        assert {column.shape for column in columns} == {(x.size,)}
        assert x.size >= 2
        assert np.isfinite(columns).all()
        assert (np.diff(x) > 0).all()
        assert x[0] >= 0
        assert result.std is None or result.std.min() >= 0


@settings(max_examples=200)
@given(st.binary(max_size=300), st.sampled_from([".dat", ".sq", ".gr", ".chi"]))
def test_any_bytes_give_numbers_or_one_line(folder, contents, suffix):
    path = folder / f"bytes{suffix}"
    path.write_bytes(contents)
    read_by_all(path)


characters = st.sampled_from(list("0123456789.,;+-eEnNaAqrSGgIi()#!%=_ \t\n\r\x85\u2028²Å−"))


@settings(max_examples=200)
@given(st.text(characters, max_size=120), st.sampled_from([".dat", ".sq", ".gr", ".rdf"]))
def test_any_text_of_a_tables_characters_gives_numbers_or_one_line(folder, text, suffix):
    path = folder / f"text{suffix}"
    path.write_text(text, encoding="utf-8", newline="")
    read_by_all(path)


VALID = [
    valid_text(),
    "q,s_r,error\n" + rows(Q, S_R, S, separator=","),
    "glass\n 2-Theta Angle (Degrees)\n S(Q)\n    148\n" + rows(Q, S),
    PDFGETX3.format(kind="gr", names="r  G  dr  dG") + rows(R, G - 1, 0 * R, G),
    "rho0 = 0.034\nr(nm);rdf\n" + rows(R, R**2, separator=";"),
    "148\nglass\n" + rows(Q, S),
]


@settings(max_examples=200)
@given(
    st.sampled_from(VALID),
    st.lists(
        st.tuples(st.sampled_from(["flip", "insert", "delete", "move", "cut"]), st.floats(0, 1), st.binary(max_size=6)),
        max_size=4,
    ),
    st.booleans(),
    st.sampled_from([".dat", ".sq", ".gr", ".rdf"]),
)
def test_a_damaged_file_gives_numbers_or_one_line(folder, text, changes, lines, suffix):
    """Bytes or lines are flipped, inserted, deleted, moved to the end, or the file is cut."""
    parts = text.encode().splitlines(keepends=True) if lines else [bytes([byte]) for byte in text.encode()]
    for change, where, new in changes:
        i = round(where * (len(parts) - 1))
        if change == "insert":
            parts.insert(i, new)
        elif change == "flip":
            parts[i] = new
        elif change == "delete":
            del parts[i]
        elif change == "move":
            parts.append(parts.pop(i))
        else:
            del parts[i + 1 :]
        parts = parts or [b""]
    path = folder / f"damaged{suffix}"
    path.write_bytes(b"".join(parts))
    read_by_all(path)


numbers = st.floats(-1e99, 1e99)


@st.composite
def tables(draw):
    n = draw(st.integers(3, 12))
    q = sorted(draw(st.lists(st.floats(0, 1000), min_size=n, max_size=n, unique=True)))
    assume(np.diff(q).min() > 1e-8)
    columns = [q, draw(st.lists(numbers, min_size=n, max_size=n))]
    columns += [draw(st.lists(numbers.map(abs), min_size=n, max_size=n)) for _ in range(draw(st.integers(0, 2)))]
    return np.array(columns)


@settings(max_examples=200)
@given(
    table=tables(),
    separator=st.sampled_from([" ", "\t", "   ", ",", ";", ", ", " ; "]),
    comments=st.lists(st.tuples(st.sampled_from("#!%"), st.text(st.characters(exclude_categories=["C", "Z"])))),
)
def test_any_table_below_any_comments_reads_back_exactly(folder, table, separator, comments):
    header = "".join(f"{mark} note: {text}\n" for mark, text in comments)
    path = folder / "table.fq"
    path.write_text(header + rows(*table, separator=separator), encoding="utf-8")
    pattern = read_pattern(path, unit="angstrom")
    np.testing.assert_array_equal(pattern.q, table[0])
    np.testing.assert_array_equal(pattern.s_r, table[1])
    if len(table) == 2 or not table[-1].any():
        assert pattern.std is None
    else:
        np.testing.assert_array_equal(pattern.std, table[-1])


def test_a_row_of_units_is_not_overlooked(tmp_path):
    path = tmp_path / "origin.csv"
    for row in ("nm^-1,", '"(1/nm)",-'):
        path.write_text(f"Q,S(Q)\n{row}\n5.5,0.5\n6.5,1.5\n7.5,1.0\n")
        assert read_pattern(path).q[0] == 0.55
    path.write_text("Q,S(Q)\nnm^-1,a.u.\n5.5,0.5\n6.5,1.5\n7.5,1.0\n")
    with pytest.raises(ValueError, match="has nm"):
        read_pattern(path)
    assert read_pattern(path, unit="nm").q[0] == 0.55


def test_small_steps_back_and_equal_q_are_sorted_with_a_warning(file, rng):
    """As in curves that were digitized, and where a bank begins before the previous one ends."""
    order = np.argsort(Q + 0.2 * rng.random(Q.size))
    with pytest.warns(UserWarning, match=r"its rows are not in order, with \d+ steps back in q: they are sorted\.$"):
        pattern = read_pattern(file("a.sq", rows(Q[order], S[order])))
    np.testing.assert_array_equal(pattern.q, Q)
    np.testing.assert_array_equal(pattern.s_r, S_R)
    q, s = np.append(Q, Q[40:50]), np.append(S, S[40:50] + 0.02)
    order = np.argsort(q, kind="stable")
    with pytest.warns(UserWarning, match="10 rows have the q of another, and are averaged with it"):
        pattern = read_pattern(file("b.sq", rows(q[order], s[order])))
    np.testing.assert_array_equal(pattern.q, Q)
    mean = np.where((np.arange(148) >= 40) & (np.arange(148) < 50), S + 0.01, S)
    np.testing.assert_allclose(pattern.s_r, Q * (mean - 1), atol=1e-12)
    with pytest.warns(UserWarning, match="1 steps back in q: they are sorted|10 rows"):
        read_pattern(file("c.sq", rows(np.append(Q[:60], Q[50:]), np.append(S[:60], S[50:]))))
    with pytest.warns(UserWarning, match="in descending order"):
        np.testing.assert_array_equal(read_pattern(file("d.sq", rows(Q[::-1], S[::-1]))).s_r, S_R)
    with pytest.warns(UserWarning, match="1 steps back in r|5 rows"):
        assert read_gr(file("e.dat", "r g\n" + rows(np.append(R[:50], R[45:]), np.append(G[:50], G[45:])))).r.size


@pytest.mark.parametrize(
    ("q", "s", "message"),
    [
        (np.append(Q, Q), np.append(S, S), "line 149: expected q that does not run back from 8 to 0.65 \\(put each of"),
        (np.append(Q, Q[120:]), np.append(S, S[120:]), "line 149: expected q that does not run back from 8 to 6.65"),
        (np.repeat(Q, 2), np.repeat(S, 2), "148 of 296 rows repeat the q of others: put each of several data sets"),
        (np.full(148, 1.0), S, "147 of 148 rows repeat the q of others"),
        (Q - 1, S, "line 1: expected q that increases from 0 on"),
    ],
)
def test_several_data_sets_in_a_file_are_refused_with_what_to_do(q, s, message, file):
    with pytest.raises(ValueError, match=message):
        read_pattern(file("a.sq", rows(q, s)))


def test_a_line_of_numbers_above_the_table_is_named(file):
    with pytest.raises(ValueError, match=r"line 1: expected q that .* as below it, or # at the beginning of a line of"):
        read_pattern(file("a.sq", "391 0.05\n" + rows(Q, S)))


@pytest.mark.filterwarnings("error")
def test_nan_at_0_is_no_damage(file):
    """As from 0 / 0; elsewhere a single NaN is damage."""
    np.testing.assert_array_equal(read_pattern(file("a.csv", "q,S(q)\n0,nan\n" + rows(Q, S, separator=","))).q, Q)
    np.testing.assert_array_equal(read_gr(file("b.csv", "r,g(r)\n0,nan\n" + rows(R, G, separator=","))).r, R)
    with pytest.raises(ValueError, match="line 2: expected finite numbers"):
        read_pattern(file("c.csv", "q,S(q)\n0.1,nan\n" + rows(Q, S, separator=",")))


@pytest.mark.filterwarnings("error")
def test_infinite_values_are_refused_without_a_word_of_numpy(file):
    with pytest.raises(ValueError, match=r"line 148: expected finite numbers, got '7\.95 inf'"):
        read_pattern(file("a.dat", "q S(q)\n" + rows(Q[:-1], np.where(Q[:-1] > 7.9, np.inf, S[:-1])) + "8.0 inf\n"))


def test_a_second_mark_of_a_table_is_a_second_data_set(file):
    text = "##### start data\n#S 1\n#L Q S(Q)\n" + rows(Q, S)
    np.testing.assert_array_equal(read_pattern(file("a.sq", text)).s_r, S_R)
    for more in ("#S 2\n#L Q S(Q)\n", "##### start data\n"):
        with pytest.raises(
            ValueError, match=r"line 15\d: expected a single data set \(put each of several into a file"
        ):
            read_pattern(file("b.sq", text + more + rows(Q + 8, S)))


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"({q}, {s})\n" for q, s in zip(Q, S, strict=True)),
        "".join(f"| {q} | {s} |\n" for q, s in zip(Q, S, strict=True)),
        "".join(f"q={q} S={s}\n" for q, s in zip(Q, S, strict=True)),
        "".join(f"[{i}] {q} {s}\n" for i, (q, s) in enumerate(zip(Q, S, strict=True))),
    ],
)
def test_a_table_in_another_notation_shows_its_last_line(text, file):
    with pytest.raises(ValueError, match=r"of 2 or more numbers, separated by blanks, .* Line 149 has something else"):
        read_pattern(file("a.txt", "q, S(q)\n" + text))


@pytest.mark.parametrize("separator", [" ", ",", ";"])
@pytest.mark.parametrize("columns", [(Q, S), (Q, S, 0.1 * S)])
@pytest.mark.parametrize("named", [False, True])
def test_rows_in_place_of_columns_are_recognized(columns, separator, named, file):
    names = ("q", "S(q)", "dS(q)") if named else ("", "", "")
    lines = [separator.join([name] * named + list(map(str, row))) for name, row in zip(names, columns, strict=False)]
    with pytest.raises(
        ValueError, match=r"line .* has 148 numbers: write q or r and its quantity as columns, not rows"
    ):
        read_pattern(file("a.dat", "# a glass\n" + "\n".join(lines)), column="2", quantity="S")


def test_a_table_with_words_or_empty_cells_shows_its_first_line(file):
    text = "Q,S(Q),comment\n" + "".join(f"{q},{s},ok\n" for q, s in zip(Q, S, strict=True))
    with pytest.raises(ValueError, match=r"no table of numbers; .* Line 2 has something else: '0\.65,2\.2122,ok'"):
        read_pattern(file("a.csv", text))


BANKS = """##### Run Information     runCorrection=T
density=2.00     effDensity=2.1862
##### Banks=4  deltaQ=0.01  matchRef=4  matchScal=T
bank   angle   blendQmin   blendQmax
  1     45.0        0.85    21.00
  2     90.0        1.65    33.10
  3    119.0        2.01    40.34
## Damp     Qmin=0.85     Qmax=8.0     startDampQ=35
"""


def test_rows_of_numbers_above_the_mark_of_a_table_are_header(file):
    header = BANKS + "##### start data\n#O0 rg_int sig_rg_int low_int\n#S 1 - PDF from PDFgetN\n#P0 **** 7.02 0.42\n"
    std = 0.01 + 0 * Q
    for names in ("#L Q S(Q) dQ dS(Q)\n", "#L Q S(Q) dS(Q) extra\n"):
        pattern = read_pattern(file("a.sq", header + names + rows(Q, S, 0 * Q if "dQ" in names else std, std)))
        np.testing.assert_array_equal(pattern.s_r, S_R)
        assert pattern.provenance["Qmax"] == "8.0"
    with pytest.raises(ValueError, match="line 9: expected 4 numbers, as in line 5, or # before lines of the header"):
        read_pattern(file("b.sq", BANKS + rows(Q, S)))
    damaged = header + "#L Q S(Q)\n0.6 bad\n" + rows(Q, S)
    with pytest.raises(ValueError, match=r"line 14: expected 2 numbers, as below it.* got '0\.6 bad'"):
        read_pattern(file("c.sq", damaged))


@pytest.mark.parametrize("word", ["S(Q) ", "q in ", "units of q ", "total S(Q) of ", "divided by "])
def test_a_line_of_any_length_is_read(word, file):
    """Patterns that search the whole of such a line take minutes."""
    pattern = read_pattern(file("a.sq", "# " + word * (250_000 // len(word)) + "\n# Q S(Q)\n" + rows(Q, S)))
    np.testing.assert_allclose(pattern.s_r, S_R)
