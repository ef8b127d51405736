"""The benchmark of the verdict's checks."""

import numpy as np
import pytest

pytest.importorskip("xraydb", reason="xraydb is not installed: pip install 'sklearn-wtrdf[simulation]'")

from sklearn_wtrdf.benchmarks.board.checks import SITUATIONS, TUBE_OF, case_of_s, case_of_scan, tasks_of, verdict_of

from sklearn_wtrdf.datasets import load_material


def test_a_situation_changes_only_its_subject():
    right, dense = (case_of_scan("argon", situation) for situation in ("right", "density 30 % too high"))
    np.testing.assert_array_equal(dense.table, right.table)
    assert dense.settings["number_density"] == pytest.approx(1.3 * right.settings["number_density"])
    same = case_of_scan("argon", "sample as background")
    np.testing.assert_array_equal(same.background, same.table)
    crystalline = case_of_scan("argon", "partly crystalline")
    excess = crystalline.table[:, 1] / right.table[:, 1] - 1
    assert excess.min() == 0
    assert 0.2 < excess.max() < 1.5
    assert case_of_s("nitrogen", "wrong formula").settings["composition"] == "Ge25Se75"


def test_materials_of_both_halves_are_in_every_situation():
    tasks, halves = list(tasks_of(list(TUBE_OF))), {name: load_material(name).half for name in TUBE_OF}
    for situation in SITUATIONS:
        names = {name for name, _, of in tasks if of == situation}
        assert {halves[name] for name in names} == {"development", "test"}


@pytest.mark.slow
def test_a_verdict_is_marked_and_names_the_mistake():
    right, dense = (verdict_of("nickel", "S(q)", situation) for situation in ("right", "density 30 % too high"))
    assert (right["marked"], right["named"]) == (False, False)
    assert (dense["marked"], dense["named"]) == (True, True)
