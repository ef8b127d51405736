import re

import pytest

from sklearn_wtrdf import Adam, LSTMRegressor, RBFNetRegressor, WTRDFRegressor


@pytest.mark.parametrize("missing", ["torch", "skorch"])
@pytest.mark.parametrize("model", [RBFNetRegressor(), LSTMRegressor(), WTRDFRegressor(solver=Adam())])
def test_missing_torch_raises_one_line(model, missing, ge_se, without):
    pytest.importorskip("torch")
    without(missing)
    name = type(getattr(model, "solver", model)).__name__
    line = f'{name} needs {missing}, which is not installed: pip install "sklearn-wtrdf[torch]".'
    with pytest.raises(ImportError, match=f"^{re.escape(line)}$"):
        model.fit(ge_se.data, ge_se.target)
