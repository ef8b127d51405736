"""A pattern: what it holds, what two equal ones share, and what readers know of it."""

import numpy as np
import pytest

from sklearn_wtrdf import Pattern, read_pattern
from sklearn_wtrdf.datasets import load_ag_ge_se, load_ge_se, load_material

Q = np.linspace(0.5, 10.0, 96)
S_R = np.sin(2.4 * Q)


def test_equal_numbers_have_one_digest_and_labels_do_not_count():
    pattern = Pattern(Q, S_R, 0.1 * Q, 0.034)
    assert Pattern(list(Q), list(S_R), list(0.1 * Q), np.float64(0.034), "GeSe2").digest == pattern.digest
    assert Pattern(Q, np.where(S_R == 0, -0.0, S_R), 0.1 * Q, 0.034).digest == pattern.digest
    others = [
        Pattern(Q, S_R, 0.1 * Q),
        Pattern(Q, S_R, None, 0.034),
        Pattern(Q + 0.1, S_R, 0.1 * Q, 0.034),
        Pattern(Q, -S_R, 0.1 * Q, 0.034),
    ]
    assert len({pattern.digest, *(other.digest for other in others)}) == 5


def test_zeros_of_both_signs_are_equal():
    assert Pattern([1, 2], [0.0, 1.0]).digest == Pattern([1, 2], [-0.0, 1.0]).digest


def test_on_another_grid_it_keeps_what_is_known():
    pattern = Pattern(Q, S_R, 0.1 * Q, 0.034, "GeSe2", "neutron", {"source": "glass.sq"})
    there = pattern.on(Q[10:60])
    assert there.q.size == there.s_r.size == there.std.size == 50
    known = ("number_density", "composition", "radiation", "provenance")
    assert [getattr(there, name) for name in known] == [getattr(pattern, name) for name in known]
    np.testing.assert_allclose(there.s_r, S_R[10:60], atol=1e-12)


@pytest.mark.parametrize(
    ("header", "radiation"),
    [("mode = xray", "x-ray"), ("radiation = neutron", "neutron"), ("mode = fast", None), ("title = neutron", None)],
)
def test_readers_know_what_was_scattered_where_the_header_says_it(header, radiation, tmp_path):
    path = tmp_path / "glass.fq"
    np.savetxt(path, np.column_stack([Q, S_R]), header=f"{header}\ncomposition = GeSe2\nnumber_density = 0.034")
    pattern = read_pattern(path)
    assert (pattern.radiation, pattern.composition, pattern.number_density) == (radiation, "GeSe2", 0.034)


def test_an_interference_function_is_of_neutrons(tmp_path):
    path = tmp_path / "silica.mint01"
    np.savetxt(path, np.column_stack([Q, 0.2 * S_R / Q]))
    assert read_pattern(path, composition="SiO2").radiation == "neutron"


def test_data_sets_have_their_pattern():
    for data in (load_ge_se(), load_ag_ge_se(10), load_material("silica", weighting="number")):
        np.testing.assert_array_equal(data.pattern.s_r, data.s_r)
        assert data.pattern.number_density == data.get("number_density")
    assert [pattern.composition for pattern in load_ag_ge_se([0, 5]).pattern] == ["Ge25Se75", "Ag5(Ge25Se75)95"]
    assert load_material("silica", weighting="number").pattern.radiation is None
