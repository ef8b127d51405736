"""A model that disturbs its process. The module imports little, because each process of a test imports it."""

import os
import time
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from sklearn_wtrdf import Reconstruction, ReconstructionMixin
from sklearn_wtrdf.datasets import load_ag_ge_se

GLASS = load_ag_ge_se(10)


class Marked(ReconstructionMixin, RegressorMixin, BaseEstimator):
    """A model that does something to its process at a mark in S_R, and else returns S_R at the first r."""

    def __init__(self, do=None):
        self.do = do

    def fit(self, X, y=None):
        self.q_, self.r_, self.fitted_ = GLASS.q, GLASS.r, True
        return self

    def predict(self, X):
        return np.ones(len(X))

    def reconstruct_pattern(self, pattern, r, return_std=False):
        s_r = pattern.s_r
        if s_r[0] == GLASS.s_r[0]:
            self.do()
        return Reconstruction(np.full(r.size, s_r[0]), None, 0.03, [])


def interrupt():
    raise KeyboardInterrupt


def die():
    os._exit(1)


def sleep():
    Path(os.environ["WTRDF_TEST_PIDS"], str(os.getpid())).touch()
    while True:
        time.sleep(1)


def wait_for_gate():
    Path(os.environ["WTRDF_TEST_PIDS"], str(os.getpid())).touch()
    while not Path(os.environ["WTRDF_TEST_PIDS"], "gate").exists():
        time.sleep(0.05)
