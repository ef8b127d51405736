"""The quantity that the names of columns, or words of the header, say that y is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sklearn_wtrdf.io.deviation_names import is_error_of
from sklearn_wtrdf.io.tables import Table
from sklearn_wtrdf.io.words import USUAL_WORDS, Words
from sklearn_wtrdf.utils.text import quoted

# Names of columns for each quantity. G and g, and I (an intensity) and i = S − 1, differ by case.
PATTERNS = {
    "S_R": Words(
        {
            "S_R": r"S_?R\b",
            "F(Q)": r"f(\b|_?q)(?!\s*(\(q\))?\s*(\^|²|\*\*))",
            "Q [S(Q) - 1]": r"q\s*\*?\s*[\[({]\s*s",
            "reduced structure factor": r"reduced (\w+ )*structure[ _-]f(actor|unction)(?=$| f\b| ?[(\[])",
        },
        before="^",
    ),
    "S-1": Words({"S(Q) - 1": r"(?i:s_?q?\s*(\(q\))?\s*-\s*1)", "i(Q)": r"i\("}, before="^", ignore_case=False),
    "S": Words(
        {
            "S(Q)": r"s\b(?!\.|/n\b)",
            "Sq": r"s_?q(?!rt)",
            "static structure factor": r"(static )?structure[ _-]factor(?=$| s\b| ?\()",
        },
        before="^",
    ),
    "interference": Words({"FK(Q)": r"FK\b"}, before="^", ignore_case=False),
    "intensity": Words(
        {"I(Q)": r"I(\b|_?[qQ])", "Intensity": r"(?i:int(?!er))", "counts": r"(?i:count)"},
        before="^",
        ignore_case=False,
    ),
}
CURVES = {
    "g": Words({"g(r)": r"g(r\b|(?![a-z]))(?!\s*(\(r\))?\s*-\s*1)"}, before="^", ignore_case=False),  # not glass
    "G": Words({"G(r)": r"G(r\b|(?![a-zK]))"}, before="^", ignore_case=False),  # not Ge
    "RDF": Words({"rdf": "rdf", "R(r)": r"R\("}, before="^"),
    "D": Words({"D(r)": r"D\(r"}, before="^", ignore_case=False),
    "T": Words({"T(r)": r"T\(r"}, before="^", ignore_case=False),
    "g-1": Words({"g(r) - 1": r"g\s*(\(r\))?\s*-\s*1", "h(r)": r"h\(r"}, before="^", ignore_case=False),
    "GK": Words({"GK(r)": r"GK\b"}, before="^", ignore_case=False),
    "N": Words({"N(r)": r"N\(r"}, before="^", ignore_case=False),
}
NOT_READ = ("intensity", "N")
_IN_BARN = {"S_R": "interference", "S-1": "interference", "G": "GK", "g-1": "GK"}  # by a name with this unit
_UNIT_OF_BARN = Words({"in barns": r"\bin", "(barn)": "[,(\\[]"}, after=r"\s*barns?\b")  # in a comment on the column

_SYMBOL = r"^(?![Qq]\b)\w+"  # of a quantity, not the factor of Q [S(Q) − 1]
_ARGUMENT = rf"(?:[)\]]|{_SYMBOL})"  # the end of an argument, or a symbol without one
# Names of quantities that were changed by a window, a factor or an offset, and S(q, ω).
_CHANGED = Words(
    {
        "S(Q) Lorch": "(?i:lorch)",
        "g(r) windowed": "(?i:window)",
        "S(Q) Ashcroft-Langreth": "(?i:ashcroft)",
        "S(Q) smoothed": "(?i:smooth)",
        "G(r) damped": "(?i:damp)",
        "S(Q) filtered": "(?i:filter)",
        "S_AL(Q)": r"S_AL\b",
        "S(Q) * Q": r"\)\s*[*×+^²]",
        "S(Q) / 2": rf"{_ARGUMENT}\s*/\s*(?!1$)\d(?!\s*/)",
        "S(Q) / <f>^2": rf"{_ARGUMENT}\s*/\s*[<⟨|]",
        "S(q) / f": rf"{_ARGUMENT}\s*/\s*[fqr]\b",
        "S(Q) x 2": rf"{_ARGUMENT}\s*x\s*\d",
        "S(Q) shifted": "(?i:shift(?!.corr))",
        "S(Q) exp(-BQ^2)": r"[)\]]\s*exp\b",
        "S(Q) M(Q)": r"[)\]]\s*[MW]\b",
        "S(Q) (x 2)": r"\(\s*[+x×*]\s*\d",
        "S^2": rf"{_SYMBOL}\s*\^\s*[\d.]",
        "S + 1": rf"{_SYMBOL}\s*[*×+²]",
        "S(Q, E)": r"\([qQkr]\s*,\s*[wωEt](?![A-Za-z])",
        "S(Q, omega)": r"\([qQkr]\s*,\s*omega",
        "g(r) - g0": rf"{_ARGUMENT}\s*-\s*[A-Za-z]_?0\b",
        "S(Q) - fit": rf"{_ARGUMENT}\s*-\s*(?i:fit|calc|model|b(ac)?kg|background|self|mean)",
    },
    ignore_case=False,
)
# The same in comments, not where LiquidDiffract names its formalism.
_FUNCTION = r"\b[SFGDT]\(?[qrk]\b"
_CHANGED_FUNCTION = Words(
    {
        "S(Q) is multiplied by 2": rf"{_FUNCTION}.*\bmultiplied by",
        "S(Q) was scaled by 2": rf"{_FUNCTION}.*\bscaled by",
        "S(Q) of Ashcroft and Langreth": "ashcroft",
        "partial S(Q)": r"\bpartial (\w+ ){0,3}[SFGDTgi]\w*\(",
        "difference function D(r)": r"\bdifference (\w+ ){0,3}[SFGDTgi]\w*\(",
    },
    before=r"^(?!.*\b(not?|formalism)\b).*",
)
_DATA = (
    r"(^\W*|[:;,.] )((the|all) )?(x|q|r|y|data|curves?|[SFGDTgi]\([qr]\))"
    r"( (axis|values|here|is|are|was|were|has|have|been|and))* "
)
_CHANGED_DATA = Words(
    {
        "data multiplied by 2": r"multiplied by (a factor (of )?)?[-+]?\d",
        "data divided by a factor of 2": r"divided by (a factor (of )?)?[-+]?\d",
        "data rescaled by 1.1": r"(re)?scaled by (a factor (of )?)?[-+]?\d",
        "q stretched by 1.01": r"stretched by (a factor (of )?)?[-+]?\d",
        "curves are shifted by 0.5": r"shifted by (a factor (of )?)?[-+]?\d",
        "data smoothed": "smoothed",
        "g(r) damped": "damped",
        "S(q) was filtered": "filtered",
    },
    before=_DATA,
)
_OFFSET = Words(
    {
        "vertical shift of each curve, for clarity": r"^(?=.*\b(shift|offset|displac))(?=.*\b(clarity|vertical))",
        "0.5 was added to the data": r"^\W*[\d.]+ (is |was )?added to (the )?(data|curve|[SFGDTgi]\([qr]\))",
        "1 subtracted from S(q)": r"^\W*[\d.]+ (is |was )?subtracted from (the )?(data|curve|[SFGDTgi]\([qr]\))",
    }
)
_CHANGED_BY_COMMENT = (_CHANGED_FUNCTION, _CHANGED_DATA, _OFFSET)
_UNCHANGED = re.compile(  # factors of 1 and shifts by 0
    r"(?i) ((multiplied|divided|(re)?scaled|stretched) by (a factor (of )?)?1|shifted by [-+]?0)"
    r"([.,]0+)?\.?(?![\w/]|[.,]\d|\s*[/*·×%^])"
)
_WINDOWED = Words(  # S, and not its transform
    {
        "weighted by a Lorch function": "lorch",
        "multiplied by a window": "window",
        "M(Q) applied": r"M\(q\)",
        "modification function applied": "modification",
    },
    before=r"^(?!.*(\b(not?|without)\b|g\(?r\b|transform|pdf))(?=.*\b(weighted|multiplied|applied|damped|modified)).*",
)
# What a header says about y where the columns have no names.
_Y_AXIS = Words(
    {
        "y axis: S(Q)": r"\by[- ]?(?:axis|label)(?: label| title| unit is)?\s*(?:[:=]|-\s|is\b)",
        "ordinate: S(Q)": r"\bordinate\s*(?:[:=]|-\s|is\b)",
        "second column: S(Q)": r"\b(?:second|2nd) column\s*(?:[:=]|-\s|is\b)",
        "x: Q, y: S(Q)": r"(?:^\W*|[,;]\s?)y\s*:(?!\s*-?\d+\.\d)",  # not a coordinate
    },
    after=r"(?!\W*(?:1?\W*$|arb|a\. ?u\.|dimensionless|unitless))",  # which name no quantity
)
_WORD = re.compile(r"(?<![^\s\"'${])[^\W\d_]")
_MAX_LENGTH = 100  # characters that may name a quantity
_WITH_ARGUMENT = re.compile(r"(?<!\S)(?:[A-Zgi]\w?\((?i:[qrk])\)|Q\W{0,3}S\(Q\))")  # names in a comment


class Statement(NamedTuple):
    """A line of a header about y, with the quantity that it names, or None if none is recognized.

    Attributes
    ----------
    line : str
    kind : str or None
    name : str
        The words from the name of the quantity on.
    is_understood : bool
        Whether no other words are before it.
    """

    line: str
    kind: str | None
    name: str
    is_understood: bool


def is_reduced(label: str) -> bool:
    """Return whether a name is that of S(q) or another quantity that intensities are reduced to."""
    return any(name.search(label) for kind, name in PATTERNS.items() if kind not in NOT_READ)


def kind_of_name(label: str, kinds: Mapping[str, Words], above: Sequence[str]) -> str | None:
    """Return the quantity of a column by its name, and by comments on its unit, or None."""
    kind, _, is_understood = _named(label, kinds)
    if kind is None or not is_understood:
        return None
    return _IN_BARN.get(kind, kind) if any(label in line and _UNIT_OF_BARN.search(line) for line in above) else kind


def _named(words: str, kinds: Mapping[str, Words]) -> tuple[str | None, str, bool]:
    """Return the first quantity in words, the words from its name on, and whether those before it are usual ones."""
    for word in _WORD.finditer(words):
        before, name = words[: word.start()], words[word.start() :]
        for kind, pattern in kinds.items():
            if pattern.search(name) and not is_error_of(pattern, name):
                kind = _IN_BARN.get(kind, kind) if "barn" in words.lower() else kind
                return kind, name, bool(USUAL_WORDS.fullmatch(before))
    return None, "", False


def statement_on_y(above: Sequence[str], kinds: Mapping[str, Words]) -> Statement | None:
    """Return what a header says about y, as in ``y axis: S(Q)``, or None."""
    for line in above:
        if match := _Y_AXIS.search(line):
            return Statement(line, *_named(line[match.end() :][:_MAX_LENGTH], kinds))
    return None


def comment_on_other_quantity(above: Sequence[str], kinds: Mapping[str, Words], kind: str) -> str | None:
    """Return a line with the name of another quantity, as T(r), or the unit barn, or None.

    A line with the name of the quantity itself shows that others are only mentioned.
    """
    named = [
        (_named(line[match.start() :][:_MAX_LENGTH], kinds)[0], line)
        for line in above
        for match in _WITH_ARGUMENT.finditer(line)
    ]
    if any(other == kind for other, _ in named):
        return None
    others = [line for other, line in named if other not in (None, "intensity")]
    return next(iter([*others, *filter(_UNIT_OF_BARN.search, above)]), None)


def note_changes(table: Table, name: str, kind: str) -> None:
    """Note a name or a comment by which a curve was multiplied, shifted or modified by a window."""
    if any(map(_CHANGED.search, (name, _named(name, PATTERNS | CURVES)[1]))):
        table.notes.append(
            f"{table.path}: {quoted(name)} is read as {kind}, but its name suggests that it was modified."
        )
    patterns = (*_CHANGED_BY_COMMENT, _WINDOWED) if kind in PATTERNS else _CHANGED_BY_COMMENT
    changes = ((line, _UNCHANGED.sub("", line)) for line in table.comments)
    if comment := next((line for line, change in changes if any(pattern.search(change) for pattern in patterns)), None):
        table.notes.append(f"{table.path}: the curve may not be {kind}, because of the comment {quoted(comment)}.")
