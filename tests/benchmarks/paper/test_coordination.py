import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks import ratios
from sklearn_wtrdf.benchmarks.paper import coordination, protocol

from sklearn_wtrdf import WTRDFRegressor, wt_rdf
from sklearn_wtrdf.wtrdf.wavelet import PUBLISHED


@pytest.fixture(scope="module")
def curve():
    """Return a curve whose N is known: g = 2 everywhere."""
    return np.full(protocol.GE_SE.r.size, 2.0)


def test_n_is_eq_5_with_the_density(curve):
    for row in coordination.count(coordination.fixed(curve)):
        volume = 4 / 3 * np.pi * (row["r_high"] ** 3 - row["r_low"] ** 3)
        assert row["N"] == pytest.approx(2 * ratios.DENSITY * volume, rel=1e-3)
        assert np.isnan(row["N_low"])


def test_an_interval_holds_nine_tenths_of_the_curves(curve):
    factors = np.linspace(0.5, 1.5, 101)
    curves = coordination.Curves(curve, factors[:, None] * curve, "")
    for row in coordination.count(curves):
        assert (row["N_low"], row["N_high"]) == pytest.approx((0.55 * row["N"], 1.45 * row["N"]))
    skewed = coordination.Curves(None, factors[:, None] ** 2 * curve, "")
    for row, other in zip(coordination.count(skewed), coordination.count(curves), strict=True):
        assert row["N"] == pytest.approx(other["N"])  # the median, where there is no curve of its own


def test_a_bootstrap_has_the_fit_and_its_own_draws():
    model = WTRDFRegressor(protocol.PAPER_BOUNDS | {"b": (4.0, 5.0)}, peak_weight=1.0, peaks=protocol.PEAKS)
    curves = coordination.bootstrapped(model, 3, n_jobs=1)
    np.testing.assert_array_equal(curves.g, coordination.fit_of(model))
    assert curves.spread.shape == (3, curves.g.size)
    assert (np.ptp(curves.spread, axis=0) > 0).all()


def test_the_command(tmp_path, monkeypatch):
    chosen = ("reference", "WT-RDF+ (published)", "Fourier transform", "inversion of S_R(q) alone")
    every = coordination.models
    monkeypatch.setattr(coordination, "models", lambda *sizes: {name: every(*sizes)[name] for name in chosen})
    coordination.main(["--samples", "20", "--draws", "2", "--n-jobs", "1", "--out", str(tmp_path)])
    table = pd.read_csv(tmp_path / "coordination.csv").set_index(["window", "model"])
    first = table.loc["first peak"]
    assert set(table["bonds"].dropna()) == {2.5}
    # WT-RDF+ reproduces the height of the peak, but the peak is too wide at its foot and counts 1.5 times the atoms.
    assert first.loc["WT-RDF+ (published)", "error"] > 0.4
    assert abs(first.loc["inversion of S_R(q) alone", "error"]) < 0.1
    assert first.loc["reference", "error"] == 0
    inverted = table.xs("inversion of S_R(q) alone", level="model")
    assert (inverted["N_low"] < inverted["N_high"]).all()
    assert (tmp_path / "coordination.png").stat().st_size > 10_000


def test_printed_parameters_give_their_curve(ge_se):
    g = coordination.fit_of(WTRDFRegressor(protocol.held(PUBLISHED)))
    np.testing.assert_allclose(g, wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **PUBLISHED), atol=1e-9)


@pytest.mark.parametrize("option", ["--samples", "--draws"])
def test_a_single_curve_gives_no_interval(option, capsys):
    with pytest.raises(SystemExit):
        coordination.main([option, "1"])
    assert f"{option} must be at least 2" in capsys.readouterr().err
