import numpy as np
import pytest

from sklearn_wtrdf import read_pattern, reduce_file
from sklearn_wtrdf.utils.data_warnings import record_warnings
from sklearn_wtrdf.workflows.scan import MissingWavelengthError
from tests.workflows.patterns import SILICA_DENSITY


def test_the_pattern_of_a_scan_is_written_to_its_file(reduction, tmp_path):
    pattern = reduction.pattern
    assert (pattern.number_density, pattern.composition, pattern.radiation) == (SILICA_DENSITY, "SiO2", "x-ray")
    read = read_pattern(reduction.write(tmp_path / "silica.sq"))
    np.testing.assert_allclose(read.s_r, pattern.s_r, atol=1e-6)
    assert float(read.provenance["normalization"]) == pytest.approx(reduction.estimates["normalization"])


def test_a_scan_without_a_wavelength_is_an_error_that_requests_it(tmp_path):
    scan = tmp_path / "scan.xy"
    np.savetxt(scan, np.column_stack([np.arange(5.0, 100), np.arange(105.0, 10, -1)]))
    with pytest.raises(MissingWavelengthError, match=r"scan\.xy has no wavelength"):
        reduce_file(scan, "SiO2", number_density=SILICA_DENSITY)


def test_an_invalid_r_max_is_refused(tmp_path):
    with pytest.raises(ValueError, match="r_max must be a positive finite number of Å, got nan"):
        reduce_file(tmp_path / "scan.xy", "SiO2", number_density=SILICA_DENSITY, r_max=np.float64("nan"))


def test_neutrons_and_another_formula_in_the_header_are_reported(tmp_path):
    scan = tmp_path / "scan.xy"
    rows = "\n".join(f"{x} {110 - x}" for x in range(5, 100))
    scan.write_text(f"# radiation = neutron\n# 2theta counts\n{rows}\n")
    with pytest.raises(ValueError, match="measured with neutrons, but only counts of X-rays can be reduced"):
        reduce_file(scan, "SiO2", number_density=SILICA_DENSITY, wavelength="CuKa")
    scan.write_text(f"# composition = GeO2\n# density = 3.6 g/cm3\n# 2theta counts\n{rows}\n")
    with record_warnings() as caught:
        reduce_file(scan, "SiO2", number_density=SILICA_DENSITY, wavelength="CuKa", normalization="integral")
    messages = " ".join(map(str, caught))
    assert "counted for" not in messages
    assert "its header has the composition 'GeO2'; SiO2 is used" in messages
    assert "its header has the number density 0.06216 atoms/Å³; 0.0662 is used" in messages


def test_a_background_that_was_counted_for_another_time_is_reported(tmp_path):
    scan, empty = tmp_path / "scan.xy", tmp_path / "empty.xy"
    options = {"number_density": SILICA_DENSITY, "wavelength": "CuKa", "normalization": "integral"}

    def messages(name):
        for path, time, counts in ((scan, 10, 110), (empty, 40, 80)):
            rows = "\n".join(f"{x} {counts - 0.5 * x}" for x in range(5, 100))
            path.write_text(f"# counting time = {time} s\n# 2theta {name}\n{rows}\n")
        with record_warnings() as caught:
            reduce_file(scan, "SiO2", background=empty, **options)
        return [str(each) for each in caught if "counted for" in str(each)]

    [message] = messages("counts")
    assert message.startswith(f"{empty}: by its header it was counted for 40 s at each angle, and {scan} for 10 s")
    assert "multiply the background by 0.25, unless both are counts per second already." in message
    assert messages("cps") == []
