"""The same results on any processor: one fit of each kind, by the kernels that OpenBLAS has for three of them."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info

pytestmark = pytest.mark.processors
KERNELS = "Haswell", "SkylakeX", "Zen"
FITS = """
import json, warnings
from threadpoolctl import threadpool_info
from sklearn_wtrdf import FourierRegressor, InversionRegressor, WTRDFRegressor
from sklearn_wtrdf.benchmarks.speed.processors import RANDOM_ONLY, solve
from sklearn_wtrdf.datasets import load_ag_ge_se, load_ge_se, load_material
warnings.simplefilter("ignore")
kernels = {pool.get("architecture") for pool in threadpool_info() if pool["internal_api"] == "openblas"}
results = {"kernels": sorted(map(str, kernels))}

def keep(name, model, X, y=None, std=True):
    g = model.fit(X, y).predict(X, return_std=std)
    results[name] = [values.tolist() for values in (g if std else [g])]

X, y = load_ge_se(return_X_y=True)
glass, of_glass = load_ag_ge_se(0, return_X_y=True)
silica, _ = load_material("silica", weighting="neutron", q_max=17, return_X_y=True)
keep("inversion", InversionRegressor(), silica)
keep("reference", InversionRegressor(), glass, of_glass)
keep("WT-RDF", WTRDFRegressor(), X, y, std=False)
keep("Fourier", FourierRegressor(), X, y, std=False)
numbers = 30, 31, 67, 107, 156, 182, 218, 241
results["calibrations"] = [solve(n) for n in numbers] + [solve(n, RANDOM_ONLY) for n in (56, 60, 81, 246)]
print(json.dumps(results))
"""


def fits_under(kernel):
    environment = os.environ | {"OPENBLAS_CORETYPE": kernel}
    run = subprocess.run([sys.executable, "-c", FITS], env=environment, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def results():
    if not any(pool["internal_api"] == "openblas" for pool in threadpool_info()):
        pytest.skip("NumPy's BLAS is not OpenBLAS, whose kernel could be chosen")
    with ThreadPoolExecutor() as pool:
        fits = dict(zip(KERNELS, pool.map(fits_under, KERNELS), strict=True))
    if len({tuple(fit["kernels"]) for fit in fits.values()}) == 1:
        pytest.skip("this OpenBLAS does not let its kernel be chosen")
    return fits


@pytest.mark.parametrize("name", ["inversion", "reference"])
def test_the_inversion_and_its_band(results, name):
    """g agrees to a hundredth of its band, and the band to a fiftieth, where it is not next to nothing."""
    first, *others = (np.array(results[kernel][name]) for kernel in KERNELS)
    for g, std in others:
        width = np.maximum(first[1], 1e-4)
        np.testing.assert_array_less(np.abs(g - first[0]), 0.01 * width)
        np.testing.assert_array_less(np.abs(std - first[1]), 0.02 * width)


@pytest.mark.parametrize("name", ["WT-RDF", "Fourier"])
def test_curves_without_a_band(results, name):
    first, *others = (np.array(results[kernel][name][0]) for kernel in KERNELS)
    for g in others:
        np.testing.assert_allclose(g, first, rtol=1e-6, atol=1e-8)


def test_calibrations_along_curved_kinks(results):
    """Random ones on which a search by linear steps alone crept along a kink, or whose minimum rounding decided."""
    for first, *others in zip(*(results[kernel]["calibrations"] for kernel in KERNELS), strict=True):
        for result in (first, *others):
            assert result["converged"]
            assert result["loss"] == pytest.approx(first["loss"], rel=1e-8, abs=1e-12 * first["loss of g = 0"])
