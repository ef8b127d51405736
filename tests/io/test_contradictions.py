"""Headers that contradict what is used."""

from pathlib import Path

import pytest

from sklearn_wtrdf.io.contradictions import contradictions


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"number_density": "0.05"}, "its header has the number density 0.05 atoms/Å³; 0.0662 is used"),
        ({"density": "2.65 g/cm3", "composition": "SiO2"}, "the number density 0.07968 atoms/Å³; 0.0662 is used"),
        ({"density": "2.65 g/cm3"}, "the number density 0.07968 atoms/Å³; 0.0662 is used"),
        ({"composition": "GeO2"}, "its header has the composition 'GeO2'; SiO2 is used"),
        ({"mode": "neutron"}, "by its header the radiation is neutron; x-ray is used"),
    ],
)
def test_a_header_that_contradicts_what_is_used_is_reported(header, message):
    [found] = contradictions(Path("a.sq"), header, "SiO2", 0.0662, "x-ray")
    assert found.startswith("a.sq: ")
    assert message in found


@pytest.mark.parametrize(
    "header",
    [
        {"number_density": "0.066", "composition": "Si33O67", "mode": "xray"},
        {"density": "2.2 g/cm3", "composition": "Si[29]O2"},
        {"mass_density": "2.2"},
        {"number_density": "66", "composition": "no formula", "mode": "sas"},
        {},
    ],
)
def test_rounding_and_what_a_header_does_not_say_is_no_contradiction(header):
    assert contradictions(Path("a.sq"), header, "SiO2", 0.0662, "x-ray") == []
    assert contradictions(Path("a.sq"), {"composition": "GeO2", "number_density": "0.05"}) == []
