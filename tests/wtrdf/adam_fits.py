"""Fits by a few steps of Adam, on the CPU or a GPU."""

import pytest

from sklearn_wtrdf import Adam, WTRDFRegressor

PAPER = {"a": (0.600, 0.610), "K_f": (0.010, 0.300)}  # the paper's bounds of its last round


def has_gpu():
    return pytest.importorskip("torch").cuda.is_available()


def quick(device="cpu", **options):
    return WTRDFRegressor(PAPER, solver=Adam(max_iter=3, n_rounds=1, device=device), **options)
