"""The profile of the loss over a and b on the paper's data.

    python benchmarks/paper/landscape.py

Writes landscape.png.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE
from sklearn_wtrdf.benchmarks.runner import Content, benchmark

from sklearn_wtrdf import LandscapeDisplay, WTRDFRegressor


@benchmark()
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    model = WTRDFRegressor().fit(GE_SE.data, GE_SE.target)
    yield "landscape.png", LandscapeDisplay.from_estimator(model, GE_SE.data, GE_SE.target).figure_


if __name__ == "__main__":
    main()
