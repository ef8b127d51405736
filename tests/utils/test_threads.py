import os
import subprocess
import sys
import threading

import pytest
import scipy.linalg  # noqa: F401  so that SciPy's BLAS is counted, too
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_wtrdf.utils.threads import one_thread


def blas_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def four_threads():
    """Let BLAS have four threads before, whatever the machine and the environment are."""
    with threadpool_limits(4):
        if blas_threads() != {4}:
            pytest.skip("this BLAS does not let its number of threads be set to 4")
        yield


def test_the_number_of_threads_is_restored():
    with one_thread:
        assert blas_threads() == {1}
        with one_thread:
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == {4}


def test_the_limit_goes_with_an_error():
    with pytest.raises(ZeroDivisionError), one_thread:
        1 / 0  # noqa: B018
    assert blas_threads() == {4}


def test_the_last_of_several_python_threads_restores_what_was_before():
    first_entered, second_entered, first_left = threading.Event(), threading.Event(), threading.Event()
    seen = []

    def first():
        with one_thread:
            first_entered.set()
            second_entered.wait()
        first_left.set()

    def second():
        first_entered.wait()
        with one_thread:
            second_entered.set()
            first_left.wait()
            seen.append(blas_threads())

    threads = [threading.Thread(target=function) for function in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [{1}]
    assert blas_threads() == {4}


@pytest.mark.slow
def test_results_do_not_depend_on_the_number_of_threads():
    """One fit of each kind gives the same bits with 1, 2 and 4 threads of BLAS."""
    code = """
import hashlib, warnings
import numpy as np
from sklearn_wtrdf import FourierRegressor, InversionRegressor, WTRDFRegressor
from sklearn_wtrdf.datasets import load_ge_se, load_material
warnings.simplefilter("ignore")
X, y = load_ge_se(return_X_y=True)
silica, _ = load_material("silica", weighting="neutron", q_max=8, return_X_y=True)
results = [
    np.array(list(WTRDFRegressor().fit(X, y).params_.values())),
    FourierRegressor().fit(X, y).predict(X),
    *InversionRegressor().fit(silica).predict(silica, return_std=True),
    *InversionRegressor().fit(X, y).predict(X, return_std=True),
]
print(hashlib.sha256(b"".join(result.tobytes() for result in results)).hexdigest())
"""
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"OPENBLAS_NUM_THREADS": str(n), "OMP_NUM_THREADS": str(n)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for n in (1, 2, 4)
    }
    assert len(digests) == 1
