import base64
import io
import json
import pickle
import tempfile
from dataclasses import replace

import h5py
import numpy as np
import pytest

from sklearn_wtrdf import PdfSettings
from sklearn_wtrdf.explore.schema import Sample
from sklearn_wtrdf.explore.uploads import (
    CURVE_QUANTITIES,
    MAX_BYTES,
    MAX_SAMPLES,
    MissingChoiceError,
    read_settings,
    read_upload,
    unread_settings,
    with_settings,
)
from tests.explore.page_files import upload
from tests.malformed import _contents, valid_text
from tests.scan_forms import rasx, scan_forms, zipped


def sent(contents):
    return base64.b64encode(contents if isinstance(contents, bytes) else contents.encode()).decode()


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The one folder in which anything may be written."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_no_path_in_the_name_of_a_file_is_followed(temporary, tmp_path):
    for name in ("../../glass.sq", "/etc/glass.sq", "..\\..\\glass.sq", "....sq", "a\0b.sq", "x" * 5000 + ".sq", ""):
        samples, message = read_upload(name, sent(valid_text()), [])
        assert len(samples[0].q) == 148
        assert message.startswith(samples[0].name)
        assert "/" not in samples[0].name
        assert list(temporary.iterdir()) == []
    assert list(tmp_path.iterdir()) == [temporary]


def test_malformed_files_are_refused_in_one_line_and_nothing_is_stored(temporary):
    for name, contents in _contents().items():
        if len(contents) * 4 / 3 < MAX_BYTES and not name.startswith(("intensities", "counts")):  # those are scans
            with pytest.raises(ValueError, match=rf"^{name}\.dat") as refused:
                read_upload(f"{name}.dat", sent(contents), [])
            assert "\n" not in str(refused.value)
            assert str(temporary) not in str(refused.value)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    "contents", [b"PK\x03\x04\0\0", b"#!/bin/sh\ntouch pwned\n", b"<script>alert(1)</script>", b"import os\n"]
)
def test_zips_and_scripts_are_no_tables(temporary, contents):
    with pytest.raises(ValueError, match=r"^evil\.sq: (it is a zip archive|no table of numbers)"):
        read_upload("evil.sq", sent(contents), [])
    assert list(temporary.iterdir()) == []


TWO_THETA = np.round(np.arange(5, 100, 0.1), 4)
COUNTS = np.round(1000 + 500 * np.sin(TWO_THETA / 5))
FORMS = scan_forms(TWO_THETA, COUNTS)


@pytest.mark.parametrize("name", FORMS)
def test_a_scan_is_taken_in_each_form_that_is_read(name, temporary):
    [sample], message = read_upload(name, sent(FORMS[name]), [])
    assert f"{name}: a raw scan, 950 points" in message
    np.testing.assert_allclose(sample.x, TWO_THETA, atol=1e-9)
    assert sample.intensity == COUNTS.tolist()
    assert (sample.axis, sample.axis_is_unknown) == ("2theta", False)
    assert sample.wavelength == ("1.540598" if name == "a.xrdml" else None)
    assert Sample.from_json(json.loads(json.dumps(sample.to_json()))) == sample
    assert list(temporary.iterdir()) == []


def nexus(fill):
    contents = io.BytesIO()
    with h5py.File(contents, "w") as file:
        data = file.create_group("entry/data")
        data.attrs.update({"signal": "counts", "axes": ["two_theta"]})
        fill(data)
    return contents.getvalue()


def with_link_to_another_file(data):
    data["two_theta"] = h5py.ExternalLink("/etc/other.h5", "two_theta")
    data["counts"] = COUNTS


def with_bytes_of_another_file(data):
    data["two_theta"] = TWO_THETA
    data.create_dataset("counts", (950,), "u1", external=[("/etc/passwd", 0, 950)])


def with_billions_of_points(data):
    for name in ("two_theta", "counts"):
        data.create_dataset(name, (10**10,), "f8", chunks=(1000,), compression="gzip")


@pytest.mark.parametrize(
    ("name", "contents", "message"),
    [
        ("bomb.rasx", rasx("5 1 1\n" * 4_000_000), "it unpacks to 24 MB; at most 16 MB were expected"),
        ("other.rasx", zipped({"evil.txt": "5 1"}), "not a readable scan"),
        ("script.raw", b"#!/bin/sh\ntouch pwned\n", "not a readable scan"),
        (
            "entity.xrdml",
            b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
            "not a readable scan",
        ),
        ("link.nxs", nexus(with_link_to_another_file), "parts of it are in other files"),
        ("bytes.nxs", nexus(with_bytes_of_another_file), "parts of it are in other files"),
        ("billions.nxs", nexus(with_billions_of_points), "has 10,000,000,000 points"),
        ("scan.sq", FORMS["a.rasx"], "it is a zip archive: unpack it first"),
    ],
)
def test_files_that_refer_to_other_files_or_exhaust_memory_are_refused(name, contents, message, temporary):
    with pytest.raises(ValueError, match=rf"^{name}: .*{message}") as refused:
        read_upload(name, sent(contents), [])
    assert "root:" not in str(refused.value)
    assert "\n" not in str(refused.value)
    assert list(temporary.iterdir()) == []


def test_an_empty_container_joins_the_scan_that_it_was_dropped_on():
    samples, _ = read_upload("glass.xrdml", sent(FORMS["a.xrdml"]), [])
    [sample], message = read_upload("air.rasx", sent(FORMS["a.rasx"]), samples, "glass.xrdml")
    assert message == "air.rasx: the background of glass.xrdml, 950 points."
    assert (sample.background_name, sample.background) == ("air.rasx", COUNTS.tolist())
    np.testing.assert_allclose(sample.scans()[1].x, TWO_THETA)
    assert Sample.from_json(json.loads(json.dumps(sample.to_json()))) == sample
    assert [sample.without_background()] == samples
    with pytest.raises(ValueError, match=r"there is no raw scan 'glass\.sq'"):
        read_upload("air.rasx", sent(FORMS["a.rasx"]), samples, "glass.sq")


def test_the_quantity_of_x_is_required_if_the_file_does_not_have_it():
    text = "".join(f"{x} {y}\n" for x, y in zip(TWO_THETA / 2, COUNTS, strict=True))
    [sample], message = read_upload("a.xy", sent(text), [])
    assert "which may be 2θ or q: choose" in message
    assert (sample.axis, sample.axis_is_unknown) == (None, True)
    [sample], _ = read_upload("air.xy", sent(text), [sample], "a.xy")
    for axis in ("q", "2theta"):
        message = Sample.from_json(sample.to_json() | {"axis": axis})
        assert [scan.axis for scan in message.scans()] == [axis, axis]


def test_what_is_too_large_is_not_decoded():
    with pytest.raises(ValueError, match="at most 2 MB"):
        read_upload("large.sq", "A" * (2 * MAX_BYTES), [])


def test_the_number_of_samples_is_limited(paper):
    samples = []
    for i in range(MAX_SAMPLES):
        samples, _ = read_upload(f"{i}.sq", sent(valid_text()), samples)
    with pytest.raises(ValueError, match="remove one first"):
        read_upload("one-more.sq", sent(valid_text()), samples)
    assert len(read_upload("0.sq", sent(valid_text()), samples)[0]) == MAX_SAMPLES  # in its own place


def test_g_joins_the_sample_that_it_belongs_to(paper):
    assert [sample.known_name for sample in paper] == ["ge25se75_rdf.csv"]
    assert len(paper[0].g) == 58


def test_g_without_a_sample_requests_s_first(ge_se, tmp_path):
    path = tmp_path / "alone.csv"
    path.write_text("r,g\n" + "\n".join(f"{r},{g}" for r, g in zip(ge_se.r, ge_se.target, strict=True)))
    with pytest.raises(ValueError, match="drop the S"):
        upload(path)


@pytest.mark.parametrize(
    ("text", "choices", "argument"),
    [
        ("{q} {s}", {}, "quantity"),
        ("# Q S(Q)\n{nm} {s}", {}, "unit"),
        ("{nm} {s}", {"quantity": "S"}, "unit"),
        ("# Q FK(Q)\n{q} {s_1}", {}, "composition"),
    ],
)
def test_a_choice_that_the_file_does_not_determine_is_requested_and_used(text, choices, argument):
    q = np.arange(0.5, 20, 0.05)
    s = 1 + np.exp(-q / 5) * np.sin(2 * q)
    head, _, row = text.rpartition("\n")
    rows = [row.format(q=x, nm=10 * x, s=y, s_1=0.2765 * (y - 1)) for x, y in zip(q, s, strict=True)]
    contents = sent("\n".join([head, *rows]))
    with pytest.raises(MissingChoiceError, match=r"^a\.dat: ") as caught:
        read_upload("a.dat", contents, [], None, choices)
    assert pickle.loads(pickle.dumps(caught.value)).argument == argument  # it comes from another process
    choices |= {argument: {"quantity": "S", "unit": "nm", "composition": "SiO2"}[argument]}
    [sample], _ = read_upload("a.dat", contents, [], None, choices)
    np.testing.assert_allclose(sample.q, q)
    np.testing.assert_allclose(sample.s_r, q * (s - 1), rtol=3e-3, atol=1e-6)
    assert sample.choices == choices
    assert Sample.from_json(json.loads(json.dumps(sample.to_json()))) == sample


def test_a_file_without_names_may_hold_counts_or_g():
    text = "".join(f"{x} {y}\n" for x, y in zip(TWO_THETA, COUNTS, strict=True))
    [sample], message = read_upload("a.dat", sent(text), [], None, {"quantity": "counts"})
    assert "a raw scan, 950 points" in message
    r = np.arange(0.5, 10, 0.05)
    curve = "".join(f"{x} {1 - np.exp(-((x / 2) ** 6))}\n" for x in r)
    [sample], _ = read_upload("g.dat", sent(curve), [sample], None, {"quantity": "g"})
    assert (sample.known_name, sample.known_choices) == ("g.dat", {"quantity": "g"})


@pytest.mark.parametrize("quantity", CURVE_QUANTITIES)
def test_a_known_g_is_read_in_each_quantity_of_its_reader(quantity):
    r, density = np.arange(0.05, 12, 0.05), 0.0662
    square = ((4.1491 + 2 * 5.803) / 3) ** 2 / 100  # barn/sr, of SiO2, from scattering lengths in fm
    g = np.where(r > 1.4, 1 + np.exp(-r / 3) * np.cos(4 * (r - 1.6)), 0.0)
    reduced = 4 * np.pi * density * r * (g - 1)
    values = {"g": g, "G": reduced, "D": reduced, "RDF": 4 * np.pi * density * r**2 * g}
    values |= {"T": 4 * np.pi * density * r * g, "g-1": g - 1, "GK": square * (g - 1)}
    [sample], _ = read_upload("a.sq", sent(valid_text()), [])
    sample = replace(sample, composition="SiO2", number_density=density)
    rows = "".join(f"{x} {y}\n" for x, y in zip(r, values[quantity], strict=True))
    [sample], message = read_upload("known.dat", sent(rows), [sample], None, {"quantity": quantity})
    assert message.startswith("known.dat: the known g(r) of a.sq")
    np.testing.assert_allclose(sample.g, g, atol=1e-3 if quantity == "GK" else 1e-9)


def test_a_column_n_of_r_is_asked_about():
    samples, _ = read_upload("a.sq", sent(valid_text()), [])
    rows = "".join(f"{x} {x**2}\n" for x in np.arange(0.05, 12, 0.05))
    with pytest.raises(MissingChoiceError, match=r"N\(r\) may be") as caught:
        read_upload("known.dat", sent(f"# r N(r)\n{rows}"), samples)
    assert caught.value.argument == "quantity"


def test_settings_apply_to_the_files_that_come_after_them():
    opened = PdfSettings("SiO2", mass_density=2.2, radiation="neutron", quantity="S-1", wavelength=None)
    q = np.arange(0.5, 20, 0.05)
    rows = "".join(f"{x} {np.exp(-x / 5) * np.sin(2 * x)}\n" for x in q)
    [sample], _ = read_upload("a.dat", sent(rows), [], opened=opened)
    assert (sample.composition, sample.mass_density, sample.radiation) == ("SiO2", 2.2, "neutron")
    assert sample.choices["quantity"] == "S-1"
    np.testing.assert_allclose(sample.s_r, q * np.exp(-q / 5) * np.sin(2 * q))
    assert unread_settings([sample], opened) == []
    [line] = unread_settings([replace(sample, choices={})], opened)
    assert line == "a.dat: choose its file again to read it with quantity = S-1."
    assert with_settings(sample, PdfSettings(number_density=0.07)).mass_density is None


def test_a_field_that_is_emptied_stands_for_the_header_of_the_file():
    text = "# composition = SiO2\n# number_density = 0.066\n# radiation = neutron\n" + valid_text()
    [sample], _ = read_upload("a.sq", sent(text), [])
    emptied = sample.to_json() | {"composition": "", "number_density": None, "radiation": "unknown"}
    assert Sample.from_json(json.loads(json.dumps(emptied))) == sample
    assert Sample.from_json(emptied | {"mass_density": 2.2}).number_density is None


@pytest.mark.parametrize("text", ["[material]\ncomposition = 3", "[there]\n", "not toml", "a = " + "[" * 100_000])
def test_an_invalid_settings_file_is_refused_in_one_line(text, temporary):
    with pytest.raises(ValueError, match=r"^settings\.toml: ") as refused:
        read_settings("settings.toml", sent(text))
    assert len(str(refused.value).splitlines()) == 1
    assert str(temporary) not in str(refused.value)
