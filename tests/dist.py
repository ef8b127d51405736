"""What `make dist` has built, looked into and tried without torch. `make test` leaves it out, as it builds nothing."""

import http.cookiejar
import os
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HELD = {  # where the wheel keeps it: the folder it is made of
    "sklearn_wtrdf": ("sklearn_wtrdf", {".py", ".pyi", ".typed", ".mplstyle", ".css", ".js"}),
    "sklearn_wtrdf/benchmarks": ("benchmarks", {".py", ".toml"}),
    "sklearn_wtrdf/datasets/data": ("data", {".csv", ".py", ".json", ".md"}),
}
ALONE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # it may lead to the repository
LEFT_OUT = {"benchmarks/speed/asv", "benchmarks/results", "data/simulation"}  # of the wheel


def built(pattern: str) -> Path:
    """Return the one file in dist/ that is called so."""
    [path] = (ROOT / "dist").glob(pattern)
    return path


def tracked() -> set[str]:
    """Return the files of the repository."""
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(listing.splitlines())


def test_the_wheel_holds_the_code_and_the_data_and_nothing_else():
    with zipfile.ZipFile(built("*.whl")) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        info = {name.split(".dist-info/")[1] for name in wheel.namelist() if ".dist-info/" in name}
    expected = {
        f"{place}{path.removeprefix(folder)}"
        for place, (folder, kinds) in HELD.items()
        for path in tracked()
        if path.startswith(f"{folder}/")
        and Path(path).suffix in kinds
        and not any(path.startswith(f"{out}/") for out in LEFT_OUT)
    } | {f"sklearn_wtrdf/benchmarks/paper/{path.name}" for path in ROOT.glob("benchmarks/paper/*.csv")}
    assert names == expected
    assert {"METADATA", "entry_points.txt", "licenses/LICENSE"} <= info


def test_the_source_distribution_holds_the_repository():
    with tarfile.open(built("*.tar.gz")) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {path for path in tracked() if not path.startswith((".ci/", ".github/", ".gitignore"))} <= names


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Install the wheel with the page where nothing else is, and no torch."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    install = [scripts / "python", "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt"]
    subprocess.run([*install, f"{built('*.whl')}[explore]"], env=ALONE, check=True)
    return scripts


def run(command: list, folder: Path) -> str:
    """Return what a command prints, run away from the repository."""
    ran = subprocess.run(command, cwd=folder, env=ALONE, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_installed_wheel_imports_and_finds_its_data(environment, tmp_path):
    code = (
        "import sklearn_wtrdf; from sklearn_wtrdf.datasets import load_ag_ge_se, load_ge_se, load_material; "
        "load_ge_se(); load_ag_ge_se(10); load_material('argon'); "
        "assert all(getattr(sklearn_wtrdf, name) for name in sklearn_wtrdf.__all__); "
        "print(sklearn_wtrdf.__file__); print(sklearn_wtrdf.__version__)"
    )
    file, version = run([environment / "python", "-c", code], tmp_path).splitlines()
    assert Path(file).is_relative_to(environment.parent)
    assert f"-{version}-" in built("*.whl").name


def test_the_help_of_the_installed_command_lists_its_commands(environment, tmp_path):
    assert "reconstruct" in run([environment / "wtrdf", "--help"], tmp_path)


SCAN = """
import numpy as np
from sklearn_wtrdf import Composition
from sklearn_wtrdf.scattering.angles import q_of, wavelength_of
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.reduction.scattering_model import ScatteringModel

two_theta, silica = np.arange(4, 125, 0.2), load_material("silica", weighting="x-ray")
q = q_of(two_theta, wavelength_of("AgKa"))
atoms = ScatteringModel.of(Composition("SiO2"), q, wavelength_of("AgKa"))
coherent = atoms.mean_of_square + atoms.square_of_mean * (np.interp(q, silica.q, silica.s) - 1)
counts = np.random.default_rng(0).poisson(1000 * atoms.polarization * (coherent + atoms.compton))
np.savetxt("scan.xy", np.column_stack([two_theta, counts]))
"""


def test_the_command_goes_from_a_scan_to_g(environment, tmp_path):
    run([environment / "python", "-c", SCAN], tmp_path)
    command = "pdf scan.xy --composition SiO2 --mass-density 2.2 --wavelength AgKa -o out"
    run([environment / "wtrdf", *command.split()], tmp_path)
    assert (tmp_path / "out" / "scan.gr").exists()


def test_the_page_is_served_at_the_link_that_is_printed(environment, tmp_path):
    command = [environment / "wtrdf", "explore", "--no-browser"]
    with subprocess.Popen(command, cwd=tmp_path, env=ALONE, stdout=subprocess.PIPE, text=True) as server:
        try:
            link = next(word for line in server.stdout for word in line.split() if word.startswith("http://"))
            cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
            opener.open(link).close()  # it leaves a cookie, with which the page is answered
            with opener.open(urllib.parse.urljoin(link, "/")) as page:
                assert page.status == 200
                assert b"dash" in page.read()
        finally:
            server.terminate()


FITS = """
import warnings
from importlib import util
from sklearn.utils.estimator_checks import check_estimator
from sklearn_wtrdf import FourierRegressor, InversionRegressor, Reduction, WTRDFRegressor, save
from sklearn_wtrdf.datasets import load_ge_se

assert not [name for name in ("torch", "skorch", "glassure") if util.find_spec(name)]
warnings.simplefilter("ignore")  # of tables of random numbers
check_estimator(WTRDFRegressor(q=(0.65, 8.0)))
check_estimator(FourierRegressor(number_density=0.034, q=(0.65, 8.0)))
check_estimator(Reduction("SiO2", number_density=0.066, x=(10, 100), normalization="high-q"))
X, y = load_ge_se(return_X_y=True)
save(InversionRegressor().fit(X, y), "model.skops")
"""


def test_estimators_keep_scikit_learns_contract_without_torch(environment, tmp_path):
    run([environment / "python", "-c", FITS], tmp_path)
    assert "InversionRegressor" in run([environment / "wtrdf", "report", "model.skops"], tmp_path)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("RBFNetRegressor()", "RBFNetRegressor"),
        ("LSTMRegressor()", "LSTMRegressor"),
        ("WTRDFRegressor(solver='adam')", "Adam"),
    ],
)
def test_without_torch_the_error_names_what_needs_it(environment, tmp_path, model, name):
    code = (
        "from sklearn_wtrdf import LSTMRegressor, RBFNetRegressor, WTRDFRegressor\n"
        "from sklearn_wtrdf.datasets import load_ge_se\n"
        f"try: {model}.fit(*load_ge_se(return_X_y=True))\n"
        "except ImportError as error: print(error)"
    )
    line = f'{name} needs torch, which is not installed: pip install "sklearn-wtrdf[torch]".'
    assert run([environment / "python", "-c", code], tmp_path).splitlines() == [line]


def test_show_versions_lists_missing_torch(environment, tmp_path):
    shown = run([environment / "python", "-c", "import sklearn_wtrdf; sklearn_wtrdf.show_versions()"], tmp_path)
    assert "torch computes on: None" in shown
