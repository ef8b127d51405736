import sys

import numpy as np
import pandas as pd
import pytest
import shells


def test_the_glass_is_what_it_is_said_to_be():
    for seed in range(5):
        glass = shells.glass(np.random.default_rng(seed))
        assert 2.2 < glass.position < 2.8
        assert 1.9 < glass.coordination < 5.1
        assert glass.g[-1] == pytest.approx(1, abs=1e-3)
        assert np.abs(glass.s_r[shells.Q > 6]).max() < np.abs(glass.s_r).max()


def test_first_peaks_without_noise_and_coverage_with_it(tmp_path, monkeypatch):
    arguments = ["--glasses", "20", "--noise", "0", "0.01", "--n-jobs", "1", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["shells.py", *arguments])
    shells.main()
    table = pd.read_csv(tmp_path / "shells.csv").set_index(["noise", "quantity"])
    assert (table.loc[0.0, "within_tolerance"] >= 0.95).all()
    assert (table.loc[0.0, "fourier_within_tolerance"] < table.loc[0.0, "within_tolerance"]).all()
    assert (table.loc[0.01, "coverage_90"] >= 0.7).all()  # of 20
    assert (tmp_path / "shells.png").exists()
