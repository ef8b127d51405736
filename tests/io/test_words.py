"""Every expression by which words of headers are recognized has an example that needs it."""

import re
from importlib import import_module
from pkgutil import iter_modules

import pytest

from sklearn_wtrdf import io
from sklearn_wtrdf.io.words import Words


def words_of(name, value):
    """Return all Words in a value, also in dictionaries and tuples, by their names."""
    if isinstance(value, Words):
        yield name, value
    elif isinstance(value, dict | tuple):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from words_of(f"{name}[{key}]", item)


FOUND = [
    found
    for module in iter_modules(io.__path__)
    for found in words_of(module.name, vars(import_module(f"sklearn_wtrdf.io.{module.name}")))
]
NAMES = {words: name for name, words in reversed(FOUND)}  # the first name of each, which others may import
WORDS = {name: words for words, name in NAMES.items()}
EXAMPLES = [(name, example) for name, words in WORDS.items() for example in words.alternatives]


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_is_recognized_by_its_own_expression_alone(name, example):
    words = WORDS[name]
    assert words.search(example)
    others = {other: expression for other, expression in words.alternatives.items() if other != example}
    ignore_case = bool(words.flags & re.IGNORECASE)
    assert not others or not Words(others, before=words.before, after=words.after, ignore_case=ignore_case).search(
        example
    )


@pytest.mark.parametrize(
    ("text", "is_recognized"),
    [("q (1/nm)", True), ("Q (nm-1)", True), ("r, q (1/nm)", False), ("q (1/nmol)", False), ("q", False)],
)
def test_words_have_a_beginning_and_an_end(text, is_recognized):
    unit = Words({"q 1/nm": "1/nm", "q nm-1": "nm-1"}, before=r"^q\W*", after=r"(?![a-z])")
    assert bool(unit.search(text)) is is_recognized


def test_case_may_matter():
    assert Words({"Q": "q"}).search("Q")
    assert not Words({"q": "q"}, ignore_case=False).search("Q")
