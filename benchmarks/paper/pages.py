"""Numbers, tables, figures and sources on the pages of the docs that benchmarks write."""

from __future__ import annotations

import pandas as pd


def compared(paper: float, ours: float, digits: int = 4, spread: str = "") -> str:
    """Return one cell: the paper's number, ours and the difference."""
    return f"{paper:.{digits}f} → {ours:.{digits}f}{spread} ({signed(ours - paper, digits)})"


def signed(difference: float, digits: int = 4) -> str:
    """Return a rounded difference with its sign; + where it is zero."""
    return f"{round(difference, digits) + 0.0:+.{digits}f}"


def markdown(table: pd.DataFrame) -> str:
    """Return a table of texts."""
    return table.to_markdown(index=False, disable_numparse=True)


def reasons(why: dict[str, str]) -> str:
    """Return a list of the reasons for the difference in each row."""
    return "\n".join(f"- **{row}**: {' '.join(sentence.split())}" for row, sentence in why.items())


def picture(name: str, alternative: str, caption: str) -> str:
    """Return a figure of the results with its caption, and what is read where it is not shown."""
    return f"![{alternative}](../benchmarks/results/{name})\n\n*{' '.join(caption.split())}*"


def source(script: str, *files: str, options: str = "") -> str:
    """Return the command and the files from which the numbers are."""
    links = ", ".join(f"[{file}](../benchmarks/results/{file})" for file in files)
    folder = "" if script == "ratios" else "paper/"
    return f"Ours: `python benchmarks/{folder}{script}.py{options}`, {links}."
