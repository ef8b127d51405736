"""Wavelengths and counting times in the header of a file."""

from pathlib import Path

import pytest

from sklearn_wtrdf.io.instrument import counting_time, wavelength_in


@pytest.mark.parametrize(
    ("line", "length"),
    [
        ("# wavelength = 0.7107 (Mo Ka)", 0.7107),
        ("# wavelength = 1.5406, 1.5444", 1.5406),
        ("# Wavelength: 1.839e-11 m", 0.1839),
        ("# wavelength (nm) = 0.154", 1.54),
        ("# wavelength = 1.54e-10 meters", 1.54),
        ("# lambda = 154.06 pm", 1.5406),
        ("# wavelength = 1,5406 Å", 1.5406),
        ("K-Alpha1 wavelength,1.540598", 1.540598),
        ("*WAVE_LENGTH1\t= 1.54056", 1.54056),
        ("# wavelength = Cu Kα1", 1.5406),
        ("# T = 300, wavelength = 1.54", 1.54),
        ("# film of 200 nm, wavelength 0.0154 nm", None),
        ("# wavelength =", None),
    ],
)
def test_wavelengths_of_headers(line, length):
    found = wavelength_in(Path("a.xy"), [line])
    assert found is length if length is None else found == pytest.approx(length, rel=1e-5)


@pytest.mark.parametrize("line", ["# wavelength = 0.5 um", "# lambda = 0.5 µm", "# wavelength = 0.7107 meters"])
def test_lengths_that_no_radiation_has_are_refused(line):
    with pytest.raises(ValueError, match="its wavelength is not in Å"):
        wavelength_in(Path("a.xy"), [line])


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("# counting time = 10 s", 10.0),
        ("# Exposure time (s): 0.5", 0.5),
        ("# step time: 2", 2.0),
        ("Scan step time [s],31.2", 31.2),
        ("# count_time = 500 ms", 0.5),
        ("! time per step = 1.5 min", 90.0),
        ("# exposure time = 500 milliseconds", 0.5),
        ("# exposure time = 500 µs", 5e-4),
        ("# counting time = 1:30", None),
        ("# counting time = 2 min 30 s", None),
        ("# Time = 12:30", None),
        ("# counting time = long", None),
        ("# total time: 3 h", None),
    ],
)
def test_counting_times_of_headers(line, time):
    assert counting_time(["# glass", line]) == time
