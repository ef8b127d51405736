from dataclasses import replace

import pytest

pytest.importorskip("dash", reason="the page needs the extra explore")

from sklearn_wtrdf.explore.layout import layout_of, references_of
from sklearn_wtrdf.explore.schema import GLASSES


def test_the_elements_of_the_page_have_different_names():
    page = layout_of([])
    names = [str(part.id) for part in page._traverse() if getattr(part, "id", None) is not None]
    assert len(names) == len(set(names))
    assert {"samples", "curve", "peaks", "download", "wave-curve"} <= set(names)


def test_references_are_the_glasses_and_the_samples_with_a_known_g(paper):
    known, unknown = replace(paper[0], name="known.sq"), replace(paper[0], name="unknown.sq", r=None, g=None)
    values = [reference["value"] for reference in references_of([known, unknown])]
    assert values == [*GLASSES, "known.sq"]
