"""Take the picture of docs/explore.md: the page with the paper's S(q), in a browser.

    python docs/screenshot.py

Needs the extras explore and test, Chromium and its driver.
"""

from __future__ import annotations

import base64
import shutil
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from sklearn_wtrdf.explore.server import serving
from sklearn_wtrdf.explore.uploads import read_upload

DOCS = Path(__file__).parent
FILES = ["ge25se75_sq.csv", "ge25se75_rdf.csv"]


def main() -> None:
    """Serve the page, wait for g(r), and write docs/_static/explore.png."""
    samples: list = []
    for name in FILES:
        contents = (DOCS.parent / "data" / name).read_bytes()
        samples, _ = read_upload(name, base64.b64encode(contents).decode(), samples)
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    with tempfile.TemporaryDirectory() as profile, serving(samples) as link:
        for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run"):
            options.add_argument(f"--{argument}")
        options.add_argument(f"--user-data-dir={profile}")
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            size = {"width": 1280, "height": 960, "deviceScaleFactor": 1, "mobile": False}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            driver.get(link)
            for _ in range(600):
                time.sleep(0.1)
                if driver.find_elements("css selector", "#answered[data-done=True]"):
                    break
            driver.find_element("css selector", "#transforms input").click()
            time.sleep(2)  # until the pictures stand still
            driver.save_screenshot(str(DOCS / "_static" / "explore.png"))
        finally:
            driver.quit()


if __name__ == "__main__":
    main()
