import multiprocessing
import os
import tempfile
import threading
import time
from concurrent.futures import wait
from dataclasses import replace

import numpy as np
import pytest

from sklearn_wtrdf.explore import solve
from sklearn_wtrdf.explore.schema import Settings
from sklearn_wtrdf.explore.workers import SupersededError
from tests.explore import misbehaving
from tests.explore.misbehaving import hang, wait_for

pytest.importorskip("dash", reason="the page needs the extra explore")


@pytest.mark.slow
def test_solutions_of_two_windows_are_not_mixed_up(pool, coarse):
    samples = [replace(coarse[0], name=f"{i}", number_density=density) for i, density in enumerate((0.03, 0.04))]
    solutions, settings = {}, Settings(q_max=5.0, prior="continuum")

    def window(sample):
        solutions[sample.name] = pool.full(sample, settings, samples, sample.name, 1)

    threads = [threading.Thread(target=window, args=(sample,)) for sample in samples]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = {item.name: solve.solution_of(item, settings, solve.fitted(item, settings, samples)) for item in samples}

    def apart(item, other):
        """Return how far g is apart, in standard deviations. Rounding may let two searches end up to 0.01 apart."""
        return np.max(np.abs(np.subtract(item["g"], other["g"])) / other["std"])

    for sample in samples:
        assert solutions[sample.name]["number_density"] == sample.number_density
        assert apart(solutions[sample.name], alone[sample.name]) < 0.01
        assert all(apart(solutions[sample.name], alone[other.name]) > 0.1 for other in samples if other is not sample)


def test_an_older_request_of_a_window_is_superseded(pool, coarse):
    pool.first(coarse[0], Settings(prior="reference", r_max=5.0), coarse, None, "window", 5)
    with pytest.raises(SupersededError):
        pool.first(coarse[0], Settings(prior="reference", r_max=5.0), coarse, None, "window", 4)


def test_waiting_requests_are_dropped_when_a_newer_request_comes(pool, coarse, tmp_path):
    outcomes, threads, go = {}, [], tmp_path / "go"
    pool._submit(True, wait_for, go)  # keeps the only process for full solutions

    def request(serial):
        try:
            pool.full(coarse[0], Settings(q_max=6 + serial / 10, prior="continuum"), coarse, "busy window", serial)
            outcomes[serial] = "solved"
        except SupersededError:
            outcomes[serial] = "dropped"

    for serial in range(4):
        threads.append(threading.Thread(target=request, args=(serial,)))
        threads[-1].start()
        while pool._windows.get("busy window", (-1,))[0] != serial:
            time.sleep(0.01)
    go.touch()
    for thread in threads:
        thread.join()
    assert outcomes == {0: "dropped", 1: "dropped", 2: "dropped", 3: "solved"}


def test_a_fitted_model_gives_other_distances_at_once(pool, coarse):
    settings = Settings(q_max=6.5, prior="continuum")
    pool.full(coarse[0], settings, coarse, "distances", 1)
    other = pool.first(coarse[0], replace(settings, r_max=6.0), coarse, None, "distances", 2)
    assert not other["quick"]
    assert len(other["g"]) == 300


def test_a_request_that_never_ends_is_stopped_with_its_process(pool, coarse, monkeypatch):
    before, settings = pool._result(pool._submit(True, os.getpid)), Settings(q_max=7.3, prior="continuum")
    monkeypatch.setattr("sklearn_wtrdf.explore.workers._COMPUTING", 0.5)
    monkeypatch.setattr("sklearn_wtrdf.explore.workers._solve", hang)
    for _ in range(2):
        with pytest.raises(ValueError, match="was stopped: try fewer points"):
            pool.full(coarse[0], settings, coarse, "endless", 1)
    monkeypatch.undo()
    assert len(pool.full(coarse[0], settings, coarse, "endless", 1)["g"]) == 500
    assert before not in [process.pid for process in multiprocessing.active_children()]


@pytest.mark.parametrize("fails", ["die", "hang"])
def test_a_computation_that_failed_before_the_first_request_is_repeated(fails, pool, coarse, monkeypatch):
    sample = replace(coarse[0], number_density=0.033 if fails == "die" else 0.032)
    monkeypatch.setattr("sklearn_wtrdf.explore.workers._solve", getattr(misbehaving, fails))
    monkeypatch.setattr("sklearn_wtrdf.explore.workers._COMPUTING", 0.5 if fails == "hang" else 300.0)
    pool.prepare(sample, [sample])
    [future] = [future for _, future in pool._prepared.values()]
    wait([future])
    monkeypatch.undo()
    assert pool.first(sample, Settings(), [sample], None, "early", 1)["quick"]
    assert not pool.full(sample, Settings(), [sample], "early", 1)["quick"]
    pool._prepared.clear()


@pytest.mark.parametrize(("reader", "message"), [("die", "crashed"), ("hang", "took more than")])
def test_a_file_that_crashes_its_reader_leaves_the_pool_working(reader, message, pool, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("sklearn_wtrdf.explore.workers.read_upload", getattr(misbehaving, reader))
    if reader == "hang":
        monkeypatch.setattr("sklearn_wtrdf.explore.workers._READING", 1.0)
    with pytest.raises(ValueError, match=rf"^a\.nxs: .*{message}.*damaged"):
        pool.read("a.nxs", "", [])
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"^a\.sq: no table of numbers"):
        pool.read("a.sq", "", [])
