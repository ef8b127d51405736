"""Names of columns with standard deviations of others: dS, S_err, sigma."""

from __future__ import annotations

import re
from itertools import takewhile

from sklearn_wtrdf.io.words import USUAL_WORDS, Words

_BEFORE_NAME = r"(?!\([qr]\))[ _,]*\(?((of|in|on) )?"  # not S(Q), which would be the standard deviation of Q
# Words for a standard deviation before the name of its quantity.
_DEVIATION = Words(
    {
        "standard deviation": r"standard[ _](deviation|error)s?",
        "stat. error": r"stat\. ?err(or( bars?)?)?s?",
        "st. dev.": r"std?[ ._]*(dev|err)\w*\.?",
        "1 sigma": r"1? ?(sigma|σ)",
        "sig": "sig",
        "std": "std",
        "errors": r"err(or( ?bars?|[se])?)?",
        "yerr": "y[ _]?err(or)?",
        "e.s.d.": r"e\.?s\.?d\.?",
        "sd": "sd",
        "uncertainty": r"unc(ert(aint(y|ies)|\.)?)?",
        "sem": "sem",
        "variance": "var(iances?)?",
        "±": "±",
        "+/-": r"\+/?-",
        "delta": "delta",
        "Δ": "Δ",
        "Fehler": "fehler",
        "Standardabweichung": "standardabweichung",
        "écart-type": "[ée]cart[- ]type",
        "incertitude": "incertitude",
    },
    before=r"^((relative|rel\.?|fractional|per ?cent)[ _]*)?",
    after=_BEFORE_NAME,
)
_PREFIX = re.compile(rf"[desu]{_BEFORE_NAME}", re.IGNORECASE)  # dS, u(S)
_DEVIATION_SUFFIX = Words(  # after a symbol, as in S_err, but not Si in S_SiGe
    {
        "_err": "[Ee]rr",
        "_ERR": "ERR",
        "_std": "[Ss]td",
        "_STD": "STD",
        "_sig": "sig(?!nal)",
        "_Sigma": "Sigma",
        "_SIGMA": "SIGMA",
        "_unc": "[Uu]nc(?!orr)",
        "_UNC": "UNC",
        "_var": "[Vv]ar(iance)?(?![a-z])",
    },
    before="^[ _]?",
    ignore_case=False,
)
_ENDS_AS_DEVIATION = Words(
    {
        "I error": "err(ors?)?",
        "I_std": r"std([ _.]?(dev|err)\w*)?",
        "I (sigma)": "sig(ma)?",
        "I uncertainty": r"unc(ert\w*)?",
        "I esd": "esd",
    },
    before="[ _(]",
    after=r"\W*$",
)
_NO_NAME = re.compile(r"\W*|\^2\W*")  # after a word for an error, as in error(%)
_NO_DEVIATION = ("d", "s", "u", "delta", "δ")  # alone: a lattice spacing, sin(θ) / λ, a potential, a difference


def deviation_of(labels: list[str], at: int) -> int | None:
    """Return the index of the standard deviations of column `at`, or None: of its whole name, if there are several."""

    def belongs(i: int, to: int) -> bool:
        return labels[i] != labels[to] and (labels[i].startswith(labels[to]) or labels[i].endswith(labels[to]))

    found = [i for i in range(1, len(labels)) if i != at and is_deviation(labels, i, at)]
    of_others = {i for i in found for j in range(1, len(labels)) if j not in (i, at) and belongs(i, j)}
    found = [i for i in found if belongs(i, at) or i not in of_others]
    return min(found, key=lambda i: (not belongs(i, at), abs(i - at)), default=None)


def is_deviation(labels: list[str], i: int, at: int) -> bool:
    """Return whether column i is the standard deviation of column `at`: dS, S_err, or sigma next to it."""
    name = _without_usual_words(labels[at])
    for start in filter(None, (labels[at], name, _symbol(name))):
        if labels[i].startswith(start) and _DEVIATION_SUFFIX.search(labels[i][len(start) :]):
            return True
    if labels[i].startswith(labels[at]):
        return False
    quantity = _quantity_of(labels[i])
    if quantity == "":
        return i == at + 1 and labels[i].lower() not in _NO_DEVIATION
    if quantity is None:
        return False
    if quantity.lstrip("{[").startswith(labels[at]) or labels[at].endswith(f" {quantity}"):  # d{Q[S(Q)-1]}, err 300K
        return True
    if at > 0 and _symbol(quantity) == _symbol(labels[0]):  # dQ beside Q[S(Q)-1]
        return False
    return _symbol(_without_usual_words(quantity)) == _symbol(name)


def is_error_of(quantity: Words, name: str) -> bool:
    """Return whether a name alone is that of the standard deviation of a quantity: sigma_I, I_err, error."""
    if _ENDS_AS_DEVIATION.search(name):
        return True
    if not (rest := _quantity_of(name)):
        return rest is not None and name.lower() not in _NO_DEVIATION
    return bool(quantity.search(rest))


def _quantity_of(name: str) -> str | None:
    """Return what a name says that it is the standard deviation of, "" if it does not say that, or None."""
    if begin := _DEVIATION.search(name):
        rest = name[begin.end() :]
        return "" if _NO_NAME.fullmatch(rest) else rest
    begin = _PREFIX.match(name)
    return name[begin.end() :] if begin else None


def _without_usual_words(name: str) -> str:
    """Return a name without the words before it that leave a quantity as it is."""
    return USUAL_WORDS.sub("", name, count=1) or name


def _symbol(name: str) -> str:
    """Return the symbol of a quantity without its argument: S of S(Q), Sq and S_GeSe."""
    letters = "".join(takewhile(str.isalpha, name))
    return letters[:-1] if len(letters) > 1 and letters[-1] in "qQrR" else letters


def unexplained(labels: list[str]) -> list[int]:
    """Return the columns after the first that are not the standard deviation of a previous one."""
    return [i for i in range(1, len(labels)) if not any(is_deviation(labels, i, j) for j in range(1, i))]
