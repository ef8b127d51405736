import warnings

import pytest

from sklearn_wtrdf.utils.data_warnings import DataWarning, MismatchWarning, record_warnings, warn


def test_all_warnings_of_a_single_material_are_issued():
    with pytest.warns(DataWarning) as caught:
        warn([[DataWarning("first"), MismatchWarning("second")]])
    assert [(item.category, str(item.message)) for item in caught] == [
        (DataWarning, "first"),
        (MismatchWarning, "second"),
    ]
    assert {item.filename for item in caught} == {__file__}


def test_warnings_of_several_materials_are_counted_by_class():
    with pytest.warns(DataWarning) as caught:
        warn([[], [DataWarning("a"), MismatchWarning("b")], [DataWarning("c")]])
    assert [(item.category, str(item.message)) for item in caught] == [
        (DataWarning, "2 of 3 materials look wrong. Material 1: a"),
        (MismatchWarning, "1 of 3 materials look wrong. Material 1: b"),
    ]


def test_only_warnings_of_users_are_recorded_and_none_is_shown():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with record_warnings() as messages:
            warnings.warn("seen", DataWarning, stacklevel=1)
            warnings.warn("seen", DataWarning, stacklevel=1)  # again at the same place
    assert [str(message) for message in messages] == ["seen", "seen"]
