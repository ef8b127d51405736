import errno
import os
import re
from pathlib import Path

import pytest

from sklearn_wtrdf.utils.files import atomic_write, check_output, check_outputs, naming, text_of


def test_an_incomplete_file_is_removed(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    interrupted = atomic_write(path, overwrite=True)
    interrupted.__enter__().write_text("half")
    assert len(list(tmp_path.iterdir())) == 2
    assert not interrupted.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_an_input_is_never_an_output_under_any_name(tmp_path):
    path, hard, soft = (tmp_path / name for name in ("a.sq", "hard.sq", "soft.sq"))
    path.write_text("precious")
    os.link(path, hard)
    soft.symlink_to(path)
    for output in (path, hard, soft, tmp_path / "." / "a.sq"):
        with pytest.raises(ValueError, match=re.escape(f"{output} would replace an input")):
            check_outputs([output], [path], overwrite=True)
    check_outputs([tmp_path / "b.sq"], [path, tmp_path / "missing.sq"], overwrite=False)


def test_a_missing_folder_of_a_result_is_named_before_it_is_computed(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"g\.csv: there is no folder .*none: create it, or choose another"):
        check_output(tmp_path / "none" / "g.csv", [], overwrite=False)
    check_output(tmp_path / "g.csv", [], overwrite=False)


def test_an_os_error_is_reported_without_its_number(tmp_path):
    with pytest.raises(OSError, match="none") as error:
        (tmp_path / "none").read_text()
    assert text_of(error.value) == f"{tmp_path / 'none'}: no such file or directory."
    assert text_of(FileNotFoundError("a.sq: no such file.")) == "a.sq: no such file."
    assert text_of(OSError(errno.ENOSPC, "No space left on device")) == "no space left on device."  # of a stream


def test_a_link_to_nothing_is_not_replaced(tmp_path):
    link = tmp_path / "link.gr"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError, match=r"link\.gr already exists"):
        check_outputs([link], [], overwrite=False)
    check_outputs([link], [], overwrite=True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_neither_a_device_nor_a_folder_is_replaced(tmp_path):
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"  # what root writes to /dev/stdout would replace it as well
    os.mkfifo(pipe)
    folder.mkdir()
    for path, kind in ((pipe, "not a regular file"), (folder, "a folder")):
        with pytest.raises(IsADirectoryError, match=f"a file was expected, and this is {kind}"):
            check_output(path, [], overwrite=True)
        with pytest.raises(IsADirectoryError, match=kind), atomic_write(path, overwrite=True) as temporary:
            temporary.write_text("anything")
    assert pipe.is_fifo()


def test_an_error_names_the_file_and_not_its_temporary_name(tmp_path):
    path = tmp_path / "none" / "a.txt"
    with pytest.raises(OSError, match=re.escape(f"'{path}'") + "$"), atomic_write(path, True) as temporary:
        temporary.write_text("anything")
    with pytest.raises(OSError, match=r"'a\.txt'$"), naming(Path("a.txt"), tmp_path / "b.txt"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), tmp_path / "b.txt")  # a path, as of open(path)
    with pytest.raises(OSError, match=r"'a\.txt'$"), naming(Path("a.txt")):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
