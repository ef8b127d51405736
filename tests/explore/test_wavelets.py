"""The second tab: the landscape of a sample, and sliders that a button sets."""

import numpy as np
import pytest

pytest.importorskip("dash", reason="the page needs the extra explore")

from dash import Dash, html

from sklearn_wtrdf.explore.layout import PUBLISHED_PARAMETERS
from sklearn_wtrdf.explore.wavelets import connect_wavelets
from sklearn_wtrdf.wtrdf.wavelet import PARAMETERS


class Pool:
    """A pool that computes in this process."""

    def compute(self, function, *args, **options):
        return function(*args)


@pytest.fixture(scope="module")
def client():
    app = Dash(__name__, suppress_callback_exceptions=True)
    app.layout = html.Div()
    connect_wavelets(app, Pool())
    return app.server.test_client()


def landscape(client, sample, tab):
    """Ask for the landscape of a sample as the page does when a tab is opened."""
    body = {
        "output": "landscape.data",
        "outputs": {"id": "landscape", "property": "data"},
        "inputs": [
            {"id": "tab", "property": "data", "value": tab},
            {"id": "wave-sample", "property": "value", "value": sample.name},
        ],
        "state": [{"id": "samples", "property": "data", "value": [sample.to_json()]}],
        "changedPropIds": ["tab.data"],
    }
    return client.post("/_dash-update-component", json=body)


def preset(client, name, landscape):
    """Click the button of a set of parameters."""
    sliders = [f"wave-{parameter}" for parameter in PARAMETERS]
    button = {"type": "preset", "name": name}
    body = {
        "output": f"..{'...'.join(f'{slider}.value' for slider in sliders)}..",
        "outputs": [{"id": slider, "property": "value"} for slider in sliders],
        "inputs": [[{"id": button, "property": "n_clicks", "value": 1}]],
        "state": [{"id": "landscape", "property": "data", "value": landscape}],
        "changedPropIds": [f'{{"name":"{name}","type":"preset"}}.n_clicks'],
    }
    return client.post("/_dash-update-component", json=body)


def test_the_landscape_is_computed_when_its_tab_is_open(client, paper):
    assert landscape(client, paper[0], "samples").status_code == 204
    data = landscape(client, paper[0], "wavelets").json["response"]["landscape"]["data"]
    assert np.shape(data["loss"]) == (len(data["b"]), len(data["a"]))
    assert data["best"] <= np.min(data["loss"]) + 1e-9


def test_buttons_set_the_sliders_to_published_parameters_and_to_the_lowest_loss(client):
    name = next(iter(PUBLISHED_PARAMETERS))
    best = dict.fromkeys(PARAMETERS, 0.25)
    for button, expected in ((name, PUBLISHED_PARAMETERS[name]), ("lowest loss", best)):
        response = preset(client, button, {"params": best}).json["response"]
        assert [response[f"wave-{parameter}"]["value"] for parameter in PARAMETERS] == [
            expected[parameter] for parameter in PARAMETERS
        ]
    assert preset(client, "lowest loss", None).status_code == 204  # there is no landscape yet
