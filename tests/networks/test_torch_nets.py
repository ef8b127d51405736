import numpy as np
import pytest

from sklearn_wtrdf import Adam, LSTMRegressor, RBFNetRegressor, WTRDFRegressor

pytest.importorskip("torch")
import torch

NETWORKS = [RBFNetRegressor, LSTMRegressor]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("network", NETWORKS)
def test_a_gpu_agrees_with_the_cpu(network, curve):
    X, y = curve
    model = network(random_state=0, device="cuda").fit(X, y)
    state = model.__getstate__()
    assert next(model.net_.module_.parameters()).is_cuda
    state["net_"]["device"] = "cpu"
    twin = network()
    twin.__setstate__(state)
    np.testing.assert_allclose(twin.predict(X), model.predict(X), atol=1e-4)


@pytest.mark.parametrize(
    "model",
    [
        RBFNetRegressor(4, 0.01, max_iter=1),
        LSTMRegressor(4, reading="sequence", max_iter=1),
        WTRDFRegressor(solver=Adam(max_iter=1)),
    ],
)
def test_torch_computes_in_one_thread_under_any_setting(model, ge_se, monkeypatch):
    threads = set()
    call = torch.nn.Module.__call__

    def watched(module, *values, **named):
        threads.add(torch.get_num_threads())
        return call(module, *values, **named)

    monkeypatch.setattr(torch.nn.Module, "__call__", watched)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        model.fit(ge_se.data, ge_se.target).predict(ge_se.data)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert threads == {1}
