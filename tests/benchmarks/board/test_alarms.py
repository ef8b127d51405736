"""Which warnings are due, on the leaderboard's own conditions."""

import pytest
from sklearn_wtrdf.benchmarks.board.alarms import WARNINGS, kind_of, warnings_of
from sklearn_wtrdf.benchmarks.board.cells import Cell
from sklearn_wtrdf.benchmarks.board.conditions import EFFECTS


def test_every_condition_of_a_warning_is_an_effect_of_the_leaderboard():
    for _, due, allowed in WARNINGS.values():
        assert {*due, *allowed} <= {*EFFECTS}
        assert not {*due} & {*allowed}
    assert kind_of("outliers", "outlier") == "due"
    assert kind_of("scale", "dense") == "allowed"
    assert kind_of("outliers", "n1") == "false alarm"


@pytest.mark.parametrize(
    ("condition", "warning"), [("q8-outlier", "outliers"), ("q17-background", "systematic error"), ("q8-n1", None)]
)
def test_warnings_are_those_of_the_condition(condition, warning):
    issued = warnings_of(Cell("argon", "x-ray", condition, "inversion"))
    assert issued["condition"] == condition.split("-")[1]
    assert {name for name in WARNINGS if issued[name]} == ({warning} if warning else set())
