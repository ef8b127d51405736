"""`wtrdf report`: the contents of a saved model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sklearn_wtrdf.cli.options import AsJson, ModelFile


def report(model: ModelFile, as_json: AsJson = False) -> None:
    """Print the parameters and the results of a saved model."""
    print_report(model, as_json)


def print_report(path: Path, as_json: bool) -> None:
    """Print the contents of a saved model, and the versions of the packages that made it."""
    from sklearn_wtrdf.persistence.archive import read_archive

    archive = read_archive(path)
    model, versions = archive["model"], archive["versions"]
    facts: dict[str, Any] = {"model": type(model).__name__}
    for name, axis in (("q_", "q"), ("r_", "r")):
        if hasattr(model, name):
            grid = getattr(model, name)
            facts[axis] = {"from": float(grid[0]), "to": float(grid[-1]), "points": len(grid)}
    if getattr(model, "composition_", None) is not None:
        facts["composition"] = model.composition_
    facts["references"] = [
        {"r": [float(reference.curve.r[0]), float(reference.curve.r[-1])], "number_density": reference.number_density}
        for reference in getattr(model, "references_", [])
    ]
    params = model.get_params(deep=False)
    facts["params"] = {name: str(value) for name, value in params.items() if value is not None}
    # With a reference, hyperparameters are fitted to each new S_R, and there are none in the model.
    report = model.fit_report() if hasattr(model, "fit_report") and not facts["references"] else None
    if report is not None:
        facts |= report.facts()
    facts["versions"] = versions
    if as_json:
        print(json.dumps(facts))
        return
    print(f"{path}: {facts['model']}" + (f", of {facts['composition']}" if "composition" in facts else ""))
    for axis, unit in (("q", "Å⁻¹"), ("r", "Å")):
        if axis in facts:
            print("{axis}: {from:g} to {to:g} {unit}, {points} points".format(axis=axis, unit=unit, **facts[axis]))
    for row in facts["references"]:
        print(f"reference: r {row['r'][0]:g} to {row['r'][1]:g} Å, number density {row['number_density']:.4g} Å⁻³")
    print(", ".join(f"{name}: {value}" for name, value in params.items() if value is not None))
    if report is not None:
        print(report)
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
