import numpy as np
import pytest

from sklearn_wtrdf import read_pattern, reduce_file
from sklearn_wtrdf.utils.data_warnings import recorded
from sklearn_wtrdf.workflows.scan import MissingWavelengthError
from tests.workflows.patterns import SILICA_DENSITY


def test_a_scan_becomes_a_pattern_that_its_file_holds(reduction, tmp_path):
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


def test_neutrons_and_another_formula_in_the_header_are_reported(tmp_path):
    scan = tmp_path / "scan.xy"
    rows = "\n".join(f"{x} {110 - x}" for x in range(5, 100))
    scan.write_text(f"# radiation = neutron\n# 2theta counts\n{rows}\n")
    with pytest.raises(ValueError, match="measured with neutrons, but only counts of X-rays can be reduced"):
        reduce_file(scan, "SiO2", number_density=SILICA_DENSITY, wavelength="CuKa")
    scan.write_text(f"# composition = GeO2\n# 2theta counts\n{rows}\n")
    with recorded() as caught:
        reduce_file(scan, "SiO2", number_density=SILICA_DENSITY, wavelength="CuKa", normalization="integral")
    assert any("its header has the formula 'GeO2'; it is reduced with SiO2" in str(each) for each in caught)
