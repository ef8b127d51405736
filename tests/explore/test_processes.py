import signal
import tempfile
import threading
from pathlib import Path

import pytest

from sklearn_wtrdf.explore.processes import EndedError, TooLongError, Worker
from sklearn_wtrdf.explore.workers import WorkerPool
from tests.explore.misbehaving import die, hang, wait_for

pytest.importorskip("dash", reason="the page needs the extra explore")


def test_a_process_that_dies_is_replaced(pool, paper):
    with pytest.raises(ValueError, match="Try again"):
        pool.compute(die)
    assert pool.compute(len, [1, 2]) == 2


def test_a_pool_closes_during_an_endless_computation(tmp_path):
    pool, begun, message = WorkerPool(workers=1), tmp_path / "begun", []

    def request():
        try:
            pool.compute(hang, begun)
        except ValueError as error:
            message.append(f"{error}")

    thread = threading.Thread(target=request)
    thread.start()
    wait_for(begun)
    pool.close()
    thread.join()
    assert "was ended" in message[0]


def test_temporary_files_of_a_computation_are_removed(pool, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = pool.compute(tempfile.mkdtemp)
    assert Path(folder).is_relative_to(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_processes_ignore_ctrl_c(pool):
    for full in (False, True):
        assert pool._result(pool._submit(full, signal.getsignal, signal.SIGINT)) == signal.SIG_IGN


def test_a_worker_starts_again_after_its_process_has_ended():
    worker = Worker()
    try:
        assert worker.run(60.0, divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            worker.run(60.0, divmod, 7, 0)
        with pytest.raises(EndedError):
            worker.run(60.0, die)
        with pytest.raises(TooLongError):
            worker.run(0.2, hang)
        assert worker.run(60.0, len, "abc") == 3
    finally:
        worker.close()
    with pytest.raises(EndedError):
        worker.run(60.0, len, "abc")
