import ast
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import sklearn_wtrdf
from sklearn_wtrdf import LSTMRegressor, load, save

ROOT = Path(__file__).parent.parent


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


PYPROJECT = tomllib.loads(read("pyproject.toml"))
DEPENDENCIES = PYPROJECT["project"]["dependencies"]
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
PACKAGE = ROOT / "sklearn_wtrdf"
MODULES = sorted(
    path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if not path.stem.startswith("__")
)
MAX_LINES, MAX_METHODS, MAX_LINES_OF_A_FUNCTION = 450, 25, 60  # of a module, a class, and a function's statements


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


def test_loading_a_network_without_torch_raises_one_line(ge_se, tmp_path, without):
    path = save(LSTMRegressor(4, max_iter=1).fit(ge_se.data[["r"]], ge_se.target), tmp_path / "network.skops")
    without("torch")
    line = f'{path}: LSTMRegressor needs torch, which is not installed: pip install "sklearn-wtrdf[torch]".'
    with pytest.raises(ImportError, match=f"^{re.escape(line)}$"):
        load(path)


def test_torch_and_skorch_are_imported_by_two_modules_alone():
    importers = {
        path.name
        for path in (ROOT / "sklearn_wtrdf").rglob("*.py")
        if re.search("^(import|from) (torch|skorch)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert importers == {"_torch_nets.py", "_torch_twin.py"}


def test_every_public_name_is_there():
    for name in sklearn_wtrdf.__all__:
        assert getattr(sklearn_wtrdf, name) is not None


def test_the_version_in_the_recipe_is_that_of_the_package():
    assert re.search(r'set version = "(.*)"', read("recipe/meta.yaml"))[1] == sklearn_wtrdf.__version__
    assert PYPROJECT["project"]["dynamic"] == ["version"]


def test_the_conda_recipe_has_the_requirements_of_pyproject():
    recipe = yaml.safe_load(re.sub(r"{%.*%}|{{.*?}}", "", read("recipe/meta.yaml")))["requirements"]
    conda_names = {"torch": "pytorch"}
    required = {conda_names.get(item.name, item.name): item.specifier for item in map(Requirement, DEPENDENCIES)}
    required["python"] = SpecifierSet(PYPROJECT["project"]["requires-python"])
    torch = {conda_names.get(each.name, each.name): each.specifier for each in map(Requirement, EXTRAS["torch"])}
    assert torch == {
        name: SpecifierSet(limits) for name, limits in (line.split() for line in recipe["run_constrained"])
    }
    assert required == {name: SpecifierSet(limits) for name, limits in (line.split() for line in recipe["run"])}
    built_with = {item.name: item.specifier for item in map(Requirement, PYPROJECT["build-system"]["requires"])}
    host = dict(line.split() for line in recipe["host"] if " " in line)
    assert built_with | {"python": required["python"]} == {name: SpecifierSet(limits) for name, limits in host.items()}


def test_every_dependency_has_a_lowest_version_and_a_pinned_one_that_is_no_lower():
    pins = dict(line.split("==") for line in read("constraints.txt").splitlines() if "==" in line)
    pins = {canonicalize_name(name): version for name, version in pins.items()}
    for item in map(Requirement, DEPENDENCIES + [line for group in EXTRAS.values() for line in group]):
        if item.name != "sklearn-wtrdf":
            assert ">=" in str(item.specifier), item
    installed = set(DEPENDENCIES).union(*(group for name, group in EXTRAS.items() if name != "simulation"))
    for item in map(Requirement, installed):
        if item.name != "sklearn-wtrdf":
            assert item.specifier.contains(pins[canonicalize_name(item.name)]), item


def test_hooks_run_the_versions_of_constraints_txt():
    hooks = [hook for repo in yaml.safe_load(read(".pre-commit-config.yaml"))["repos"] for hook in repo["hooks"]]
    pins = {line.replace("_", "-") for line in read("constraints.txt").splitlines()}
    assert {pin for hook in hooks for pin in hook.get("additional_dependencies", [])} <= pins


def test_every_job_of_ci_is_a_make_target():
    workflow = yaml.safe_load(read(".github/workflows/ci.yml"))
    targets = set(re.search(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)[1].split())
    for job in workflow["jobs"].values():
        commands = [step["run"] for step in job["steps"] if "run" in step]
        assert commands
        assert {tuple(command.split()) for command in commands} <= {("make", target) for target in targets}


def test_the_map_has_every_module_with_a_sentence():
    sys.path.append(str(ROOT / "docs"))
    layers = import_module("layers")
    table = layers.table()
    assert read("docs/map.md") == layers.page(), "run: python docs/layers.py"
    inside = {path for path in MODULES if "/" in path}
    assert inside <= set(re.findall(r"^\| \| `(.*?)` \|", table, re.MULTILINE))
    assert not re.findall(r"^.*\|  \|$", table, re.MULTILINE)


def test_every_module_has_a_test_file_of_its_name():
    paths = [ROOT / "tests" / module for module in MODULES]
    tests = [path.with_name(f"test_{path.name.lstrip('_')}") for path in paths]
    assert [test for test in tests if not test.exists()] == []


def test_modules_classes_and_functions_are_short():
    long = []
    for module in MODULES:
        text = read(f"sklearn_wtrdf/{module}")
        long += [module] * (text.count("\n") > MAX_LINES)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                n_methods = sum(isinstance(item, ast.FunctionDef) for item in node.body)
                long += [f"{module}: {node.name}"] * (n_methods > MAX_METHODS)
            elif isinstance(node, ast.FunctionDef):
                statements = node.body[ast.get_docstring(node) is not None :]
                n_lines = node.end_lineno - statements[0].lineno + 1 if statements else 0
                long += [f"{module}: {node.name}"] * (n_lines > MAX_LINES_OF_A_FUNCTION)
    assert long == []


def test_every_private_attribute_that_is_set_is_read():
    # mypy takes an assignment to the old name, left after a renaming, for a new attribute.
    written, read_or_quoted = set(), set()
    for node in (node for module in MODULES for node in ast.walk(ast.parse(read(f"sklearn_wtrdf/{module}")))):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            (written if isinstance(node.ctx, ast.Store) else read_or_quoted).add(node.attr)
        elif isinstance(node, ast.Constant):
            read_or_quoted.add(node.value)
    assert written - read_or_quoted == set()
