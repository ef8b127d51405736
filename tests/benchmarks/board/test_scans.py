import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn_wtrdf.benchmarks.board.cells import cells_of, measurement_of
from sklearn_wtrdf.benchmarks.board.scans import SIMULATION

from sklearn_wtrdf.datasets import load_material


@pytest.mark.parametrize(
    ("name", "condition", "q_max", "size"),
    [
        ("silica", "q8-reduced", 7.8, 0.02),
        ("silica", "q17-reduced", 17.0, 0.03),
    ],
)
def test_a_reduced_scan_is_near_the_true_s(name, condition, q_max, size):
    pytest.importorskip("xraydb", reason="xraydb is not installed: pip install 'sklearn-wtrdf[simulation]'")
    [cell] = cells_of([name], [condition], ["fourier"])  # not with neutrons
    assert cell.weighting == "x-ray"
    measurement, truth = measurement_of(cell)
    assert measurement.q[-1] == pytest.approx(q_max)
    assert measurement.density == truth.density
    material = load_material(name)
    errors = measurement.S - np.interp(measurement.q, material.q, material.s)
    assert 1e-4 < np.sqrt(np.mean(errors[measurement.q > 1.5] ** 2)) < size
    np.testing.assert_array_equal(measurement.S, measurement_of(cell)[0].S)


def test_functions_of_a_script_that_use_the_diffractometer_run_in_other_processes(monkeypatch, capsys):
    """As those of checks.py and reduction.py do: a script's functions are sent to processes with what they refer to.

    The script is run in this process, and its functions belong to __main__, as those of any script.
    """
    pytest.importorskip("xraydb", reason="xraydb is not installed: pip install 'sklearn-wtrdf[simulation]'")
    script = (
        "from joblib.externals.loky import get_reusable_executor\n"
        "from sklearn_wtrdf.benchmarks.board.scans import load_diffractometer\n"
        "diffractometer = load_diffractometer()\n"
        "def tubes():\n"
        "    return sorted(diffractometer.TUBES)\n"
        "print(get_reusable_executor(1, reuse=False).submit(tubes).result())\n"
        "get_reusable_executor().shutdown()\n"
    )
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if Path(folder) != SIMULATION])
    exec(script, {"__name__": "__main__"})
    assert capsys.readouterr().out == "['Ag', 'Cu']\n"
