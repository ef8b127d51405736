"""Scans in Rigaku's export, which has the intensities without their angles."""

import numpy as np
import pytest

from sklearn_wtrdf import read_scan
from sklearn_wtrdf.workflows.samples import files_in, holds_counts

ASC = """*TYPE\t\t=  Raw
*CLASS\t\t=  ASCII CLASS
*SAMPLE\t\t=  glass
*GROUP_COUNT\t=  1
*SCAN_AXIS\t=  2theta/theta
*WAVE_LENGTH1\t=  1.54056
*SPEED_DIM\t=  sec./step
*YUNIT\t\t=  counts

*BEGIN
*GROUP\t\t=  0
*START\t\t=  10
*STOP\t\t=  10.6
*STEP\t\t=  0.1
*SPEED\t\t=  4.0
*COUNT\t\t=  7
105,  121,  130,  142
 120,  111,  98
*END
*EOF
"""


@pytest.mark.parametrize("name", ["a.asc", "a.dat", "a.txt"])
def test_a_scan_is_read_whatever_its_suffix_is(name, file):
    path = file(name, ASC.replace("\n", "\r\n"))
    scan = read_scan(path)
    np.testing.assert_allclose(scan.x, np.arange(10, 10.65, 0.1))
    np.testing.assert_array_equal(scan.intensity, [105, 121, 130, 142, 120, 111, 98])
    assert (scan.axis, scan.wavelength, scan.counting_time, scan.std) == ("2theta", 1.54056, 4.0, None)
    assert holds_counts(path)
    assert files_in(path.parent) == [path]


def test_counts_per_second_have_no_counting_time(file):
    assert read_scan(file("a.asc", ASC.replace("=  counts", "=  cps"))).counting_time is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("=  2theta/theta", "=  Omega", "it has a scan of Omega; one of 2θ was expected"),
        ("*COUNT\t\t=  7", "*COUNT\t\t=  8", r"\*COUNT must be those of the 7 intensities, got 10, 0.1 and 8"),
        ("142", "x", r"\*START, \*STEP and \*COUNT must be those of"),
        ("=  0.1", "=  ", r"\*START, \*STEP and \*COUNT must be"),
        ("*EOF", ASC[ASC.index("*BEGIN") :], "it has 2 scans: export each of them"),
    ],
)
def test_what_is_no_single_scan_of_2_theta_is_refused(old, new, message, file):
    path = file("a.asc", ASC.replace(old, new))
    with pytest.raises(ValueError, match=message) as error:
        read_scan(path)
    assert str(error.value).startswith(str(path))
