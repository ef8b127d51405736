import subprocess
import sys

import numpy as np

from sklearn_wtrdf.datasets import load_ge_se


def test_table_a1(ge_se):
    assert ge_se.data.shape == (58, 149)
    assert ge_se.frame.shape == (58, 150)
    assert (ge_se.r[0], ge_se.r[-1], ge_se.q[0], ge_se.q[-1]) == (2.08621, 5.58369, 0.65, 8.0)
    assert (ge_se.target[4], ge_se.target[29], ge_se.s_r[0], ge_se.s_r[-1]) == (5.14732, 2.02941, -0.591721, -0.006)
    np.testing.assert_array_equal(ge_se.frame["g"], ge_se.target)
    np.testing.assert_array_equal(ge_se.data["S_R(8)"], np.full(58, -0.006))
    assert "AIMD" in ge_se.DESCR


def test_return_x_y(ge_se):
    X, y = load_ge_se(return_X_y=True)
    assert X.equals(ge_se.data)
    np.testing.assert_array_equal(y, ge_se.target)


def test_data_are_read_from_another_directory(tmp_path):
    code = "from sklearn_wtrdf.datasets import load_ge_se; print(load_ge_se().data.shape)"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "(58, 149)"
