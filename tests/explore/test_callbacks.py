"""Requests that no page sends are refused in one line, and nothing is logged."""

import copy
import json
import logging
import pickle
import random
import warnings
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("dash", reason="the page needs the extra explore")

from sklearn_wtrdf.explore.page import build
from sklearn_wtrdf.explore.schema import Settings
from sklearn_wtrdf.explore.uploads import read_upload
from sklearn_wtrdf.explore.workers import WorkerPool
from sklearn_wtrdf.wtrdf.wavelet import PUBLISHED


class Here(WorkerPool):
    """A pool without processes, which computes each result once."""

    def __init__(self):
        super().__init__(workers=1)
        self.close()
        self._results = {}

    def _run(self, full, window, serial, function, *args):
        request = pickle.dumps((function, args))
        if request not in self._results:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._results[request] = pickle.dumps(function(*args))
        return pickle.loads(self._results[request])

    def read(self, name, contents, samples, background_of=None, choices=None, opened=None):
        return read_upload(name, contents, samples, background_of, choices, opened)


class Silence(logging.Handler):
    """Holds what was logged."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@contextmanager
def silence(what=""):
    """Fail where anything is logged."""
    handler = Silence()
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
    assert handler.lines == [], what


@pytest.fixture(scope="module")
def page(paper):
    """A client of the page, and a valid body for each callback."""
    sample = replace(paper[0], q=paper[0].q[::6], s_r=paper[0].s_r[::6], number_density=0.034)
    pool = Here()
    client = build(pool, [sample]).server.test_client()
    chosen = {"r_max": 8.0, "opened": {"q_damp": 0.01}, "q_max": 7.0, "prior": "continuum", "systematic_errors": True}
    request = {"window": "w", "serial": 1, "samples": [sample.to_json()], "settings": chosen | {"noise": 0.05}}
    full = pool.full(sample, Settings.from_json(request["settings"]), [sample], "w", 1)
    wave = {"window": "w", "serial": 1, "sample": sample.name, "params": PUBLISHED}
    values = {
        "samples": [sample.to_json()],
        "opened": {"name": "settings.toml", "values": {"composition": "GeSe2", "q_max": 6.0, "bond": [2.0, 3.0]}},
        "dropped": [{"name": "a.sq", "contents": "", "background_of": "b"}],
        "undecided": [
            {"name": sample.name, "contents": "", "argument": "unit", "message": "a.sq: Give unit.", "choices": {}}
        ],
        "request": request,
        "fixed-priors": {sample.name: full["fixed_prior"]},
        "first": {"serial": 1, "solutions": [full | {"color": 0}]},
        "full": {"serial": 1, "solutions": [full | {"color": 0}]},
        "quantity": "g",
        "transforms": ["plain", "lorch"],
        "shown": sample.name,
        "q": [0.7, 7.9],
        "prior": "auto",
        "tab": "samples",
        "wave-sample": sample.name,
        "wave-request": wave,
        "landscape": {"a": [0.5, 1], "b": [1, 2], "loss": [[1, 2], [3, 4]], "params": PUBLISHED, "best": 1.0},
    }
    return client, [
        body for item in client.get("/_dash-dependencies").json for body in bodies(item, values, sample.name)
    ]


def bodies(callback, values, name):
    """Return the body with which the page requests a callback."""
    if callback["clientside_function"]:
        return []

    def filled(item):
        if item["id"].startswith("{"):  # a field of each sample
            field = {"id": json.loads(item["id"]) | {"name": name}, "property": item["property"], "value": 0.03}
            return field if "MATCH" in item["id"] else [field]
        at = {"min": 0, "max": 8} if item["id"] == "q" else {}
        return item | {"value": at.get(item["property"], values.get(item["id"], 1))}

    outputs = [dict(zip(("id", "property"), item.split("@")[0].rsplit(".", 1), strict=True))
               for item in callback["output"].strip(".").split("...")]  # fmt: skip
    for output in outputs:
        if output["id"].startswith("{"):
            output["id"] = json.loads(output["id"]) | {"name": name}
    body = {
        "output": callback["output"],
        "outputs": outputs if len(outputs) > 1 else outputs[0],
        "inputs": [filled(item) for item in callback["inputs"]],
        "state": [filled(item) for item in callback["state"]],
    }
    changed = [item[0] if isinstance(item, list) else item for item in body["inputs"]]
    return [
        body
        | {
            "changedPropIds": [
                f"{json.dumps(item['id']) if isinstance(item['id'], dict) else item['id']}.{item['property']}"
            ]
        }
        for item in changed
    ]


def paths(body, at=()):
    """Yield where everything in a body is; of long lists the first entry and the last."""
    yield at
    if isinstance(body, dict):
        for key in body:
            yield from paths(body[key], (*at, key))
    elif isinstance(body, list):
        for i in sorted({0, len(body) - 1} if len(body) > 4 else set(range(len(body)))):
            yield from paths(body[i], (*at, i))


def changed(body, at, value):
    """Return a body with something else in a place, or nothing there."""
    if not at:
        return value or {}
    body = copy.deepcopy(body)
    place = body
    for key in at[:-1]:
        place = place[key]
    if value is None:
        del place[at[-1]]
    else:
        place[at[-1]] = None if value == "null" else value
    return body


NONSENSE = [
    None,
    "null",
    {},
    [],
    [[]],
    [{}],
    "x",
    "",
    0,
    -1,
    1e308,
    10**400,
    float("nan"),
    True,
    [None],
    {"": {"x": 1}},
    "\ud800",
]


def check(response):
    assert response.status_code in (200, 204, 400)
    if response.status_code == 400:
        assert response.text.startswith("Refused: ")
        assert len(response.text.splitlines()) == 1
        assert len(response.text) < 400


def test_the_range_of_q_is_that_of_the_wavelength(page):
    scan = {"name": "a.xy", "x": [10.0, 50.0, 100.0], "intensity": [1.0, 2.0, 3.0], "axis": "2theta"}
    wavelength = {"id": {"type": "wavelength", "name": "a.xy"}, "property": "value"}
    names = ["min", "max", "value"]
    body = {
        "output": "..q.min...q.max...q.value..",
        "outputs": [{"id": "q", "property": name} for name in names],
        "state": [
            {"id": "q", "property": name, "value": value} for name, value in zip(names, (0, 8, [0, 8]), strict=True)
        ],
        "changedPropIds": ["samples.data"],
    }
    for line, high in (("CuKa", 6.25), ("MoKa", 13.55), ("0.5", 19.3), ("wrong", 6.25)):
        stores = [{"id": "samples", "property": "data", "value": [scan]}, {"id": "opened", "property": "data"}]
        inputs = [*stores, [wavelength | {"value": line}]]
        response = page[0].post("/_dash-update-component", json=body | {"inputs": inputs})
        assert response.json["response"]["q"]["max"] == pytest.approx(high)


def test_requests_of_the_page_succeed(page):
    client, valid = page
    assert len(valid) > 20
    with silence():
        for body in valid:
            response = client.post("/_dash-update-component", json=body)
            assert response.status_code in (200, 204), response.text


def test_opened_settings_set_the_controls_before_and_after_the_samples_come(page, paper):
    """q beyond the slider of an empty page is not lost, and ends that the settings do not have stay free."""
    opened = {"id": "opened", "property": "data", "value": {"name": "a.toml", "values": {"q_max": 12.5}}}

    def q_range(samples, trigger, low, high, value):
        state = [{"id": "q", "property": n, "value": v} for n, v in zip(names, (low, high, value), strict=True)]
        body = {
            "output": "..q.min...q.max...q.value..",
            "outputs": [{"id": "q", "property": name} for name in names],
            "inputs": [{"id": "samples", "property": "data", "value": samples}, opened, []],
            "state": state,
            "changedPropIds": [trigger],
        }
        response = page[0].post("/_dash-update-component", json=body).json["response"]["q"]
        return response["min"], response["max"], response["value"]

    names, grid = ["min", "max", "value"], np.arange(0.5, 20, 0.05)
    empty = q_range([], "opened.data", 0, 8, [0, 8])
    assert (empty[0], empty[2]) == (0, [0, 12.5])
    sample = {"name": "a.sq", "q": grid.tolist(), "s_r": (0 * grid).tolist()}
    low, high, ends = q_range([sample], "samples.data", *empty)
    assert (low, high, ends) == (pytest.approx(0.5), pytest.approx(20.0), [low, 12.5])
    assert q_range([sample], "opened.data", low, high, [3.0, 5.0])[2] == [low, 12.5]


def test_a_request_of_another_shape_is_refused_in_one_line_without_log(page, capfd):
    client, valid = page
    choose = random.Random(0).choice
    for body in valid:
        for _ in range(12):
            at, value = choose(list(paths(body))), choose(NONSENSE)
            with silence(f"{body['output']} {at} {value!r}"[:500]):
                check(client.post("/_dash-update-component", json=changed(body, at, value)))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[]", b"1", b'"x"', b"\xff", b"[" * 100_000, b"{}", b'{"a":' * 5000]
)
@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_an_invalid_request_is_refused_in_one_line_without_log(page, body, kind, capfd):
    with silence():
        response = page[0].post("/_dash-update-component", data=body, content_type=kind)
    assert response.status_code in (400, 415)
    assert response.text.startswith("Refused: ")
    assert len(response.text.splitlines()) == 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "path", ["/_dash-component-suites/os/path", "/_dash-component-suites/dash/x.js", "/assets/nothing"]
)
def test_a_missing_file_is_refused_in_one_line_without_log(page, path, capfd):
    with silence():
        response = page[0].get(path)
    assert response.status_code in (400, 404)
    assert response.text.startswith("Refused: ")
    assert capfd.readouterr() == ("", "")
