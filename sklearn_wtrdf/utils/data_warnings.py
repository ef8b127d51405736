"""Warnings about data, which point to the line of the user's code."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sklearn

import sklearn_wtrdf

_OURS = tuple(str(Path(file).parent) for file in (sklearn_wtrdf.__file__, sklearn.__file__))
_RECORDING = threading.RLock()  # all threads of a process share the recording of warnings


class DataWarning(UserWarning):
    """Warning that data, or the result of a model, look wrong."""


class MismatchWarning(DataWarning):
    """Warning that data that are used together seem to be of different materials."""


def warn(warnings_of_materials: Sequence[Sequence[Warning]]) -> None:
    """Issue the warnings about each material, pointing to the line of the user's code.

    For one material, all are issued; for several, one warning of each class, with the number of materials.
    """
    if len(warnings_of_materials) == 1:
        for issued in warnings_of_materials[0]:
            warnings.warn(issued, stacklevel=user_stacklevel())
        return
    for category in dict.fromkeys(
        type(warning) for material_warnings in warnings_of_materials for warning in material_warnings
    ):
        wrong = {
            i: [warning for warning in material_warnings if type(warning) is category]
            for i, material_warnings in enumerate(warnings_of_materials)
        }
        wrong = {i: material_warnings for i, material_warnings in wrong.items() if material_warnings}
        first, (first_message, *_) = next(iter(wrong.items()))
        message = (
            f"{len(wrong)} of {len(warnings_of_materials)} materials look wrong. Material {first}: {first_message}"
        )
        warnings.warn(message, category, stacklevel=user_stacklevel())


def user_stacklevel() -> int:
    """Return the stack level of the first caller that belongs neither to this package nor to scikit-learn."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame, level = frame.f_back, level + 1
    return level


@contextmanager
def record_warnings() -> Iterator[list[Warning]]:
    """Collect warnings of users instead of showing them, for one thread at a time."""
    messages: list[Warning] = []
    with _RECORDING, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield messages
    messages += [record.message for record in caught if isinstance(record.message, UserWarning)]
