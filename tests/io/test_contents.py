import gzip
import io
import json
import zipfile

import numpy as np
import pytest

from sklearn_wtrdf import read_gr, read_pattern, read_scan
from tests.malformed import Q, S, rows

S_R = Q * (S - 1)
TEXT = "Q (Å⁻¹)\tS(Q)\n" + rows(Q, S, separator="\t")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_mark_names_the_encoding(encoding, file):
    np.testing.assert_array_equal(read_pattern(file("a.txt", TEXT.encode(encoding))).s_r, S_R)


def test_gzip_is_read_by_the_name_of_what_is_packed(file):
    packed = gzip.compress(rows(Q, S).encode())
    np.testing.assert_array_equal(read_pattern(file("a.sq.gz", packed)).s_r, S_R)
    np.testing.assert_array_equal(read_pattern(file("a.sq", packed)).s_r, S_R)
    with pytest.raises(ValueError, match=r"give composition, such as 'SiO2'"):
        read_pattern(file("a.mint01.gz", packed))
    assert read_scan(file("a.xy.gz", packed), axis="q").x.size == Q.size


def archive(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, contents in members.items():
            target.writestr(name.replace("__", "/").replace("_xml", ".xml"), contents)
    return packed.getvalue()


CIF = "data_glass\n_cell_length_a 4.9\nloop_\n_pd_proc_d_spacing\n_pd_proc_intensity_total\n" + rows(Q, S)


@pytest.mark.parametrize(
    ("name", "contents", "message"),
    [
        ("a.xlsx", archive(xl__workbook_xml="<workbook/>"), "an Excel workbook: save the sheet with the curve as CSV"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"an Excel workbook \(\.xls\): save the sheet"),
        ("a.zip", archive(a=TEXT), "a zip archive: unpack it first"),
        ("a.sq.bz2", b"BZh91AY&SY" + bytes(100), "compressed by bzip2: unpack it first"),
        ("a.pdf", b"%PDF-1.7\n" + bytes(100), "a PDF document: write the curve as columns of text"),
        ("a.npy", b"\x93NUMPY\x01\0" + bytes(100), "an array of NumPy: write it by numpy.savetxt"),
        ("a.json", json.dumps({"q": Q.tolist(), "S": S.tolist()}), "JSON, and no table of numbers: write the curve as"),
        ("a.cif", CIF, "a CIF, and no table of numbers: write the curve as columns of text"),
        ("a.sq", "<!DOCTYPE html>\n<html>" + TEXT, "a web page, and no table of numbers: download the file"),
        ("a.xml", "<?xml version='1.0'?><SASroot/>", "XML, and no table of numbers"),
    ],
)
def test_other_kinds_of_files_are_named_with_a_remedy(name, contents, message, file):
    path = file(name, contents)
    for read in (read_pattern, read_gr):
        with pytest.raises(ValueError, match=message) as error:
            read(path)
        assert str(error.value).startswith(str(path))
        assert len(str(error.value).splitlines()) == 1


def test_a_header_with_sections_in_brackets_is_no_json(file):
    np.testing.assert_array_equal(read_pattern(file("a.sq", "[DEFAULT]\nversion = x\n" + rows(Q, S))).s_r, S_R)
