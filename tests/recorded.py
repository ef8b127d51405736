"""The warnings that a call issues."""

import warnings

from sklearn_wtrdf import DataWarning


def warnings_of(call, *arguments):
    """Return all warnings of a call, as pytest.warns records them."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call(*arguments)
    return caught


def messages_of(call, *arguments, category=DataWarning):
    """Return the messages of the warnings about data."""
    return [str(warning.message) for warning in warnings_of(call, *arguments) if issubclass(warning.category, category)]
