"""Malformed S(q) files, all made from one valid file: none of them may be read, and none may need a long traceback."""

import gzip
import io
import json
import pickle
import random
import zipfile
from pathlib import Path

import numpy as np
from scipy.special import expit

Q = np.round(0.65 + 0.05 * np.arange(148), 2)
S = np.round(1 + np.sin(2.4 * Q) * np.exp(-0.02 * Q**2) / Q - 0.6 * np.exp(-Q), 5)
R = np.round(np.arange(0.05, 15, 0.05), 2)
G_R = expit((R - 2.2) / 0.03) * (1 + 0.8 * np.sin(2.2 * (R - 1.7)) * np.exp(-0.25 * R))  # g(r): 0, a peak, and to 1
TITLES = ["# Ge25Se75, quenched", "# Ag K-alpha, 0.5608", "# q  S(q)"]
ROWS = [f"{q:.2f} {s:.5f}" for q, s in zip(Q, S, strict=True)]
PLACES = range(0, 148, 21)  # the first row, some in the middle, and the last


def rows(*columns: np.ndarray, separator: str = " ") -> str:
    """Return columns as the rows of a text file."""
    return "".join(separator.join(map(repr, row)) + "\n" for row in np.column_stack(columns).tolist())


def valid_text() -> str:
    """Return the valid file, which has a title, names of columns, and 148 rows."""
    return "\n".join(TITLES + ROWS) + "\n"


def malformed_files(folder: Path) -> list[Path]:
    """Write more than 200 malformed files into `folder`, and return their paths, of which one is of no file."""
    paths = []
    for name, contents in _contents().items():
        paths.append(folder / f"{name}.dat")
        paths[-1].write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    for name, start, size in [("one_gigabyte", b"0.65 1.0 ", 10**9), ("seventy_megabytes", b"0.65 ", 7 * 10**7)]:
        paths.append(folder / f"{name}.dat")
        with paths[-1].open("wb") as file:
            file.write(start)
            file.truncate(size)  # sparse: it takes no space
    paths.append(folder / "digits.dat")
    paths[-1].write_bytes(b"7" * 15_000_000)
    paths.append(folder / "folder.dat")
    paths[-1].mkdir()
    return [*paths, folder / "nowhere.dat"]


def _contents() -> dict[str, str | bytes]:
    return (
        _cut() | _binary() | _of_other_columns() | _with_bad_cells() | _with_bad_q() | _in_other_notations() | _other()
    )


def _text(rows: list[str], titles: list[str] = TITLES) -> str:
    return "\n".join(titles + rows) + "\n"


def _with_row(i: int, row: str, rows: list[str] = ROWS) -> str:
    return _text([*rows[:i], row, *rows[i + 1 :]])


def _cut() -> dict[str, str | bytes]:
    """Return files that end within a row; one that ends within its last number may be a valid file."""
    files: dict[str, str | bytes] = {}
    for i in range(3, 148, 8):
        for n, row in enumerate([ROWS[i][:4], ROWS[i][:5], ROWS[i][:2]]):
            files[f"cut_{i}_{n}"] = _text(ROWS[:i])[:-1] + "\n" + row
        files[f"cut_{i}_sign"] = _text(ROWS[:i]) + f"{Q[i]} -"
        files[f"cut_{i}_exponent"] = _text(ROWS[:i]) + f"{Q[i]} 9.1e"
    for n in (0, 1, 2):
        files[f"cut_after_{n}_rows"] = _text(ROWS[:n])
    files["cut_before_the_end_by_its_count"] = _text(ROWS[:100], ["148", "glass"])
    files["cut_chi"] = _text(ROWS[:100], ["glass", "Q (A^-1)", "S(Q)", "    148"])
    return files


def _binary() -> dict[str, str | bytes]:
    text = valid_text()
    zipped, saved = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("glass.dat"), text)
    np.save(saved, np.column_stack([Q, S]))
    files: dict[str, str | bytes] = {f"noise_{seed}": random.Random(seed).randbytes(2000) for seed in range(5)}
    files |= {f"noise_without_zeros_{seed}": noise.replace(b"\0", b"\1") for seed, noise in enumerate(files.values())}
    return files | {
        "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + text.encode(),
        "zip": zipped.getvalue(),
        "gzip_cut": gzip.compress(text.encode(), mtime=0)[:-30],
        "gzip_damaged": gzip.compress(text.encode(), mtime=0)[:20] + bytes(500),
        "gzip_of_a_gigabyte": gzip.compress(bytes(10**8), mtime=0),
        "numpy": saved.getvalue(),
        "pickle": pickle.dumps({"q": Q, "s": S}),
        "pickle_0": pickle.dumps({"q": Q.tolist(), "s": S.tolist()}, protocol=0),
        "utf_16_le": text.encode("utf-16-le"),
        "utf_16_of_one_column": text.replace(" ", "").encode("utf-16"),
        "zeros": bytes(1000),
        "a_zero_within": text.encode().replace(b"\n", b"\n\0", 1),
        "control_characters": bytes(range(1, 32)) * 20,
    }


def _of_other_columns() -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {
        "one_column": _text([row.split()[1] for row in ROWS]),
        "five_unnamed_columns": _text([f"{row} 0.1 0.2 0.3" for row in ROWS], []),
        "alternating": _text([row if i % 2 else f"{row} 0.1" for i, row in enumerate(ROWS)]),
        "second_table_of_three": _text(ROWS + [f"{q + 9:.2f} 1.0 0.1" for q in Q]),
        "two_separators": _text(ROWS[:70] + [row.replace(" ", ",") for row in ROWS[70:]]),
        "glued_first_row": _text(["0.65-0.59", *ROWS[1:]]),
        "damaged_first_row": _text(["0.65x2.2122", *ROWS[1:]]),
        "first_rows_on_one_line": _text([f"{ROWS[0]}x{ROWS[1]}", *ROWS[2:]]),
        "negative_deviations": _text([f"{row} -0.1" for row in ROWS], ["q  S(q)  dS"]),
    }
    for i in PLACES:
        files[f"too_long_{i}"] = _with_row(i, f"{ROWS[i]} 0.1")
        files[f"too_short_{i}"] = _with_row(i, ROWS[i][:4])
    return files


def _with_bad_cells() -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {}
    for i in PLACES:
        q, s = ROWS[i].split()
        for name, cell in [
            ("nan", "nan"),
            ("inf", "-inf"),
            ("word", "bad"),
            ("stars", "*****"),
            ("huge", "1e400"),
            ("enormous", "1e300"),
        ]:
            files[f"{name}_{i}"] = _with_row(i, f"{q} {cell}")
        files[f"word_for_q_{i}"] = _with_row(i, f"bad {s}")
        files[f"words_{i}"] = _with_row(i, "some words here")
    files.pop("words_0")  # they are a header
    for separator, name in [(",", "comma"), (";", "semicolon")]:
        rows = [row.replace(" ", separator) for row in ROWS]
        for i in PLACES:
            files[f"empty_y_{name}_{i}"] = _with_row(i, f"{Q[i]:.2f}{separator}", rows)
            files[f"empty_q_{name}_{i}"] = _with_row(i, f"{separator}{S[i]}", rows)
            files[f"na_{name}_{i}"] = _with_row(i, f"{Q[i]:.2f}{separator}NA", rows)
    return files


def _with_bad_q() -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {
        "up_and_down": _text(ROWS + ROWS[::-1]),
        "shuffled": _text(random.Random(0).sample(ROWS, 148)),
        "negative_q": _text([f"{q - 1:.2f} {s}" for q, s in zip(Q, S, strict=True)]),
        "constant_q": _text([f"0.65 {s}" for s in S]),
        "two_tables": valid_text() + valid_text(),
        "two_tables_without_header": _text(ROWS + ROWS),
        "two_banks": _text(ROWS + ROWS[60:]),
        "two_tables_apart": _text(ROWS) + "\n\n" + _text(ROWS),
        "nanometres_unsaid": _text([f"{10 * q:.1f} {s}" for q, s in zip(Q, S, strict=True)]),
        "angles_without_wavelength": _text(ROWS, ["2theta S(q)"]),
        "angles_with_a_wavelength_in_nm": _text(ROWS, ["wavelength = 0.056 nm", "2theta S(q)"]),
        "angles_in_radians": _text(ROWS, ["wavelength = 0.56", "2th_rad S(q)"]),
        "distances": _text(ROWS, ["r g(r)"]),
        "detector_radius": _text(ROWS, ["q_mm S(q)"]),
    }
    for i in list(PLACES)[1:-2]:
        files[f"moved_{i}"] = _text([*ROWS[:i], *ROWS[i + 30 :], *ROWS[i : i + 30]])
        files[f"each_{i}_times"] = _text([row for row in ROWS for _ in range(i)])
    return files


def _in_other_notations() -> dict[str, str | bytes]:
    commas = [row.replace(".", ",") for row in ROWS]
    files: dict[str, str | bytes] = {
        f"decimal_commas_{name}": _text([row.replace(" ", separator) for row in commas])
        for name, separator in [("comma", ",")]
    }
    files |= {
        f"thousands_{name}": _text([f"{q:.0f},{i:03d}{separator}1,{i:03d}" for i, q in enumerate(Q)])
        for name, separator in [("blank", " "), ("tab", "\t"), ("semicolon", ";")]
    }
    files |= {
        "decimal_commas_in_y": _text([f"{i}, {s}".replace(".", ",") for i, s in enumerate(S)]),
        "underscores": _text([row.replace("0.", "0_0.") for row in ROWS]),
        "fortran_without_letter": _text([f"{q:.2f} {s:.5f}-001" for q, s in zip(Q, S, strict=True)]),
        "hexadecimal": _text([f"{q.hex()} {s.hex()}" for q, s in zip(Q.tolist(), S.tolist(), strict=True)]),
        "thousands": _text([f"{q} {s}" for q, s in zip(Q, ["1,024.5"] * 148, strict=True)]),
        "thousands_in_a_csv": _text([f"{q},{1000.5 + i:,}" for i, q in enumerate(Q)], ["q,S(q)"]),
        "thousands_apart": _text([f"{q} {s}" for q, s in zip(Q, ["0.5"] * 147 + ["1 024.5"], strict=True)]),
        "quoted_with_two_decimal_marks": _text([f'"{q}","{s}"'.replace("1.", "1,") for q, s in zip(Q, S, strict=True)]),
        "percent": _text([f"{q} {s}%" for q, s in zip(Q, S, strict=True)]),
        "uncertainties": _text([f"{q} {s}(3)" for q, s in zip(Q, S, strict=True)]),
        "complex": _text([f"{q} {s}+0j" for q, s in zip(Q, S, strict=True)]),
    }
    for i in PLACES:
        files[f"underscore_{i}"] = _with_row(i, ROWS[i].replace("0", "0_0", 1).replace(".", "_.", 1))
        files[f"fortran_{i}"] = _with_row(i, f"{Q[i]:.2f}D+ {S[i]:.5f}D+")
        files[f"decimal_comma_{i}"] = _with_row(i, commas[i])
    return files


def _other() -> dict[str, str | bytes]:
    cells = "".join(f"<tr><td>{q}</td><td>{s}</td></tr>\n" for q, s in zip(Q, S, strict=True))
    return {
        "empty": b"",
        "blank_lines": "\n" * 50,
        "blanks": "  \t \n" * 50,
        "only_a_mark": b"\xef\xbb\xbf",
        "header_only": "\n".join(TITLES),
        "names_only": "q,S(q)\n",
        "commented_out": "\n".join("# " + row for row in ROWS),
        "html": f"<!DOCTYPE html>\n<html><body><table>\n{cells}</table></body></html>\n",
        "html_of_an_error": "<html><head><title>404 Not FittedMaterial</title></head>\n<body>nginx</body></html>\n",
        "json": json.dumps({"q": Q.tolist(), "S": S.tolist()}),
        "json_of_many_lines": json.dumps({"q": Q.tolist(), "S": S.tolist()}, indent=1),
        "json_of_rows": json.dumps(np.column_stack([Q, S]).tolist()).replace("], ", "],\n"),
        "python": "import numpy as np\nq = np.arange(0.65, 8, 0.05)\n",
        "poem": "The glass\nis half\nfull\n" * 20,
        "intensities": _text([f"{q} {1000 * s:.0f}" for q, s in zip(Q, S, strict=True)], ["# q_A^-1  I"]),
        "intensities_of_fit2d": _text(ROWS, ["glass.tif", "2-Theta Angle (Degrees)", "Intensity", "    148"]),
        "counts": _text([row.replace(" ", ",") for row in ROWS], ["q,counts"]),
        "unnamed": _text(ROWS, []),
        "of_unknown_names": _text(ROWS, ["q  T(q)"]),
        "two_of_a_kind": _text([f"{row} 1.0" for row in ROWS], ["q  S(100K)  S(300K)"]),
        "s_minus_1_called_s": _text([f"{q} {s - 1}" for q, s in zip(Q, S, strict=True)]),
        "words_after_the_table": valid_text() + "end of data\n",
        "density_without_number": _text(ROWS, ["rho0 = high", *TITLES]),
        "density_of_mass": _text(ROWS, ["rho0 = 4.35 g/cm3", *TITLES]),
    }
