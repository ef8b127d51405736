"""What does the loss look like over a and b? A picture of the profile on the paper's data.

    python benchmarks/landscape.py

Writes landscape.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from protocol import GE_SE, RESULTS, write_whole

from sklearn_wtrdf import LandscapeDisplay, WTRDFRegressor


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results (default: %(default)s)")
    options = parser.parse_args()
    model = WTRDFRegressor().fit(GE_SE.data, GE_SE.target)
    display = LandscapeDisplay.from_estimator(model, GE_SE.data, GE_SE.target)
    write_whole(options.out / "landscape.png", lambda path: display.figure_.savefig(path, dpi=150))


if __name__ == "__main__":
    main()
