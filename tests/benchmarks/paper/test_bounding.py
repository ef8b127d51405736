import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.paper import bounding
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE

from sklearn_wtrdf import Adam, WTRDFRegressor
from sklearn_wtrdf.wtrdf.wavelet import MANUAL


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bounding")
    bounding.main(["--rounds", "2", "--per-cent", "5", "--out", str(folder)])
    return folder


@pytest.fixture(scope="module")
def table(folder):
    return pd.read_csv(folder / "bounding.csv").set_index(["selective_loss", "last", "per_cent"]).sort_index()


def test_each_interval_is_about_where_the_round_before_ended(folder):
    paths = pd.read_csv(folder / "bounding_path.csv")
    moved = paths[paths["last"] == "moved intervals alone"]
    assert len(moved) == 2 * 3
    for (_, per_cent), path in moved.groupby(["selective_loss", "per_cent"]):
        for name in ("a", "K_f"):
            values = path.sort_values("round")[name].to_numpy()
            assert values[0] == MANUAL[name]
            assert (np.abs(np.diff(values)) <= per_cent / 100 * np.abs(values[:-1]) + 1e-5).all()
            assert (np.diff(values) != 0).any()


def test_the_last_round_ends_in_its_bounds(table):
    ends = table.xs("then the paper's bounds", level="last")
    assert ends["in_the_papers_bounds"].all()
    assert (ends["a"].between(0.6, 0.61) & ends["K_f"].between(0.01, 0.3)).all()


def test_the_papers_errors_are_in_the_table(table):
    selective = table.loc[True]
    assert set(selective["paper_mae"]) == {0.6598}
    assert set(table.loc[False, "paper_mae"]) == {0.5770}
    assert selective["fpe_difference"].to_numpy() == pytest.approx((selective["fpe"] - 0.0065).to_numpy(), abs=1e-6)


def test_rounds_are_those_of_adam_with_earlier_bounds():
    procedures = [
        bounding.Procedure(1.0, "then the paper's bounds", 1.0),
        bounding.Procedure(5.0, "moved intervals alone", 0.0),
    ]
    for procedure, path in zip(procedures, bounding.paths_of(procedures, 2, "cpu"), strict=True):
        assert path[0] == MANUAL
        boxes = [bounding.interval_about(params, procedure.per_cent) for params in path[:2]]
        last = bounding.LAST[procedure.last] or boxes[1]
        model = WTRDFRegressor(last, peak_weight=procedure.peak_weight, solver=Adam(earlier_bounds=boxes[:1]))
        assert model.fit(GE_SE.data, GE_SE.target).params_ == pytest.approx(path[2], abs=1e-4)


@pytest.mark.parametrize(("arguments", "message"), [(["--rounds", "1"], "--rounds"), (["--per-cent", "100"], "--per-")])
def test_invalid_options_are_refused(arguments, message, capsys):
    with pytest.raises(SystemExit):
        bounding.main(arguments)
    assert message in capsys.readouterr().err


def test_the_figure_is_written(folder):
    assert (folder / "bounding.png").stat().st_size > 10_000
