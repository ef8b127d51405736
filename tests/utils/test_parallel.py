import joblib
import pytest

from sklearn_wtrdf.utils import parallel


def test_no_more_processes_are_started_than_there_are_cores_or_tasks(monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 4)
    assert parallel.n_workers(100_000, 10_000) == 4
    assert parallel.n_workers(100_000, 3) == 3
    assert parallel.n_workers(None, 10_000) == 1
    assert parallel.n_workers(2, 0) == 1
    with pytest.raises(ValueError, match="n_jobs must be"):
        parallel.n_workers(0, 3)
    assert [len(task) for task in parallel.chunks(range(10), 2)] == [1] * 10
    assert {len(task) for task in parallel.chunks(range(10_000), 2)} == {100}


@pytest.mark.parametrize("n", [1, 2])
def test_results_are_in_the_order_of_the_tasks(n):
    assert list(parallel.map_tasks(abs, range(-20, 20), n)) == [abs(i) for i in range(-20, 20)]


def test_the_error_of_a_task_is_raised():
    with pytest.raises(TypeError, match="bad operand"):
        list(parallel.map_tasks(abs, [1, "x"]))
