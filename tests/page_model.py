"""The model of docs/extending.md, in a module of its own that other processes can import."""

import importlib
import re
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "extending.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8").split("## A model\n")[1], re.M | re.S)
SITE = tempfile.TemporaryDirectory()
(Path(SITE.name) / "shown_in_extending.py").write_text(BLOCKS[0], encoding="utf-8")
sys.path.append(SITE.name)
ScaledFourier = importlib.import_module("shown_in_extending").ScaledFourier
