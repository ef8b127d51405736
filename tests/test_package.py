import subprocess
import sys

import sklearn_wtrdf


def test_importing_the_package_loads_no_torch():
    code = "import sklearn_wtrdf, sys; print(sorted({'torch', 'skorch', 'sklearn', 'pandas'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_fit_by_the_default_solver_loads_no_torch():
    code = (
        "import sys; from sklearn_wtrdf import WTRDFRegressor; from sklearn_wtrdf.datasets import load_ge_se; "
        "WTRDFRegressor().fit(*load_ge_se(return_X_y=True)); print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_every_public_name_is_there():
    for name in sklearn_wtrdf.__all__:
        assert getattr(sklearn_wtrdf, name) is not None
