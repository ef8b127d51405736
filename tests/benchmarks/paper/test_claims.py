import re
import shutil
from pkgutil import resolve_name

import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks import ratios
from sklearn_wtrdf.benchmarks.paper import claim_kinds, claims
from sklearn_wtrdf.benchmarks.paper.claims import CLAIMS, MARKS, Claim, half_a_unit, mark_of
from sklearn_wtrdf.benchmarks.runner import RESULTS

from sklearn_wtrdf import coordination_numbers
from sklearn_wtrdf.scattering.angles import q_of

ALL = claims.claims()
PROSE = """
2.44 10.16 1.54 4.57 78.8 0.65 8.00 58 148 1.05 2.05 3.55 5.70 512 1024 64 0.600 0.610 0.010 0.300 100 500 0.01 0.001
38.78 5 8.85e-12 9.1e-31 1e-31 1e-27 98.74 98.85 96.40 93.15 0.590 4.600 0.106 0.212 -4.700
"""


@pytest.fixture(scope="module")
def table():
    return claims.measure(RESULTS)


def test_every_numbered_item_of_the_paper_has_a_claim():
    items = {claim.where for claim in ALL}
    expected = {f"Eq. ({i})" for i in range(1, 28)} | {f"Table {i}" for i in range(1, 8)} | {"Table A1", "Algorithm 1"}
    assert items >= expected | {f"Fig. {i}" for i in range(1, 11)}
    sections = [where for where in items if where.startswith("Sec.")]
    assert {where.split(".")[1].strip() for where in sections} == set("1234567")


def test_every_number_of_the_prose_has_a_claim():
    printed = {number for claim in ALL if claim.where.startswith("Sec.") for number in claim.paper}
    assert printed >= set(PROSE.split())


def test_every_kind_of_claim_is_used():
    assert {claim.kind for claim in ALL if claim.kind} == set(claim_kinds.KINDS)


def test_a_mark_is_typed_only_where_nothing_can_be_compared():
    for claim in ALL:
        if claim.mark:
            assert claim.mark in MARKS
            assert not claim.paper or claim.mark == "cannot be known", claim
            assert claim.minimum is None
            assert claim.maximum is None
        else:
            assert claim.kind, claim
            assert claim.paper or claim.minimum is not None or claim.maximum is not None, claim
        if claim.here:
            assert callable(resolve_name(claim.here))
        assert claim.mark != "reproduced" or claim.here or claim.why, claim


def test_a_claim_that_is_not_reproduced_has_a_reason(table):
    assert set(table["mark"]) == set(MARKS)
    assert (table.loc[table["mark"] != "reproduced", "why"] != "").all()


def test_texts_of_claims_contain_no_measured_number():
    printed = {number.lstrip("-") for claim in ALL for number in claim.paper}
    for claim in ALL:
        for number in re.findall(r"(?<!Sec\. )\b\d+\.\d+", claim.why):
            assert number in printed, claim


def test_the_committed_files_follow_from_the_results(table):
    stored = pd.read_csv(RESULTS / "claims.csv", keep_default_na=False)
    columns = ["where", "statement", "paper", "mark", "allowed", "why", "source"]
    assert stored[columns].equals(table[columns]), (
        "run benchmarks/paper/claims.py, then benchmarks/paper/reproduction.py"
    )
    for ours, measured in zip(stored["ours"], table["ours"], strict=True):
        numbers, expected = ([float(x) for x in text.split("; ")] if text else [] for text in (ours, measured))
        assert numbers == pytest.approx(expected, rel=2e-3, abs=1e-6)
    reductions = pd.read_csv(RESULTS / "reductions.csv")
    pd.testing.assert_frame_equal(reductions, claims.reductions(RESULTS), rtol=1e-4)


@pytest.mark.parametrize(
    ("printed", "half"), [("78.8", 0.05), ("-4.700", 0.0005), ("58", 0.5), ("8.85e-12", 5e-15), ("1e-27", 5e-28)]
)
def test_half_a_unit_of_the_last_digit(printed, half):
    assert half_a_unit(printed) == pytest.approx(half)


@pytest.mark.parametrize(
    ("claim", "ours", "mark"),
    [
        (Claim("", "", ("78.8",)), [78.84], "reproduced"),
        (Claim("", "", ("78.8",)), [78.64], "differs"),
        (Claim("", "", ("4.57", "78.8")), [4.57, 78.64], "differs"),
        (Claim("", "", ("0.9463",), within=0.01), [0.9537], "reproduced"),
        (Claim("", "", ("0.9463",), within=0.005), [0.9537], "differs"),
        (Claim("", "", ("1e-27",)), [1.2e-25], "differs"),
        (Claim("", "", minimum=0.0), [-0.4], "differs"),
        (Claim("", "", minimum=0.0), [0.4, 2.0], "reproduced"),
        (Claim("", "", maximum=1.0), [0.4, 2.0], "differs"),
        (Claim("", "", mark="cannot be known"), [], "cannot be known"),
    ],
)
def test_the_mark_follows_from_the_numbers(claim, ours, mark):
    assert mark_of(claim, ours) == mark


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        (Claim("", "", ("78.8",)), ""),
        (Claim("", "", ("0.9463",), within=0.01), "± 0.01"),
        (Claim("", "", minimum=0.0), "≥ 0"),
        (Claim("", "", minimum=-13.65, maximum=-13.55), "≥ -13.65, ≤ -13.55"),
        (Claim("", "", minimum=2, maximum=2), "2"),
    ],
)
def test_the_condition_of_a_claim_as_text(claim, text):
    assert claims.allowance_of(claim) == text


def test_a_claim_with_too_few_numbers_is_an_error():
    with pytest.raises(ValueError, match="zip"):
        mark_of(Claim("", "", ("1", "2")), [1.0])


@pytest.mark.parametrize(
    ("value", "printed", "text"),
    [
        (78.636, "78.8", "78.6"),
        (1.2e-25, "1e-27", "1.2e-25"),
        (3e-16, "0", "0"),
        (17217, "", "17217"),
        (2.3364, "", "2.336"),
    ],
)
def test_ours_has_the_digits_of_the_paper(value, printed, text):
    assert claims.as_printed(value, printed) == text


def kind(name, **of):
    return claim_kinds.KINDS[name](RESULTS, **of)


def test_angles_are_those_of_bragg():
    for two_theta in (False, True):
        theta = np.array(kind("angles", q=[0.65, 8.0], wavelength=1.54, two_theta=two_theta))
        np.testing.assert_allclose(q_of(theta if two_theta else 2 * theta, 1.54), [0.65, 8.0])


def test_the_papers_percentages_follow_from_its_tables():
    of = {"source": "paper", "draw": "random"}
    assert kind("reduction", metric="fpe", than="RBF network", **of) == pytest.approx([100 * (1 - 0.0620 / 4.9250)])
    assert kind("reduction", metric="spe", than="LSTM (whole call)", **of) == pytest.approx(
        [100 * (1 - 0.0444 / 0.6486)]
    )
    lowered = kind("mae_lowered", ways=["printed parameters"], column="paper_mae")
    assert lowered == pytest.approx([100 * (1 - 0.5815 / 0.9463)])


def test_ours_follow_from_the_draws():
    each = pd.read_csv(RESULTS / "ratios_seeds.csv")
    each = each[(each["draw"] == "random") & (each["fraction"] == 0.25) & (each["rows"] == "all")]
    means = each.groupby("model")["fpe"].mean()
    of = {"metric": "fpe", "source": "ours", "draw": "random"}
    for model in ("RBF network", "LSTM (tuned)"):
        expected = 100 * (1 - means["WT-RDF+"] / means[model])
        assert kind("reduction", than=model, **of) == pytest.approx([expected], rel=1e-4)


def test_maxima_of_s_r_are_higher_than_their_neighbours(ge_se):
    for q in kind("peaks_of_s_r", n=4):
        (at,) = np.flatnonzero(ge_se.q == q)
        assert ge_se.s_r[at] > max(ge_se.s_r[at - 1], ge_se.s_r[at + 1])


def test_eq_5_is_that_of_coordination_numbers(ge_se):
    rows = {"model": "reference", "window": "first peak"}
    low, high, N = kind("cell", file="coordination.csv", row=rows, columns=["r_low", "r_high", "N"])
    expected = coordination_numbers(ge_se.r, ge_se.target, ratios.DENSITY, [(low, high)])
    assert expected == pytest.approx([N], abs=1e-4)


def test_hydrogen_is_that_of_the_textbook():
    assert kind("hydrogen") == pytest.approx([-13.6057], rel=1e-3)


def test_a_missing_row_names_its_file():
    with pytest.raises(LookupError, match=r"ablation.csv has no row with .*'\(e\)'"):
        kind("cell", file="ablation.csv", row={"setting": "(e)"}, columns=["mae"])


def test_a_number_comes_from_its_file(tmp_path, capsys):
    results = tmp_path / "results"
    shutil.copytree(RESULTS, results, ignore=lambda folder, names: [name for name in names if ".csv" not in name])
    table = pd.read_csv(results / "coordination.csv")
    table.loc[0, "N"] = 7.654
    table.to_csv(results / "coordination.csv", index=False)
    claims.main(["--results", str(results), "--out", str(tmp_path)])
    written = pd.read_csv(tmp_path / "claims.csv").set_index("where")
    assert written.loc["Eq. (5)", "ours"] == "7.654"
    assert (tmp_path / "reductions.csv").exists()
    assert "cannot be known" in capsys.readouterr().out
    assert CLAIMS.name == "paper_claims.toml"
