import pytest


@pytest.fixture
def curve(ge_se):
    """r and g of the paper's glass."""
    return ge_se.data[["r"]], ge_se.target
