import numpy as np
import pytest

from sklearn_wtrdf import DataWarning, InversionRegressor, WTRDFRegressor, fit_files, write_gr, write_sq
from sklearn_wtrdf.datasets import load_ge_se

GE_SE = load_ge_se()


@pytest.mark.parametrize("model", [InversionRegressor(), WTRDFRegressor({"a": (0.6, 0.61)})], ids=repr)
def test_files_fit_as_frames_do(model, tmp_path):
    sample = write_sq(tmp_path / "glass.sq", GE_SE.q, GE_SE.s_r, 0.034)
    reference = write_gr(tmp_path / "glass.gr", GE_SE.r, GE_SE.target, 0.034)
    assert fit_files(model, sample, reference, q_max=7.5) is model
    assert model.q_[-1] == pytest.approx(7.5)
    np.testing.assert_allclose(model.r_, GE_SE.r, atol=1e-6)


def test_a_reference_whose_header_contradicts_the_sample_is_reported(tmp_path):
    sample = write_sq(tmp_path / "glass.sq", GE_SE.q, GE_SE.s_r, 0.034, composition="Ge25Se75")
    reference = write_gr(tmp_path / "glass.gr", GE_SE.r, GE_SE.target, 0.05, composition="GeO2")
    with pytest.warns(DataWarning, match="its header has") as caught:
        fit_files(InversionRegressor(), sample, reference)
    messages = " ".join(str(warning.message) for warning in caught)
    assert "glass.gr: its header has the composition 'GeO2'; Ge25Se75 is used" in messages
    assert "glass.gr: its header has the number density 0.05 atoms/Å³; 0.034 is used" in messages


@pytest.mark.filterwarnings("ignore:.*of S_R excluded")
def test_an_unknown_number_density_is_reported_as_estimated(tmp_path):
    sample = tmp_path / "glass.fq"
    np.savetxt(sample, np.column_stack([GE_SE.q, GE_SE.s_r]))
    with pytest.warns(UserWarning, match="no number density was given: it is estimated"):
        model = fit_files(InversionRegressor(), sample, r_max=5.0)
    assert model.r_[-1] == pytest.approx(5.0)
    assert model.fitted_materials_[0].pattern.number_density is None
