"""The solver that docs/extending.md shows, run as it stands there."""

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from sklearn_wtrdf import WTRDFRegressor, register_solver
from sklearn_wtrdf.wtrdf import solvers

PAGE = Path(__file__).parents[3] / "docs/extending.md"
BOX = {"a": (0.55, 0.65), "b": (4.3, 4.7), "K_f": (0.0, 0.3), "C": (0.1, 0.3), "Lambda": (-6.0, -4.0)}


@pytest.fixture(scope="module")
def solver_class():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (code,) = (block for block in blocks if "def solve(self, problem" in block)
    names = {}
    exec(code, names)
    return names["DifferentialEvolution"]


def test_the_solver_of_the_page_finds_the_minimum_by_object_and_by_name(ge_se, solver_class):
    register_solver("differential_evolution", solver_class)
    lowest = WTRDFRegressor(BOX).fit(ge_se.data, ge_se.target).loss_
    fits = [
        clone(WTRDFRegressor(BOX, solver=solver)).fit(ge_se.data, ge_se.target)
        for solver in (solver_class(300), "differential_evolution")
    ]
    for fit in fits:
        assert lowest - 1e-9 <= fit.loss_ < lowest + 0.05
        assert fit.n_iter_ == len(fit.loss_curve_) > 1
        assert all(low <= fit.params_[name] <= high for name, (low, high) in BOX.items())


def test_its_parameters_are_the_models(solver_class):
    model = WTRDFRegressor(solver=solver_class()).set_params(solver__max_iter=7)
    assert model.solver.max_iter == 7
    assert np.isin("solver__random_state", list(model.get_params()))


def test_solvers_of_packages_are_known_but_for_those_that_cannot_be_imported(tmp_path, monkeypatch):
    info = tmp_path / "my_solvers-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-solvers\nVersion: 1.0\n")
    points = "patient = sklearn_wtrdf.wtrdf.solvers:LBFGSB\nadam = no:thing\nbroken = no_such_module:Solver\n"
    (info / "entry_points.txt").write_text(f"[sklearn_wtrdf.solvers]\n{points}")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(solvers, "_NAMED", dict(solvers._NAMED))
    for name in ("broken", "nothing"):
        with (
            pytest.warns(UserWarning, match="The solver 'broken' of no_such_module:Solver is not available: No module"),
            pytest.raises(ValueError, match=f"solver='{name}' is not known.*'patient'") as refused,
        ):
            solvers.named_solver(name)
        assert "'broken'," not in str(refused.value)
    assert solvers.named_solver("patient", max_iter=7).max_iter == 7
    assert isinstance(solvers.named_solver("adam"), solvers.Adam)
