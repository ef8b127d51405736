import builtins
import struct
import zipfile

import numpy as np
import pytest

from sklearn_wtrdf import read_scan
from tests.scan_forms import rasx, scan_forms, zipped

pytest.importorskip("geddes")

XRDML = """<?xml version="1.0" encoding="UTF-8"?>
<xrdMeasurements xmlns="http://www.xrdml.com/XRDMeasurement/1.5" status="Completed">
<xrdMeasurement measurementType="Scan" status="Completed">
<usedWavelength intended="K-Alpha 1"><kAlpha1 unit="Angstrom">0.559420</kAlpha1></usedWavelength>
<scan appendNumber="0" mode="Continuous" scanAxis="Gonio" status="Completed"><dataPoints>
<positions axis="2Theta" unit="deg"><startPosition>5.0</startPosition><endPosition>9.0</endPosition></positions>
<commonCountingTime unit="seconds">1.0</commonCountingTime>
<intensities unit="counts">10 20 30 20 11</intensities></dataPoints></scan></xrdMeasurement></xrdMeasurements>
"""
RAS = """*RAS_DATA_START
*RAS_HEADER_START
*HW_XG_WAVE_LENGTH_ALPHA1 "0.709300"
*MEAS_SCAN_START "5"
*RAS_HEADER_END
*RAS_INT_START
5.0 10 1
5.1 20 1
5.2 30 1
5.3 15 1
*RAS_INT_END
*RAS_DATA_END
"""


@pytest.mark.parametrize(
    ("name", "text", "x", "intensity", "wavelength"),
    [
        ("a.xrdml", XRDML, [5, 6, 7, 8, 9], [10, 20, 30, 20, 11], 0.55942),
        (
            "a.fxye",
            "glass\nBANK 1 4 4 CONST 500 10 0 0 FXYE\n500 10 3\n510 20 4\n520 30 5\n530 15 4\n",
            [5.0, 5.1, 5.2, 5.3],
            [10, 20, 30, 15],
            None,
        ),
        ("a.RAS", RAS, [5.0, 5.1, 5.2, 5.3], [10, 20, 30, 15], 0.7093),
    ],
)
def test_diffractometers_own_files(name, text, x, intensity, wavelength, file, monkeypatch):
    scan = read_scan(file(name, text))
    np.testing.assert_allclose(scan.x, x)
    np.testing.assert_array_equal(scan.intensity, intensity)
    assert (scan.axis, scan.wavelength) == ("2theta", wavelength)
    with pytest.raises(ValueError, match="not a readable scan") as error:
        read_scan(file(name, text[: len(text) // 2]))
    assert len(str(error.value).splitlines()) == 1
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_scan("nowhere.xrdml")
    real = builtins.__import__

    def without(module, *rest):
        if module == "geddes":
            raise ImportError
        return real(module, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"reading such files needs geddes, pip install .sklearn-wtrdf\[files\]"):
        read_scan(file(name, text))


@pytest.mark.parametrize("wavelength", ["0", "0.000000", "0.5.5", "."])
@pytest.mark.parametrize(("name", "text", "own"), [("a.xrdml", XRDML, "0.559420"), ("a.ras", RAS, "0.709300")])
def test_an_invalid_wavelength_is_refused_with_the_name_of_the_file(name, text, own, wavelength, file):
    path = file(name, text.replace(own, wavelength))
    with pytest.raises(ValueError, match=r"its wavelength is not in Å, got .*: give the wavelength in Å") as error:
        read_scan(path)
    assert str(error.value).startswith(str(path))
    assert read_scan(path, wavelength=0.5).wavelength == 0.5


def test_a_zip_that_is_no_brml_is_refused(tmp_path):
    path = tmp_path / "a.brml"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.xml", "<a/>")
    with pytest.raises(ValueError, match="not a readable scan"):
        read_scan(path)


ANGLE = np.round(np.arange(5, 120, 0.5), 1)
COUNTS = np.round(1000 + 500 * np.sin(ANGLE / 7))
FORMS = scan_forms(ANGLE, COUNTS)
BRUKER = bytearray(FORMS["a.raw"])
struct.pack_into("<I", BRUKER, 12, 2)  # ranges
TWO_SCANS = {
    "a.xrdml": XRDML.replace("</scan>", "</scan>" + XRDML[XRDML.index("<scan ") : XRDML.index("</xrdMeasurement>")]),
    "a.ras": RAS + RAS,
    "a.uxd": FORMS["a.uxd"].decode() + "_2THETACOUNTS\n" + FORMS["a.uxd"].decode().split("_2THETACOUNTS\n")[1],
    "a.fxye": FORMS["a.fxye"].decode() + FORMS["a.fxye"].decode().split("\n", 1)[1].replace("BANK 1", "BANK 2"),
    "a.raw": bytes(BRUKER) + FORMS["a.raw"][712:],
    "a.rasx": zipped(
        {
            "root.xml": "<Root>"
            + "".join(f'<Data{i}><ContentHashList Name="Profile{i}.txt"/></Data{i}>' for i in (0, 1))
            + "</Root>",
            "Data0/Profile0.txt": "5 10 1\n6 20 1\n7 10 1\n",
            "Data1/Profile1.txt": "5 30 1\n6 50 1\n7 20 1\n",
        }
    ),
}


@pytest.mark.parametrize("name", TWO_SCANS)
def test_a_file_with_several_scans_is_refused(name, file):
    with pytest.raises(ValueError, match="it has 2 scans: export each of them"):
        read_scan(file(name, TWO_SCANS[name]))


def test_counts_of_varying_counting_times_are_refused(file):
    times = '<countingTimes unit="seconds">{}</countingTimes>'
    text = XRDML.replace('<commonCountingTime unit="seconds">1.0</commonCountingTime>', times)
    assert read_scan(file("a.xrdml", text.format("2 2 2 2 2"))).intensity[0] == 10
    with pytest.raises(ValueError, match="its counting times vary"):
        read_scan(file("a.xrdml", text.format("1 1 1 4 4")))


def test_counts_behind_an_attenuator_are_multiplied_by_its_factors(file):
    ras, archive = RAS.replace("5.0 10 1", "5.0 10 4"), rasx("\ufeff5.0 10 4\n5.1 20 1\n5.2 30 1\n5.3 15 1\n")
    for name, contents in (("a.ras", ras), ("a.rasx", archive)):
        np.testing.assert_array_equal(read_scan(file(name, contents)).intensity, [40, 20, 30, 15])
    with pytest.raises(ValueError, match="3 of 4 intensities have an attenuation factor"):
        read_scan(file("a.ras", RAS.replace("5.0 10 1", "5.0 10")))


def test_the_counting_time_is_read(file):
    assert read_scan(file("a.xrdml", XRDML)).counting_time == 1.0
    uxd = FORMS["a.uxd"].decode().replace("_2THETA", "_STEPTIME=2.5\n_2THETA")
    assert read_scan(file("a.uxd", uxd)).counting_time == 2.5
    assert read_scan(file("a.ras", RAS)).counting_time is None


def test_the_wavelength_is_that_of_the_line_that_was_used(file):
    beta = XRDML.replace("K-Alpha 1", "K-Beta").replace("</kAlpha1>", "</kAlpha1><kBeta>0.497</kBeta>")
    assert read_scan(file("a.xrdml", beta)).wavelength == 0.497
    uxd = FORMS["a.uxd"].decode().replace("_2THETA", "_WL1=0.7093\n_2THETA")
    assert read_scan(file("a.uxd", uxd)).wavelength == 0.7093
