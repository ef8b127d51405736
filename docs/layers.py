"""The table of docs/map.md: the layers of pyproject.toml, with the first sentence of each module.

python docs/layers.py    writes it
"""

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAP = ROOT / "docs" / "map.md"
ENDS = "<!-- layers, by docs/layers.py -->\n", "\n<!-- end of layers -->"


def layers() -> list[list[str]]:
    """Return the names in each layer, the top first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [contract] = settings["tool"]["importlinter"]["contracts"]
    return [layer.split(" | ") for layer in contract["layers"]]


def sentence(path: Path) -> str:
    """Return the first sentence of a module's docstring."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.split("\n\n")[0].split())


def table() -> str:
    """Return the table in Markdown: the number of a layer, its packages and modules, and what is in them."""
    rows = ["| layer | file | contents |", "| --- | --- | --- |"]
    for number, layer in enumerate(layers(), 1):
        for name in layer:
            folder = ROOT / "sklearn_wtrdf" / name
            module = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
            rows.append(f"| {number} | **`{name}`** | {sentence(module)} |")
            for path in sorted(folder.rglob("*.py")):
                if not path.stem.startswith("__"):
                    rows.append(f"| | `{path.relative_to(folder.parent).as_posix()}` | {sentence(path)} |")
    return "\n".join(rows)


def page() -> str:
    """Return docs/map.md with the table of today."""
    first, last = ENDS
    before, rest = MAP.read_text(encoding="utf-8").split(first)
    return before + first + table() + last + rest.split(last)[1]


if __name__ == "__main__":
    MAP.write_text(page(), encoding="utf-8")
