from sklearn_wtrdf.utils.files import written_whole


def test_what_is_written_half_way_is_not_left_behind(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    interrupted = written_whole(path, overwrite=True)
    interrupted.__enter__().write_text("half")
    assert len(list(tmp_path.iterdir())) == 2
    assert not interrupted.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
