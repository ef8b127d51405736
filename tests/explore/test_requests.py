import pytest

pytest.importorskip("dash", reason="the page needs the extra explore")

from sklearn_wtrdf.explore.requests import error_of_sample, line_of, newest_solutions, window_of, with_typed_values


def test_the_newest_result_is_shown_and_of_equal_ones_the_full_one():
    quick, full = ({"serial": 2, "solutions": [{"quick": quick}]} for quick in (True, False))
    assert newest_solutions(quick, full) == [{"quick": False}]
    assert newest_solutions(quick | {"serial": 3}, full) == [{"quick": True}]
    assert newest_solutions(quick, None) == [{"quick": True}]
    assert newest_solutions(None, None) == []


def test_typed_values_belong_to_the_samples_in_their_order(paper):
    samples = [paper[0].to_json() | {"name": name} for name in ("a", "b")]
    first, second = with_typed_values(samples, [0.03, None], ["SiO2", ""], [None, 2.2], *[[None, None]] * 4)
    assert (first.name, first.number_density, first.composition) == ("a", 0.03, "SiO2")
    assert (second.name, second.number_density, second.mass_density) == ("b", None, 2.2)
    fields_of_one_sample = [[0.03]] * 7  # the field of the second sample does not exist yet
    assert [sample.number_density for sample in with_typed_values(samples, *fields_of_one_sample)] == [None, None]


def test_names_of_windows_are_short():
    assert window_of({"window": 100 * "x", "serial": "3"}) == (64 * "x", 3)


def test_errors_of_users_are_shown_and_others_are_logged(caplog):
    assert line_of(ValueError("two\n lines")) == "two lines"
    assert caplog.records == []
    assert line_of(KeyError("x")).startswith("Internal error: KeyError")
    assert len(caplog.records) == 1


def test_an_error_has_the_name_of_its_sample_if_there_are_several():
    solution = {"name": "a.sq", "error": "q is missing"}
    assert error_of_sample(solution, [solution]) == "q is missing"
    assert error_of_sample(solution, [solution, solution]) == "a.sq: q is missing"
    named = {"name": "a.sq", "error": "a.sq has no q"}
    assert error_of_sample(named, [named, named]) == "a.sq has no q"
