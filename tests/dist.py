"""What `make dist` has built, looked into and tried. `make test` leaves it out, as it builds nothing."""

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HELD = {  # where the wheel keeps it: the folder it is made of
    "sklearn_wtrdf": ("sklearn_wtrdf", {".py", ".pyi", ".typed", ".mplstyle"}),
    "sklearn_wtrdf/benchmarks": ("benchmarks", {".py", ".toml"}),
    "sklearn_wtrdf/datasets/data": ("data", {".csv", ".py", ".json", ".md"}),
}
ALONE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # it may lead to the repository
LEFT_OUT = {"benchmarks/asv", "benchmarks/results", "data/simulation"}  # of the wheel


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
    } | {f"sklearn_wtrdf/benchmarks/{path.name}" for path in ROOT.glob("benchmarks/*.csv")}
    assert names == expected
    assert {"METADATA", "entry_points.txt", "licenses/LICENSE"} <= info


def test_the_source_distribution_holds_the_repository():
    with tarfile.open(built("*.tar.gz")) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {path for path in tracked() if not path.startswith((".ci/", ".github/", ".gitignore"))} <= names


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Install the wheel where nothing else is."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    install = [scripts / "python", "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", built("*.whl")]
    subprocess.run(install, env=ALONE, check=True)
    return scripts


def run(command: list, folder: Path) -> str:
    """Return what a command prints, run away from the repository."""
    return subprocess.run(command, cwd=folder, env=ALONE, capture_output=True, text=True, check=True).stdout


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


def test_the_installed_command_says_what_it_can(environment, tmp_path):
    assert "reconstruct" in run([environment / "wtrdf", "--help"], tmp_path)
