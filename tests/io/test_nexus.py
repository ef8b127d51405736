import h5py
import numpy as np
import pytest

from sklearn_wtrdf import read_gr, read_pattern
from tests.malformed import G_R, Q, R, S

STD = 0.01 + 0.001 * Q


def nexus(path, x, y, *, name=("Q", "S"), unit="1/angstrom", errors=None, default=True):
    with h5py.File(path, "w") as file:
        if default:
            file.attrs["default"] = "entry"
        entry = file.create_group("entry")
        entry.attrs.update({"NX_class": "NXentry", "default": "data"})
        data = entry.create_group("data")
        data.attrs.update({"NX_class": "NXdata", "signal": name[1], "axes": [name[0]]})
        data.create_dataset(name[0], data=x).attrs["units"] = unit
        data.create_dataset(name[1], data=y)
        if errors is not None:
            data.create_dataset(f"{name[1]}_errors", data=errors)
    return path


@pytest.mark.parametrize("default", [True, False])
def test_nexus_has_one_curve_and_its_unit(default, tmp_path):
    pattern = read_pattern(nexus(tmp_path / "a.nxs", Q, S, errors=STD, default=default))
    np.testing.assert_array_equal(pattern.s_r, Q * (S - 1))
    np.testing.assert_allclose(pattern.std, Q * STD)
    nm = read_pattern(nexus(tmp_path / "b.nxs", 10 * Q, S, unit="1/nm"))
    np.testing.assert_allclose(nm.q, Q)
    edges = np.append(Q - 0.025, Q[-1] + 0.025)
    np.testing.assert_allclose(read_pattern(nexus(tmp_path / "c.h5", edges, S)).q, Q)
    np.testing.assert_array_equal(read_gr(nexus(tmp_path / "d.nxs", R, G_R, name=("r", "g"), unit="angstrom")).g, G_R)


def test_nexus_without_a_curve_is_refused_in_one_line(tmp_path):
    two = nexus(tmp_path / "two.nxs", Q, np.ones((Q.size, 2)))
    short = nexus(tmp_path / "short.nxs", Q, S[:-3])
    damaged = tmp_path / "damaged.nxs"
    damaged.write_bytes(two.read_bytes()[:400])
    empty = tmp_path / "empty.nxs"
    with h5py.File(empty, "w") as file:
        file.create_group("entry")
    with h5py.File(circle := tmp_path / "circle.nxs", "w") as file:
        file.attrs["default"] = "."
    for path in (two, short, damaged, empty, circle):
        with pytest.raises(
            ValueError, match=r"not a curve|different lengths|not a readable NeXus|without a curve"
        ) as error:
            read_pattern(path)
        assert str(error.value).startswith(str(path))
        assert len(str(error.value).splitlines()) == 1
    with pytest.raises(ValueError, match="is an intensity"):
        read_pattern(nexus(tmp_path / "sas.h5", Q, 1000 * S, name=("Q", "I")))


def workspace(path, x, y, *, unit=("MomentumTransfer", ""), spectra=1, errors=None, several=False):
    """Write a workspace as SaveNexusProcessed of Mantid does: signal and axes are attributes of the dataset."""
    with h5py.File(path, "w") as file:
        for i in (1, 2) if several else (1,):
            entry = file.create_group(f"mantid_workspace_{i}")
            data = entry.create_group("workspace")
            data.attrs["NX_class"] = np.bytes_("NXdata")
            values = data.create_dataset("values", data=np.tile(y, (spectra, 1)))
            values.attrs.update({"signal": np.int32(1), "axes": np.bytes_("axis2,axis1"), "unit_label": np.bytes_("")})
            data.create_dataset("errors", data=np.tile(0.01 + 0 * y if errors is None else errors, (spectra, 1)))
            axis = data.create_dataset("axis1", data=x)
            axis.attrs.update({"units": np.bytes_(unit[0]), "caption": np.bytes_(unit[1])})
            data.create_dataset("axis2", data=np.arange(spectra, dtype=float))
    return path


def test_a_workspace_of_mantid_is_one_spectrum(tmp_path):
    path = workspace(tmp_path / "a.nxs", Q, S, errors=STD)
    with pytest.raises(ValueError, match=r"column 'values' is unknown; it tends to 0\.98. Give quantity"):
        read_pattern(path)
    pattern = read_pattern(path, quantity="S")
    np.testing.assert_array_equal(pattern.s_r, Q * (S - 1))
    np.testing.assert_allclose(pattern.std, Q * STD)
    for unit in [("Label", "Angstrom"), ("AtomicDistance", "")]:
        np.testing.assert_array_equal(read_gr(workspace(tmp_path / "b.nxs", R, G_R, unit=unit), quantity="g").g, G_R)
    edges = np.append(Q - 0.025, Q[-1] + 0.025)
    np.testing.assert_allclose(read_pattern(workspace(tmp_path / "c.nxs", edges, S), quantity="S").q, Q)


def test_a_workspace_of_several_spectra_or_over_another_axis_is_refused(tmp_path):
    for path, message in [
        (workspace(tmp_path / "a.nxs", Q, S, spectra=4), "has 4 spectra: save one of them, by ExtractSingleSpectrum"),
        (workspace(tmp_path / "b.nxs", Q, S, several=True), "has 2 workspaces: save one of them"),
        (workspace(tmp_path / "c.nxs", Q, S, unit=("TOF", "")), "its axis is TOF; q or r was expected"),
        (workspace(tmp_path / "d.nxs", Q, S, unit=("dSpacing", "")), "its axis is dSpacing"),
    ]:
        with pytest.raises(ValueError, match=message):
            read_pattern(path, quantity="S")


def test_the_error_of_hdf5_without_a_curve_has_a_remedy(tmp_path):
    with h5py.File(path := tmp_path / "a.h5", "w") as file:
        file["q"], file["S"] = Q, S
    with pytest.raises(
        ValueError, match=r"HDF5 without a curve.*: write the curve as columns of text, by numpy\.savetxt"
    ):
        read_pattern(path)
