"""Raw scans as diffractometers' programs write them: one scan over 2θ in even steps, in each form that is read."""

import io
import struct
import zipfile

import h5py
import numpy as np


def scan_forms(two_theta, counts):
    """Return the contents of a file by its name."""
    rows = [f"{x:.4f} {y:.0f}" for x, y in zip(two_theta, counts, strict=True)]
    text = "\n".join(rows) + "\n"
    start, step = float(two_theta[0]), float(two_theta[1] - two_theta[0])
    forms = {
        "a.xy": f"# 2theta counts\n{text}",
        "a.ras": f"*RAS_DATA_START\n*RAS_INT_START\n{text}*RAS_INT_END\n*RAS_DATA_END\n",
        "a.uxd": f"_FILEVERSION=2\n_2THETACOUNTS\n{text}",
        "a.xrdml": _xrdml(two_theta, counts),
        "a.fxye": _gsas(
            two_theta, [f"{100 * x:.4f} {y:.0f} {y**0.5:.4f}" for x, y in zip(two_theta, counts, strict=True)]
        ),
        "a.raw": _raw(start, step, counts),
        "a.rasx": rasx(text),
        "a.brml": _brml(rows),
        "a.nxs": _nexus(two_theta, counts),
    }
    return {name: item if isinstance(item, bytes) else item.encode() for name, item in forms.items()}


def zipped(members):
    """Return an archive."""
    contents = io.BytesIO()
    with zipfile.ZipFile(contents, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return contents.getvalue()


def rasx(text):
    """Return Rigaku's archive of a profile."""
    root = '<Root><Data0><ContentHashList Name="Profile0.txt"/></Data0></Root>'
    return zipped({"root.xml": root, "Data0/Profile0.txt": text})


def _brml(rows):
    views = (
        '<RawDataView type="VaryingRawDataView" Start="2" Length="1"><Varying><FieldDefinitions AxisId="TwoTheta"/>'
        '</Varying></RawDataView><RawDataView type="RecordedRawDataView" Start="3" Length="1"/>'
    )
    datums = "".join(f"<Datum>1,1,{row.replace(' ', ',')}</Datum>" for row in rows)
    names = "<RawDataReferenceList><string>Experiment0/RawData0.xml</string></RawDataReferenceList>"
    return zipped(
        {
            "Experiment0/DataContainer.xml": f"<DataContainer>{names}</DataContainer>",
            "Experiment0/RawData0.xml": f"<RawData><DataRoute>{views}{datums}</DataRoute></RawData>",
        }
    )


def _xrdml(two_theta, counts):
    return (
        '<?xml version="1.0" encoding="UTF-8"?><xrdMeasurements xmlns="http://www.xrdml.com/XRDMeasurement/1.5">'
        '<xrdMeasurement><usedWavelength><kAlpha1 unit="Angstrom">1.540598</kAlpha1></usedWavelength>'
        '<scan scanAxis="Gonio"><dataPoints><positions axis="2Theta" unit="deg">'
        f"<startPosition>{two_theta[0]}</startPosition><endPosition>{two_theta[-1]}</endPosition></positions>"
        f'<intensities unit="counts">{" ".join(f"{y:.0f}" for y in counts)}</intensities>'
        "</dataPoints></scan></xrdMeasurement></xrdMeasurements>"
    )


def _gsas(two_theta, rows):
    n = len(rows)
    start, step = 100 * two_theta[0], 100 * (two_theta[1] - two_theta[0])
    return "\n".join(["glass", f"BANK 1 {n} {n} CONST {start:g} {step:g} 0 0 FXYE", *rows]) + "\n"


def _raw(start, step, counts):
    """Return Bruker's RAW of version 3."""
    head, scan = bytearray(712), bytearray(304)
    head[:8] = b"RAW1.01\0"
    struct.pack_into("<I", head, 12, 1)
    struct.pack_into("<II", scan, 0, len(scan), len(counts))
    struct.pack_into("<dd", scan, 8, start / 2, start)
    struct.pack_into("<d", scan, 176, step)
    struct.pack_into("<I", scan, 252, 4)
    return bytes(head) + bytes(scan) + np.asarray(counts, "<f4").tobytes()


def _nexus(two_theta, counts):
    contents = io.BytesIO()
    with h5py.File(contents, "w") as file:
        data = file.create_group("entry/data")
        data.attrs.update({"signal": "counts", "axes": ["two_theta"]})
        data.create_dataset("two_theta", data=two_theta).attrs["units"] = "deg"
        data.create_dataset("counts", data=counts)
    return contents.getvalue()
