import numpy as np
import pytest

from sklearn_wtrdf import read_pattern
from tests.malformed import Q, S, rows

S_R = Q * (S - 1)


def with_decimal_commas(text):
    return text.replace(".", ",")


@pytest.mark.parametrize(
    "text",
    [
        *(f"Q{mark}S(Q)\n" + with_decimal_commas(rows(Q, S, separator=mark)) for mark in (";", "\t", " ", " ; ")),
        "".join(f'"{q}","{s}"\n' for q, s in zip(Q, S, strict=True)),
        "".join(f'"{q}";"{s}"\n' for q, s in zip(Q, S, strict=True)),
        with_decimal_commas("".join(f'"{q}";"{s}"\n' for q, s in zip(Q, S, strict=True))),
        "".join(f'"{q}"'.replace(".", ",") + f',"{s}"\n'.replace(".", ",", 1) for q, s in zip(Q, S, strict=True)),
        "".join(f"{q:.8E} {s:.8E}\n".replace("E", "D") for q, s in zip(Q, S, strict=True)),
        "".join(f"{q:.8e} {s:.8e}\n".replace("e", "d") for q, s in zip(Q, S, strict=True)),
    ],
)
def test_numbers_in_other_notations_are_read(text, file):
    pattern = read_pattern(file("a.sq", text))
    np.testing.assert_allclose(pattern.q, Q, rtol=1e-8)
    np.testing.assert_allclose(pattern.s_r, S_R, atol=1e-7)


def test_dashes_as_minus_signs_and_the_end_mark_of_dos_are_read(file):
    for minus in ("−", "–"):
        path = file("a.csv", f"Q,S(Q){minus}1\n" + rows(Q, S - 1, separator=",").replace("-", minus) + "\x1a")
        np.testing.assert_allclose(read_pattern(path).s_r, S_R)


def test_integers_among_decimal_commas_are_read(file):
    q = np.arange(1, 149) / 2
    text = "".join(f"{x:g};{y:.5g}\n" for x, y in zip(q / 10, S, strict=True)).replace(".", ",")
    np.testing.assert_allclose(read_pattern(file("a.sq", text)).q, q / 10)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (with_decimal_commas(rows(Q, S, separator=",")), "no number has a decimal point. Decimal commas are read only"),
        ("".join(f"{i + 1},{i:03d};1,{i:03d}\n" for i in range(148)), "line 1: .* no marks of thousands"),
        (rows(Q, S, separator=";").replace(";1.2", ";1,2"), "line [0-9]+: expected the same decimal mark in all numb"),
        (with_decimal_commas(rows(Q, S, separator=";")).replace("0,65;", "0.65;", 1), "line 1: expected the same dec"),
        ("".join(f'"{q}","1,{i:03d}.5"\n' for i, q in enumerate(Q)), "no table of numbers"),
    ],
)
def test_commas_that_may_be_something_else_are_refused(text, message, file):
    with pytest.raises(ValueError, match=message):
        read_pattern(file("a.sq", text))
