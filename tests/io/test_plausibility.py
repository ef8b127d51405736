import numpy as np
import pytest
from scipy.special import expit

from sklearn_wtrdf import DataWarning, read_gr, read_pattern
from sklearn_wtrdf.datasets import list_materials, load_material
from sklearn_wtrdf.scattering.curve import rdf_from_g, reduced_pdf_from_g
from tests.malformed import G_R, Q, R, S, rows

S_R = Q * (S - 1)
DENSITY = 0.066
G = reduced_pdf_from_g(R, G_R, DENSITY)


@pytest.mark.parametrize(
    ("name", "kind", "y", "message"),
    [
        ("a.sq", "S", 1000 * S, "as an intensity: reduce it"),
        ("a.sq", "S", S_R, "it tends to|is it S\\(q\\) - 1 or F\\(q\\)"),
        ("a.sq", "S", S - 1, "it tends to|is it S\\(q\\) - 1 or F\\(q\\)"),
        ("a.dat", "S-1", S, "is it S\\(q\\) or F\\(q\\)"),
        ("a.fq", "S_R", S + 0.6 * np.exp(-Q), "nowhere negative, as S\\(q\\)"),
        ("a.fq", "S_R", 1000 * S, "as an intensity"),
        ("a.sq", "S", S + 0.9 * np.sin(9 * Q), "wrongly normalized"),
    ],
)
def test_a_curve_of_another_limit_is_refused_by_suffix_and_reported_if_given(name, kind, y, message, file):
    path = file(name, rows(Q, y))
    if name != "a.dat":
        with pytest.raises(ValueError, match=message):
            read_pattern(path)
    named = file("b.dat", f"q {kind}\n" + rows(Q, y))
    with pytest.raises(ValueError, match=message):
        read_pattern(named)
    with pytest.warns(UserWarning, match=message) as warned:
        pattern = read_pattern(path, quantity=kind)
    assert len(warned) == 1
    np.testing.assert_allclose(pattern.s_r, {"S": Q * (y - 1), "S-1": Q * y, "S_R": y}[kind])


def test_a_wrong_scale_is_no_intensity(file):
    q = np.linspace(0.5, 30, 600)
    with (
        pytest.warns(UserWarning, match=r"S\(q\) is nowhere below 1\.6 up to q = 3 Å⁻¹"),
        pytest.warns(UserWarning, match=r"S\(q\) is 1\.5 on average over the upper half of q, not 1"),
    ):
        assert read_pattern(file("a.fq", rows(q, q * (1.5 * (1 + np.exp(-q)) - 1)))).q.size == 600


def test_a_reduced_g_is_recognized_by_its_values(file):
    path = file("a.dat", "r g(r)\n" + rows(R, G))
    with pytest.raises(ValueError, match="give quantity='G'"):
        read_gr(path)
    curve = read_gr(path, quantity="G", number_density=DENSITY)
    np.testing.assert_allclose(curve.g, G_R, atol=1e-12)
    with pytest.raises(ValueError, match="it is -1 below the first shell: give quantity='g-1'"):
        read_gr(file("a.dat", "r g(r)\n" + rows(R, G_R - 1)))
    with pytest.raises(ValueError, match=r"where g\(r\) tends to 1: is it RDF\(r\)\? Give quantity"):
        read_gr(file("a.dat", "r g(r)\n" + rows(R, rdf_from_g(R, G_R, DENSITY))))
    path = file("b.gr", "#L r G(r)\n" + rows(R, G_R))
    with pytest.raises(ValueError, match="give quantity='g'"):
        read_gr(path, number_density=DENSITY)
    np.testing.assert_array_equal(read_gr(path, quantity="g").g, G_R)
    ripples = G_R + 0.2 * np.sin(20 * R) * np.exp(-R)  # as a transform has them below the first atoms
    np.testing.assert_array_equal(read_gr(file("c.dat", "r g\n" + rows(R, ripples))).g, ripples)


def test_single_points_far_off_are_reported_with_their_line(file):
    def with_point(text):
        return rows(Q, S).replace(f"\n{Q[60]} {S[60]}\n", f"\n{Q[60]} {text}\n")

    for text in ("098765", "9e99", "-1e7"):
        with pytest.raises(ValueError, match=r"a\.sq, line 61: expected a value of S\(q\), which is about 0\.98"):
            read_pattern(file("a.sq", with_point(text)))
    with pytest.warns(UserWarning, match="line 61: 9.123 is far from the neighbouring points"):
        assert read_pattern(file("a.sq", with_point("9.123"))).s_r[60] == pytest.approx(Q[60] * 8.123)
    bragg = 1 + 30 * np.exp(-(((Q - 3) / 0.08) ** 2)) * (Q < 6)
    assert read_pattern(file("a.sq", rows(Q, bragg)), quantity="S").s_r.max() > 30  # a peak of several points is none


@pytest.mark.parametrize("kind", ["g", "G", "RDF"])
def test_single_points_of_g_far_off_are_reported_with_their_line(kind, file):
    y = {"g": G_R, "G": G, "RDF": rdf_from_g(R, G_R, DENSITY)}[kind]

    def read(i, value):
        spoilt = np.where(np.arange(R.size) == i, value, y)
        return read_gr(file(f"a{kind}.dat", rows(R, spoilt)), quantity=kind, number_density=DENSITY)

    for i in (1, 40, 150, 298):
        for value in (1e6, -1e6):
            with pytest.raises(ValueError, match=rf"line {i + 1}: expected a value of {kind}\(r\), which is about"):
                read(i, value)
        for value in (-50.0, 150.0 + 10 * y[i]):
            with pytest.warns(UserWarning, match=rf"line {i + 1}: {value:.4g} is far from the neighbouring points"):
                assert read(i, value).r.size == R.size


def test_g_far_below_zero_is_reported_for_each_quantity(file):
    dip = G_R - 4 * np.exp(-(((R - 5) / 0.2) ** 2))
    for kind, y in (("g", dip), ("G", reduced_pdf_from_g(R, dip, DENSITY)), ("RDF", rdf_from_g(R, dip, DENSITY))):
        with pytest.warns(UserWarning, match=r"line 100: g\(r\) falls to -2\.\d+, further below 0 than termination"):
            read_gr(file("a.dat", rows(R, y)), quantity=kind, number_density=DENSITY)


def test_rows_that_are_missing_within_are_reported(file):
    with pytest.warns(UserWarning, match=r"line 62: r jumps from 3 to 4\.05 Å, .* are rows missing"):
        read_gr(file("a.dat", "r g\n" + rows(np.delete(R, range(60, 80)), np.delete(G_R, range(60, 80)))))
    for size in (1, 2):  # too narrow to hide a distance below 20 Å
        left = np.delete(np.arange(Q.size), range(60, 60 + size))
        assert read_pattern(file("a.sq", rows(Q[left], S[left]))).q.size == Q.size - size


@pytest.mark.parametrize(("line", "end"), [("qmax = 8.0", 8.0), ("# QMax = 8.00 A^-1", 8.0), ("! qMax=8", 8.0)])
def test_a_curve_that_ends_before_the_end_in_its_header_is_reported(line, end, file):
    with pytest.warns(UserWarning, match=rf"q ends at 6 Å⁻¹, but at {end:g} in its header: are rows missing"):
        read_pattern(file("a.sq", f"{line}\n" + rows(Q[:108], S[:108])))
    assert read_pattern(file("b.sq", f"{line}\n" + rows(Q, S))).q[-1] == end
    assert read_pattern(file("c.sq", f"{line}\n" + rows(Q[:-2], S[:-2]))).q.size == Q.size - 2
    assert read_pattern(file("d.sq", "qmax = 80\n# Q (nm^-1) S(Q)\n" + rows(10 * Q, S))).q[-1] == 8  # in its own unit


@pytest.mark.filterwarnings("ignore:.*upper half of q")
def test_two_banks_in_a_file_are_refused_where_q_goes_back_and_reported_where_they_are_merged(file):
    with pytest.raises(
        ValueError, match=r"line 149: expected q that does not run back from 8 to 3\.65 \(put each of several scans"
    ):
        read_pattern(file("a.sq", rows(np.append(Q, Q[60:]), np.append(S, S[60:]))))
    q, s = np.append(Q, Q[60:] + 0.02), np.append(S, S[60:] + 0.2)
    order = np.argsort(q)
    with pytest.warns(UserWarning, match=r"Points of S from q = 3\.6\d* to 8.* are two banks merged that disagree"):
        read_pattern(file("b.sq", rows(q[order], s[order])))
    with pytest.warns(UserWarning, match=r"S jumps by 0\.3\d* at q = 5\.05 Å⁻¹ and stays there"):
        read_pattern(file("c.sq", rows(Q, S + 0.3 * (Q > 5.01))))


def test_s_far_below_zero_is_reported(file, rng):
    s = S - 2 * np.exp(-(((Q - 1.25) / 0.2) ** 2))
    with pytest.warns(UserWarning, match=r"line \d+: S\(q\) falls to -1\.\d, below -0\.5 in \d+ points; no S\(q\)"):
        read_pattern(file("a.sq", rows(Q, s)))
    noisy = S + 0.35 * rng.standard_normal(Q.size) * (Q < 3)
    std = np.where(Q < 3, 0.35, 0.01)
    assert read_pattern(file("a.sq", rows(Q, noisy, std))).q.size == Q.size  # noise is none


SHORT = np.arange(0.02, 4.6, 0.02)  # Å, ends at a peak, so that its end does not show what it is
OF_ARGON = expit(20 * (SHORT - 3.3)) * (1 + 2 * np.exp(-(((SHORT - 3.7) / 0.3) ** 2)))


def test_a_short_reduced_pdf_or_g_minus_1_that_is_named_g_is_recognized(file):
    path = file("short.dat", "r g(r)\n" + rows(SHORT, OF_ARGON - 1))
    with pytest.raises(ValueError, match="-1 below the first shell: give quantity='g-1'"):
        read_gr(path)
    path = file("short.dat", "r g(r)\n" + rows(SHORT, reduced_pdf_from_g(SHORT, OF_ARGON, 0.06)))
    with pytest.raises(ValueError, match=r"before its first peak, where g\(r\) is 0: give quantity='G'"):
        read_gr(path)
    np.testing.assert_allclose(read_gr(file("short.dat", "r g(r)\n" + rows(SHORT, OF_ARGON))).g, OF_ARGON)


def test_distances_that_are_far_too_short_are_reported(file):
    """r in nm, without a word of it, to 3 nm."""
    r = np.arange(0.002, 3.0, 0.002)
    g = expit(200 * (r - 0.15)) * (1 + 8 * np.exp(-(((r - 0.161) / 0.006) ** 2)))
    path = file("nm.dat", "r g(r)\n" + rows(r, g))
    with pytest.warns(DataWarning, match=r"highest at 0\.16 Å, nearer than any two atoms are: give unit='nm'"):
        read_gr(path)
    path = file("nm.dat", "radius(nm) g(r)\n" + rows(r, g))
    assert read_gr(path).r[-1] == pytest.approx(29.98)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("end", [4.0, 6.0, 8.0, 10.0])
def test_g_of_a_wrong_level_is_reported_and_no_right_one_is(end, file):
    for name in list_materials():
        material = load_material(name)
        part = material.r <= end + 1e-9
        r, g = material.r[part], material.target[part]
        read_gr(file("a.dat", "r g(r)\n" + rows(r, g)))
        if end >= 8 and r[-1] >= 8:
            with pytest.raises((ValueError, DataWarning), match=r"where g\(r\) tends to 1: is it"):
                read_gr(file("a.dat", "r g(r)\n" + rows(r, 1.3 * g)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("end", [6.0, 8.0, 10.0])
def test_t_and_rdf_do_not_pass_for_g(end, file):
    silica = load_material("silica")
    part = silica.r <= end
    r, g, density = silica.r[part], silica.target[part], silica.number_density
    for y in (4 * np.pi * r * density * g, rdf_from_g(r, g, density)):
        path = file("a.dat", "r g(r)\n" + rows(r, y))
        with pytest.raises((ValueError, DataWarning), match=r"where g\(r\) tends to 1: is it"):
            read_gr(path)


@pytest.mark.filterwarnings("error", "ignore:.*no S.q. is negative")  # of a simulation of few atoms
@pytest.mark.parametrize("q_max", [8.0, 12.0, 20.0])
def test_s_of_simulated_materials_causes_no_warning_and_a_wrong_s_does(q_max, file):
    for name in list_materials():
        material = load_material(name)
        part = (material.q > 0.49) & (material.q <= q_max)
        q, s = material.q[part], material.s[part]
        read_pattern(file("a.sq", rows(q, s)))
        with pytest.warns(DataWarning, match=r"average over the upper half of q, not 1"):
            read_pattern(file("a.sq", rows(q, 0.75 * s)))
        if 8 * q[0] < 5:
            with pytest.warns(DataWarning, match=r"S\(q\) has no maximum up to 5 Å⁻¹: is q in another unit"):
                read_pattern(file("a.sq", rows(8 * q, s)), unit="angstrom")
        with pytest.warns(DataWarning, match=r"q ends at [\d.]+ Å⁻¹, before the structure of S: is it in another unit"):
            read_pattern(file("a.dat", "# Q(nm^-1) S(Q)\n" + rows(q, s)))


@pytest.mark.filterwarnings("error")
def test_values_that_were_filled_in_are_reported(file):
    silica = load_material("silica")
    part = (silica.q > 0.49) & (silica.q <= 12)
    q, s_r = silica.q[part], silica.s_r[part]
    with pytest.warns(DataWarning) as warned:
        read_pattern(file("a.fq", rows(q, np.where(q < 0.99, 0.0, s_r))), quantity="S_R")
    assert any("S_R(q) is exactly 0 up to 0.95 Å⁻¹: was it filled" in str(warning.message) for warning in warned)
    with pytest.warns(DataWarning) as warned:
        read_pattern(file("a.sq", rows(silica.r, silica.target)))
    assert any("is exactly 0 up to 1" in str(warning.message) for warning in warned)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", list_materials())
def test_zeros_in_the_middle_of_g_are_reported_and_the_gaps_between_shells_are_not(name, file):
    material = load_material(name)
    read_gr(file("a.dat", "r g(r)\n" + rows(material.r, material.target)))
    hole = (material.r > 0.5 * material.r[-1]) & (material.r < 0.55 * material.r[-1])
    with pytest.warns(DataWarning, match=r"g\(r\) is exactly 0 from \d.* to \d.* Å, between .*: was it filled"):
        read_gr(file("b.dat", "r g(r)\n" + rows(material.r, np.where(hole, 0, material.target))))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("code", [-999.0, -99.0, 999.0, 9999.0])
@pytest.mark.parametrize("n_rows", [2, 3, 20])
def test_codes_of_missing_values_are_refused(code, n_rows, file):
    y = S.copy()
    y[60 : 60 + n_rows] = code
    for name, read in [("q S(q)", read_pattern), ("r g(r)", read_gr)]:
        with pytest.raises(ValueError, match=rf"line 62: {code:g} seems to mark {n_rows} missing values: leave"):
            read(file("a.dat", f"{name}\n" + rows(Q, y)))


@pytest.mark.filterwarnings("error")
def test_g_in_another_unit_is_reported_whatever_its_name(file):
    silica = load_material("silica")
    with pytest.warns(DataWarning, match=r"g\(r\) is 0 up to 1\d\.\d Å: is r in another unit"):
        read_gr(file("a.dat", "r(nm) g(r)\n" + rows(silica.r, silica.target)))


@pytest.mark.filterwarnings("error")
def test_rdf_that_contradicts_the_density_by_less_than_a_factor_of_2_is_reported(file):
    silica = load_material("silica")
    rdf = rdf_from_g(silica.r, silica.target, silica.number_density)
    with pytest.warns(DataWarning, match=r"is 1\.4\d* on average beyond .* or is the number density wrong"):
        read_gr(file("a.dat", "r RDF\n" + rows(silica.r, rdf)), number_density=0.7 * silica.number_density)


@pytest.mark.filterwarnings("ignore:.* do two banks meet")
def test_values_of_exactly_0_are_reported_wherever_they_are(file):
    for part in (slice(0, 6), slice(60, 70), slice(-30, None)):
        y = S_R.copy()
        y[part] = 0
        with pytest.warns(DataWarning, match=r"S_R\(q\) is exactly 0 (from .* to|up to) .* Å⁻¹: was it filled"):
            read_pattern(file("a.fq", rows(Q, y)))


@pytest.mark.filterwarnings("error")
def test_values_that_are_rounded_to_0_are_not_reported(file):
    rounded = np.round(S_R * np.exp(-((Q / 3) ** 2)), 2)
    assert not rounded[-20:].any()
    read_pattern(file("a.fq", rows(Q, rounded)))
