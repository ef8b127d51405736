"""`wtrdf report`."""

from sklearn_wtrdf import Composition, load


def test_a_file_that_is_no_model_is_an_error_of_a_line(wtrdf, files):
    for arguments in (["report", files[0]], ["reconstruct", files[0], files[1], "-o", "out"], ["report", "nowhere"]):
        code, out, err = wtrdf(*arguments)
        assert (code, out) == (1, "")
        assert err.count("\n") == 1
    assert wtrdf("fit", *files, "-o", "nowhere/model.skops")[0] == 1


def test_the_composition_is_saved_with_the_model_and_determines_the_pairs_of_a_peak(wtrdf, files):
    of = ["--composition", "GeSe2", "--number-density", "0.0344"]
    assert wtrdf("fit", *files, *of, "-o", "model.skops")[0] == 0
    assert load("model.skops").composition_ == "GeSe2"
    _code, out, _ = wtrdf("report", "model.skops")
    assert "of GeSe2" in out
    assert wtrdf("reconstruct", "model.skops", files[1], *of, "-o", "out")[0] == 0
    _code, out, _ = wtrdf("peaks", "out/sq.gr")
    weight = Composition("GeSe2").neighbour_weights()["Ge-Se"]
    assert f"Ge-Se {weight:.3g}" in out
