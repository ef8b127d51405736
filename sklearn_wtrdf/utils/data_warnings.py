"""Warnings about data: their classes, and how they are issued in the name of the user's line."""

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
_RECORDING = threading.Lock()  # what records warnings is one for all threads of a process


class DataWarning(UserWarning):
    """Data, or what a model makes of them, look wrong."""


class MismatchWarning(DataWarning):
    """Data that are used together seem to be of different materials."""


def warn(found: Sequence[Sequence[Warning]]) -> None:
    """Issue what was found of each of some materials, in the name of the user's line that led here.

    Of one material all is said; of several one warning of each class, which says how many it is true of.
    """
    if len(found) == 1:
        for one in found[0]:
            warnings.warn(one, stacklevel=user_stacklevel())
        return
    for category in dict.fromkeys(type(one) for some in found for one in some):
        wrong = {i: [one for one in some if type(one) is category] for i, some in enumerate(found)}
        wrong = {i: some for i, some in wrong.items() if some}
        first, (said, *_) = next(iter(wrong.items()))
        message = f"{len(wrong)} of {len(found)} materials look wrong. Material {first}: {said}"
        warnings.warn(message, category, stacklevel=user_stacklevel())


def user_stacklevel() -> int:
    """Return how many calls above the caller the first line is that is neither of this package nor of scikit-learn."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame, level = frame.f_back, level + 1
    return level


@contextmanager
def recorded() -> Iterator[list[Warning]]:
    """Collect warnings of users instead of showing them, for one thread at a time."""
    said: list[Warning] = []
    with _RECORDING, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield said
    said += [one.message for one in caught if isinstance(one.message, UserWarning)]
