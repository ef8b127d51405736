import pandas as pd
from sklearn_wtrdf.benchmarks.board import calibration


def test_reports_are_counted_and_errors_compared_with_those_of_the_right_q():
    common = {"material": "silica", "half": "development", "data": "xn", "condition": "q17"}
    rows = [
        {"factor": 1.0, "pattern": "n", "estimate": 1.001, "gain": 0.2, "mae": 0.1, "is_reported": False},
        {"factor": 1.01, "pattern": "n", "estimate": 1.009, "gain": 30.0, "mae": 0.3, "is_reported": True},
    ]
    table = calibration.summary_of(pd.DataFrame([common | {"is_contradictory": False} | row for row in rows]))
    right, wrong = table.to_dict("records")
    assert (right["reported"], wrong["reported"], wrong["right_pattern"]) == (0, 1, 1)
    assert round(wrong["error_of_g"], 6) == 3.0
    assert round(wrong["error_of_factor"], 6) == 0.001
