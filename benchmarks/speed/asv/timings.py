"""Timings of common operations by asv: `make timings` once, `asv continuous main HEAD` for two commits."""

import tempfile
import warnings
from pathlib import Path

import numpy as np

from sklearn_wtrdf import InversionRegressor, WTRDFRegressor, read_pattern, scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se, load_ge_se

NOISE = 0.01  # of S(q)


def timeraw_import() -> str:
    """Import the package in a new process."""
    return "import sklearn_wtrdf"


def timeraw_import_estimator() -> str:
    """Import the modules for a reconstruction, with numpy, scipy, pandas and scikit-learn."""
    return "from sklearn_wtrdf import InversionRegressor"


class WTRDF:
    """WT-RDF on the paper's data: 58 r and 148 q."""

    def setup(self) -> None:
        """Fit the model whose reconstructions are timed."""
        self.ge_se = load_ge_se()
        self.X, self.y = load_ge_se(return_X_y=True)
        self.model = WTRDFRegressor().fit(self.X, self.y)
        scales = np.random.default_rng(0).normal(1, NOISE, (1000, 1))
        self.patterns = scales * self.ge_se.s_r

    def time_fit(self) -> None:
        """Find the global minimum."""
        WTRDFRegressor().fit(self.X, self.y)

    def time_reconstruct_1000_patterns(self) -> None:
        """Reconstruct a series with the same grid of q."""
        self.model.reconstruct(self.ge_se.r, self.ge_se.q, self.patterns)


class Inversion:
    """The inversion of one simulated S_R with noise, 148 q."""

    timeout = 120

    def setup(self) -> None:
        """Draw the noise, and fit the models whose predictions are timed."""
        warnings.simplefilter("ignore", UserWarning)
        glass = load_ag_ge_se(15)
        random = np.random.default_rng(0)

        def noisy():
            s_r = glass.s_r + NOISE * glass.q * random.normal(size=glass.q.size)
            return scattering_frame(glass.r, glass.q, s_r, number_density=glass.number_density)

        self.first, self.second = noisy(), noisy()
        self.fitted = InversionRegressor(refit="never").fit(self.first)

    def time_search(self) -> None:
        """Search the hyperparameters of one S_R."""
        InversionRegressor().fit(self.first)

    def time_predict_without_search(self) -> None:
        """Predict g and its band of another S_R with the same hyperparameters, as in a series."""
        self.fitted.predict(self.second, return_std=True)


class Files:
    """Text files of S(q)."""

    def setup(self) -> None:
        """Write 100 files."""
        self.folder = tempfile.TemporaryDirectory()
        q = np.linspace(0.5, 17, 800)
        random = np.random.default_rng(0)
        self.paths = [Path(self.folder.name, f"{i:03}.sq") for i in range(100)]
        for path in self.paths:
            np.savetxt(path, np.column_stack([q, 1 + NOISE * random.normal(size=q.size)]), header="q S(q)")

    def teardown(self) -> None:
        """Delete them."""
        self.folder.cleanup()

    def time_read_100_files(self) -> None:
        """Read them one after the other."""
        for path in self.paths:
            read_pattern(path)
