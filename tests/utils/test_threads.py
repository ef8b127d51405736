import threading

import numpy as np
import pytest
import scipy.linalg  # noqa: F401  so that SciPy's BLAS is counted, too
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_wtrdf import FourierRegressor, InversionRegressor, WTRDFRegressor
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.utils.threads import single_thread


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
    with single_thread:
        assert blas_threads() == {1}
        with single_thread:
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == {4}


def test_the_limit_is_lifted_after_an_error():
    with pytest.raises(ZeroDivisionError), single_thread:
        1 / 0  # noqa: B018
    assert blas_threads() == {4}


def test_the_last_of_several_python_threads_restores_what_was_before():
    first_entered, second_entered, first_left = threading.Event(), threading.Event(), threading.Event()
    seen = []

    def first():
        with single_thread:
            first_entered.set()
            second_entered.wait()
        first_left.set()

    def second():
        first_entered.wait()
        with single_thread:
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
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_results_do_not_depend_on_the_number_of_threads(ge_se):
    """One fit of each kind gives the same bits with 1, 2 and 4 threads of BLAS."""
    silica = load_material("silica", weighting="neutron", q_max=8).data

    def results():
        yield np.array(list(WTRDFRegressor().fit(ge_se.data, ge_se.target).params_.values()))
        yield FourierRegressor().fit(ge_se.data, ge_se.target).predict(ge_se.data)
        yield from InversionRegressor().fit(silica).predict(silica, return_std=True)

    of_threads = []
    for n_threads in (1, 2, 4):
        with threadpool_limits(n_threads):
            of_threads.append([result.tobytes() for result in results()])
    assert of_threads[0] == of_threads[1] == of_threads[2]
