"""The quantity that the names of columns, or words of the header, say that y is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sklearn_wtrdf.io.labels import is_error_of
from sklearn_wtrdf.io.tables import Table
from sklearn_wtrdf.utils.text import quoted

# Names of columns for each quantity. G and g, and I (an intensity) and i = S − 1, differ by case.
PATTERNS = {
    "S_R": re.compile(r"S_?R\b|f(\b|_?q)(?!\s*(\(q\))?\s*(\^|²|\*\*))|q\s*\*?\s*[\[({]\s*s", re.IGNORECASE),
    "S-1": re.compile(r"(?i:s_?q?\s*(\(q\))?\s*-\s*1)|i\("),
    "S": re.compile(r"s(\b(?!\.|/n\b)|_?q(?!rt))|(static )?structure[ -]factor(?=$| s\b| ?\()", re.IGNORECASE),
    "interference": re.compile(r"FK\b"),
    "intensity": re.compile(r"I(\b|_?[qQ])|(?i:int(?!er)|count)"),
}
CURVES = {
    "g": re.compile(r"g(r\b|(?![a-z]))(?!\s*(\(r\))?\s*-\s*1)"),  # not glass
    "G": re.compile(r"G(r\b|(?![a-zK]))"),  # not Ge
    "RDF": re.compile(r"rdf|R\(", re.IGNORECASE),
    "D": re.compile(r"D\(r"),
    "T": re.compile(r"T\(r"),
    "g-1": re.compile(r"g\s*(\(r\))?\s*-\s*1|h\(r"),
    "GK": re.compile(r"GK\b"),
    "N": re.compile(r"N\(r"),
}
NOT_READ = ("intensity", "N")
_IN_BARN = {"S_R": "interference", "S-1": "interference", "G": "GK", "g-1": "GK"}  # by a name with this unit
_UNIT_OF_BARN = re.compile(r"(\bin|[,(\[])\s*barns?\b", re.IGNORECASE)  # in a comment on the column
_CHANGED = re.compile(  # of the name of a quantity: a window, a factor, an offset, or S(q, ω)
    r"(?i:lorch|window|ashcroft|smooth|damp|filter)|S_AL\b|\)\s*[*×+^²]|[)\]]\s*(/\s*(\d(?!\s*/)|[<⟨|]|[fqr]\b)|x\s*\d|exp\b|[MW]\b)"
    r"|\(\s*[+x×*]\s*\d|^\w\s*(\^\s*[\d.]|\*\*)|\([qQkr]\s*,\s*([wωEt](?![A-Za-z])|omega)|[)\]]\s*-\s*([A-Za-z]_?0\b|(?i:fit|calc|model|b(ac)?kg|background|self|mean))"
)
_CHANGED_BY_COMMENT = re.compile(  # LiquidDiffract writes its formalism, and S_inf, by which it is converted
    r"(?i)^(?=.*\b(shift|offset|displac))(?=.*\b(clarity|vertical))"
    r"|^(?!.*\b(not?|formalism)\b).*(\b[SFGDT]\(?[qrk]\b.*\b(multiplied|scaled) by|ashcroft"
    r"|\b(partial|difference) (\w+ ){0,3}[SFGDTgi]\w*\()"
    r"|(^\W*|[:;,.] )((the|all) )?(x|q|r|y|data|curves?|[SFGDTgi]\([qr]\))"
    r"( (axis|values|here|is|are|was|were|has|have|been|and))*"
    r" ((multiplied|divided|(re)?scaled|stretched|shifted) by (a factor (of )?)?[-+]?\d|smoothed|damped|filtered)"
    r"|^\W*[\d.]+ (is |was )?(added to|subtracted from) (the )?(data|curve|[SFGDTgi]\([qr]\))"
)
_UNCHANGED = re.compile(  # factors of 1 and shifts by 0
    r"(?i) ((multiplied|divided|(re)?scaled|stretched) by (a factor (of )?)?1|shifted by [-+]?0)"
    r"([.,]0+)?\.?(?![\w/]|[.,]\d|\s*[/*·×%^])"
)
_WINDOWED = re.compile(  # S, and not its transform
    r"(?i)^(?!.*(\b(not?|without)\b|g\(?r\b|transform|pdf))(?=.*(lorch|window|M\(q\)|modification))"
    r"(?=.*\b(weighted|multiplied|applied|damped|modified))"
)
# What a header says about y where the columns have no names.
_Y_AXIS = re.compile(
    r"(?:\by[- ]?(?:axis|label)(?: label| title| unit is)?|\bordinate|\b(?:second|2nd) column)\s*(?:[:=]|-\s|is\b)"
    r"|(?:^\W*|[,;]\s?)y\s*:",
    re.IGNORECASE,
)
_WORD = re.compile(r"(?<![^\s\"'$])[^\W\d_]")
_USUAL_WORDS = re.compile(  # before the name of a quantity; others may make it another one, as in log S(Q)
    r"(?:\W|the|total|static|atomic|pair|radial|distribution|correlation|function|reduced|normali[sz]ed|measured|raw|mean"
    r"|background\Wsubtracted|corrected|x-?rays?|neutrons?|weighted|scattering|structure|factor|scattered|diffracted)*",
    re.IGNORECASE,
)
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
    return any(name.match(label) for kind, name in PATTERNS.items() if kind not in NOT_READ)


def kind_of_name(label: str, kinds: Mapping[str, re.Pattern[str]], above: Sequence[str]) -> str | None:
    """Return the quantity of a column by its name, and by comments on its unit, or None."""
    kind, _, is_understood = _named(label, kinds)
    if kind is None or not is_understood:
        return None
    return _IN_BARN.get(kind, kind) if any(label in line and _UNIT_OF_BARN.search(line) for line in above) else kind


def _named(words: str, kinds: Mapping[str, re.Pattern[str]]) -> tuple[str | None, str, bool]:
    """Return the first quantity in words, the words from its name on, and whether those before it are usual ones."""
    for word in _WORD.finditer(words):
        before, name = words[: word.start()], words[word.start() :]
        for kind, pattern in kinds.items():
            if pattern.match(name) and not is_error_of(pattern, name):
                kind = _IN_BARN.get(kind, kind) if "barn" in words.lower() else kind
                return kind, name, bool(_USUAL_WORDS.fullmatch(before))
    return None, "", False


def statement_on_y(above: Sequence[str], kinds: Mapping[str, re.Pattern[str]]) -> Statement | None:
    """Return what a header says about y, as in ``y axis: S(Q)``, or None."""
    for line in above:
        if match := _Y_AXIS.search(line):
            return Statement(line, *_named(line[match.end() :][:_MAX_LENGTH], kinds))
    return None


def comment_on_other_quantity(above: Sequence[str], kinds: Mapping[str, re.Pattern[str]], kind: str) -> str | None:
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
    if _CHANGED.search(name):
        table.notes.append(
            f"{table.path}: {quoted(name)} is read as {kind}, but its name suggests that it was modified."
        )
    patterns = (_CHANGED_BY_COMMENT, _WINDOWED) if kind in PATTERNS else (_CHANGED_BY_COMMENT,)
    changes = ((line, _UNCHANGED.sub("", line)) for line in table.comments)
    if comment := next((line for line, change in changes if any(pattern.search(change) for pattern in patterns)), None):
        table.notes.append(f"{table.path}: the curve may not be {kind}, because of the comment {quoted(comment)}.")
