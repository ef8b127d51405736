"""The page in a real browser: Debian's Chromium, by Selenium."""

import base64
import contextlib
import shlex
import shutil
import time
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import Composition
from sklearn_wtrdf.cli.main import main
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.explore import solve
from sklearn_wtrdf.explore.schema import Settings
from sklearn_wtrdf.explore.server import _leading_to, serving
from sklearn_wtrdf.reduction.corrections import polarization
from sklearn_wtrdf.scattering.angles import q_of, wavelength_of
from sklearn_wtrdf.utils.text import with_interval
from tests.explore.page_files import DATA, without_hashes, write_coarse
from tests.scan_forms import scan_forms

pytest.importorskip("dash", reason="the page needs the extra explore")

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="no chromium and chromedriver: apt-get install chromium chromium-driver"
    ),
]

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
]
_DROP = """
const data = new DataTransfer();
for (const [name, text] of arguments[0]) data.items.add(new File([text], name));
document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
"""


_HANGS = 300  # s, after which what has not come is named


class Page:
    """A window of the browser."""

    def __init__(self, folder):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        self.downloads = folder / "downloads"
        self.downloads.mkdir()
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in (*ARGUMENTS, f"--user-data-dir={folder / 'profile'}"):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"download.default_directory": str(self.downloads)})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))

    def open(self, address):
        self.driver.get(address)
        self.until("#solved", lambda: self.all("#solved"))

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def element(self, selector):
        return self.driver.find_element("css selector", selector)

    def text(self, selector):
        return self.driver.execute_script("return document.querySelector(arguments[0])?.textContent || ''", selector)

    def until(self, what, is_so):
        from selenium.common.exceptions import StaleElementReferenceException

        end = time.monotonic() + _HANGS
        while time.monotonic() < end:
            try:
                if result := is_so():
                    return result
            except StaleElementReferenceException:
                pass
            time.sleep(0.05)
        raise AssertionError(f"{what} did not come: {self.text('#status')!r} {self.text('#messages')!r}")

    def settle(self, text="", where="#command"):
        """Wait for the full solution for the newest request, which brings a text with it."""
        script = (
            "const a = document.getElementById('solved'), n = document.body.dataset.requested;"
            "return a && n === a.dataset.serial && a.dataset.done === 'True'"
        )
        self.until(f"{text!r} in {where}", lambda: text in self.text(where) and self.driver.execute_script(script))

    def shows(self, read, value):
        """Wait until what is read is a value: pictures and tables are drawn when the browser finds the time."""
        with contextlib.suppress(AssertionError):
            self.until("the value", lambda: read() == value)
        assert read() == value

    def type(self, selector, text):
        from selenium.webdriver.common.keys import Keys

        field = self.element(selector)
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text, Keys.TAB)

    def peaks(self):
        """Return the cells of the table of peaks."""
        return self.driver.execute_script(
            "return [...document.querySelectorAll('#peaks tbody tr')].map(r => [...r.children].map(c => c.textContent))"
        )

    def quantities(self):
        """Return what the command prints of peaks: positions, heights, widths and coordination numbers."""
        return [row[2:6] for row in self.peaks()]

    def names(self):
        """Return the samples that have peaks."""
        return {row[0] for row in self.peaks()}

    def traces(self, graph):
        """Return the names of the curves in a picture."""
        script = "return document.querySelector(arguments[0]).data?.map(t => t.name) || []"
        return set(self.driver.execute_script(script, f"#{graph} .js-plotly-plot"))

    def downloaded(self, name):
        path = self.downloads / name
        return self.until(name, lambda: path.exists() and path.read_bytes())

    def complaints(self):
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def width(self):
        return self.driver.execute_script("return document.documentElement.scrollWidth")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    page = Page(tmp_path_factory.mktemp("browser"))
    yield page
    page.driver.quit()


@pytest.fixture
def page(browser, address):
    """A fresh window of the page that holds the paper's sample. It must not complain."""
    browser.open(address)
    browser.complaints()
    browser.settle()
    yield browser
    assert browser.complaints() == []


def expected(sample, settings, samples):
    """Return the rows of the table of peaks, as `wtrdf peaks` prints them."""
    message = solve.solution_of(sample, settings, solve.fitted(sample, settings, samples))
    return [
        [with_interval(row, name) for name in ("position", "height", "width", "coordination")]
        for row in message["peaks"]
    ]


def test_g_with_its_band_and_peaks_are_there_when_the_page_opens_and_a_phone_shows_all_of_it(page, coarse):
    page.shows(page.quantities, expected(coarse[0], Settings(), coarse))
    page.until("the curves", lambda: {"g(r)", "90 % band", "known g"} <= page.traces("curve"))
    page.until("their lines", lambda: page.all("#curve svg .scatterlayer path.js-line"))
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        page.until("the narrow page", lambda: page.width() == 390)
        wide = (
            "return [...document.querySelectorAll('#page *')].filter(e => !e.closest('.scroll, pre, svg') && "
            "e.getBoundingClientRect().right > 391).map(e => e.outerHTML.slice(0, 80))"
        )
        page.shows(lambda: page.driver.execute_script(wide), [])
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_link_in_a_file_opens_the_page_and_the_token_stays_nowhere(browser, address, tmp_path):
    browser.open(_leading_to(address, str(tmp_path)))
    browser.settle()
    assert browser.driver.current_url == address.split("?token=")[0]
    assert browser.driver.execute_script("return document.cookie + document.referrer") == ""


def test_the_last_of_many_q_max_moves_the_peaks_and_the_file_is_the_command_s(page, coarse):
    before = page.peaks()
    for q_max in ("7.9", "7.5", "7.2", "6.5", "7"):
        page.type("#q .dash-range-slider-max-input", q_max)
    page.settle("--q-max 7.0")
    settings = Settings(q_max=7.0)
    page.shows(page.quantities, expected(coarse[0], settings, coarse))
    assert page.peaks() != before
    page.element("#get-gr").click()
    model = solve.fitted(coarse[0], settings, coarse)
    own, theirs = page.downloaded("ge25se75_sq.gr"), solve.file("gr", coarse[0], settings, model)[1]
    assert without_hashes(own) == without_hashes(theirs)


def test_a_file_that_is_dropped_joins_the_others(page):
    text = (DATA / "simulated" / "ag10_sq.csv").read_text()
    page.driver.execute_script(_DROP, [["ag10_sq.csv", text]])
    page.until("the sample", lambda: "ag10_sq.csv: S(q), 328 points" in page.text("#messages"))
    page.shows(page.names, {"ge25se75_sq.csv", "ag10_sq.csv"})
    page.all("#rows .title button")[1].click()
    page.until("one sample", lambda: len(page.all("#rows .sample")) == 1)
    page.shows(page.names, {"ge25se75_sq.csv"})


_FILL = """
const data = new DataTransfer();
data.items.add(new File([Uint8Array.from(atob(arguments[1]), (c) => c.charCodeAt(0))], arguments[0]));
const at = arguments[2] ? document.querySelector(arguments[2]) : document.body;
at.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
"""


def simulated_scans():
    """Return simulated scans of silica in a container, as Rigaku's file, and of the container, as PANalytical's."""
    glass = load_material("silica", q_max=7.9)
    two_theta = np.arange(5, 150, 0.25)
    q = q_of(two_theta, wavelength_of("CuKa"))
    atoms = Composition("SiO2").intensities(q=q)
    s = np.interp(q, glass.q, glass.s)
    scattered = atoms["mean_of_square"] + atoms["square_of_mean"] * (s - 1) + atoms["incoherent"]
    empty = 60_000 * np.exp(-(((two_theta - 35) / 5) ** 2)) + 10_000
    counts = np.round(1000 * polarization(two_theta) * scattered.to_numpy() + 0.9 * empty)
    return {
        "silica.rasx": scan_forms(two_theta, counts)["a.rasx"],
        "air.xrdml": scan_forms(two_theta, np.round(empty))["a.xrdml"],
    }


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_raw_scan_becomes_g_and_the_file_is_the_command_s(page, tmp_path, monkeypatch):
    scans = simulated_scans()
    page.element("#rows .title button").click()
    page.until("no sample", lambda: not page.all("#rows .sample"))
    page.driver.execute_script("dash_clientside.set_props('prior', {value: 'continuum'})")  # the fastest to solve

    def drop(name, where=None):
        page.driver.execute_script(_FILL, name, base64.b64encode(scans[name]).decode(), where)

    drop("silica.rasx")
    page.until("the scan", lambda: "silica.rasx: a raw scan, 580 points" in page.text("#messages"))
    page.until("what it lacks", lambda: "Give its formula and a density" in page.text("#status"))
    drop("air.xrdml", "#rows [data-background-of]")
    page.until("its background", lambda: "air.xrdml: the background of silica.rasx" in page.text("#messages"))
    page.until("its row", lambda: "air.xrdml" in page.text("#rows"))
    fields = "#rows .field input[id*='{}']"
    for name, text in (("composition", "SiO2"), ("mass_density", "2.2"), ("wavelength", "CuKa")):
        page.type(fields.format(name), text)
    page.settle("The background air.xrdml is subtracted", "#status")
    page.until("the curves", lambda: {"g(r)", "90 % band"} <= page.traces("curve"))
    page.until("the fit", lambda: {"S_R", "fit"} <= page.traces("pattern"))
    assert abs(float(page.peaks()[0][2].split(" ")[0]) - 1.61) < 0.03  # Å, Si–O
    page.type(fields.format("background_scale"), "0.88")
    page.settle("air.xrdml is subtracted, scaled by 0.88.", "#status")

    page.element("#get-gr").click()
    own = page.downloaded("silica.gr")
    monkeypatch.chdir(tmp_path)
    for name, contents in scans.items():
        (tmp_path / name).write_bytes(contents)
    with pytest.raises(SystemExit) as ended:
        main([*shlex.split(page.text("#command"))[1:], "--figure-format", "none"])
    assert not ended.value.code
    assert without_hashes(own) == without_hashes((tmp_path / "results" / "silica.gr").read_bytes())
    page.element("#rows .empty button").click()
    page.until("g without it", lambda: "air.xrdml" not in page.text("#status") + page.text("#command"))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_settings_are_saved_and_opened_again_and_the_command_repeats_them(page, tmp_path, monkeypatch):
    page.type("#q .dash-range-slider-max-input", "7")
    page.type("#r_max", "8")
    page.all("#rows .field input")[0].send_keys("0.034")
    page.settle("--number-density 0.034 --q-max 7.0 --r-max 8.0")
    peaks = page.peaks()
    page.element("#get-settings").click()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings.toml").write_bytes(page.downloaded("settings.toml"))
    write_coarse(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["pdf", "ge25se75_sq.csv", "--settings", "settings.toml", "--figure-format", "none"])
    assert not ended.value.code
    table = pd.read_csv("results/ge25se75_sq_peaks.csv").to_dict("records")
    assert [row[2] for row in peaks] == [with_interval(row, "position") for row in table]

    page.element("#rows .title button").click()
    page.until("no sample", lambda: not page.all("#rows .sample"))
    page.type("#r_max", "10")
    wrong = "[material]\ncomposition = 'Si02'\n"
    page.driver.execute_script(_DROP, [["wrong.toml", wrong]])
    page.until("the reason", lambda: "wrong.toml: composition must be a formula" in page.text("#messages"))
    written = (tmp_path / "results" / "settings.toml").read_text().replace("q_damp = 0.0", "q_damp = 0.0001")
    page.driver.execute_script(_DROP, [["settings.toml", written]])
    page.until("the settings", lambda: "q_damp = 0.0001" in page.text("#opened-line"))
    page.element("#close-settings").click()
    page.until("no settings", lambda: not page.element("#opened-panel").is_displayed())
    data = [[name, (folder / name).read_text()] for folder, name in (
        (tmp_path / "results", "settings.toml"), (tmp_path, "ge25se75_sq.csv"))]  # fmt: skip
    page.driver.execute_script(_DROP, data)
    page.settle("--number-density 0.034 --q-max 7.0 --r-max 8.0")
    page.shows(page.peaks, peaks)


def test_a_file_without_s_is_refused_and_the_page_shows_the_reason(page, tmp_path):
    before = page.peaks()
    large = tmp_path / "large.sq"
    with large.open("wb") as file:
        file.truncate(100_000_000)
    script = tmp_path / "<img src=x onerror=alert(1)>.sq"
    script.write_text("<script>alert(1)</script>\n")
    archive = tmp_path / "archive.sq"
    archive.write_bytes(b"PK\x03\x04\0\0")
    page.element("#file").send_keys("\n".join(map(str, (large, script, archive))))
    page.until("the reasons", lambda: "archive.sq: it is a zip archive: unpack it first." in page.text("#messages"))
    message = page.text("#messages")
    assert "large.sq: 100.0 MB; a file of at most 2 MB was expected." in message
    assert "no table of numbers" in message
    assert not page.all("#messages img")
    assert page.peaks() == before


def test_keys_alone_reach_tabs_choices_and_sliders(page):
    from selenium.webdriver.common.keys import Keys

    seen = set()
    page.driver.execute_script("document.getElementById('tab-samples').focus()")
    for _ in range(60):
        active = page.driver.switch_to.active_element
        seen.add(page.driver.execute_script("const a = arguments[0]; return a.id || a.closest('[id]')?.id", active))
        active.send_keys(Keys.TAB)
    assert {
        "tab-samples",
        "choose",
        "example",
        "q",
        "prior",
        "systematic",
        "noise",
        "r_max",
        "quantity",
        "get-gr",
    } <= seen
    thumb = page.all("#q [role=slider]")[1]
    thumb.send_keys(Keys.ARROW_LEFT)
    page.settle("--q-max 7.95")
    page.element("#tab-samples").send_keys(Keys.ARROW_RIGHT)
    page.until("the other tab", lambda: page.element("#wavelets-panel").is_displayed())
    page.until("the loss", lambda: "Loss 0.3500" in page.text("#wave-status"))
    assert "appears at about 0.60 r" in page.text("#wave-status")
    slider = page.element("#wave-a [role=slider]")
    slider.send_keys(Keys.ARROW_RIGHT)
    assert slider.get_attribute("aria-label") == "dilation a"
    page.until("another loss", lambda: "Loss 0.3500" not in page.text("#wave-status"))


def test_two_windows_are_independent(page, address):
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("window")
    page.open(address)
    page.type("#q .dash-range-slider-max-input", "7")
    page.settle("--q-max 7.0")
    page.element("#rows .title button").click()
    page.until("no sample", lambda: not page.all("#rows .sample"))
    page.driver.close()
    page.driver.switch_to.window(first)
    assert len(page.all("#rows .sample")) == 1
    assert "--q-max" not in page.text("#command")


def test_a_restarted_server_continues_the_session(browser, coarse):
    with serving(coarse, workers=1) as address:
        browser.open(address)
        browser.settle()
        port = urlsplit(address).port
    browser.type("#q .dash-range-slider-max-input", "7")
    browser.until("the reason", lambda: "does not answer" in browser.text("#server-message"))
    with serving([], port=port, workers=1) as address:
        browser.type("#q .dash-range-slider-max-input", "7.2")
        browser.until("the reason", lambda: "the complete link that wtrdf printed" in browser.text("#server-message"))
        window = browser.driver.current_window_handle
        browser.driver.switch_to.new_window("window")
        browser.open(address)
        browser.driver.close()
        browser.driver.switch_to.window(window)
        browser.type("#q .dash-range-slider-max-input", "6.9")
        browser.settle("--q-max 6.9")
        assert not browser.element("#server-message").is_displayed()
        assert len(browser.peaks()) == 3
    browser.driver.get("about:blank")
    browser.complaints()  # the browser reported that there was no server
