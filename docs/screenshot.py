"""Take the picture of docs/explore.md: the page with simulated X-ray S(q) of silica, in a browser.

    python docs/screenshot.py

Needs the extras explore and test, Chromium and its driver; without a browser it prints a message and writes nothing.
"""

from __future__ import annotations

import base64
import io
import shutil
import tempfile
import time
from pathlib import Path

from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from sklearn_wtrdf import write_sq
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.explore.schema import Sample
from sklearn_wtrdf.explore.server import serving
from sklearn_wtrdf.explore.uploads import read_upload

PICTURE = Path(__file__).parent / "_static" / "explore.png"
WIDTH, HEIGHT = 1280, 960  # pixels
COLORS = 160  # of the picture, which keep it small
ARGUMENTS = ("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run")


def silica() -> list[Sample]:
    """Return simulated silica, as X-rays would measure it, with its known g(r), as a user's two files."""
    material = load_material("silica", q_max=16.0)
    header: dict[str, object] = {"radiation": "x-ray"}
    with tempfile.TemporaryDirectory() as folder:
        sq, known = Path(folder) / "silica.sq", Path(folder) / "silica_known.csv"
        write_sq(sq, material.q, material.s_r, material.number_density, composition="SiO2", header=header)
        rows = "\n".join(f"{r},{g}" for r, g in zip(material.r, material.target, strict=True))
        known.write_text(f"r,g\n{rows}\n", encoding="utf-8")
        samples: list[Sample] = []
        for path in (sq, known):
            samples, _ = read_upload(path.name, base64.b64encode(path.read_bytes()).decode(), samples)
    return samples


def main() -> None:
    """Serve the page, wait for g(r), and write docs/_static/explore.png."""
    chromium, driver_path = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver_path):
        print("Skipped: no chromium and chromedriver (apt-get install chromium chromium-driver).")
        return
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    with tempfile.TemporaryDirectory() as profile, serving(silica()) as link:
        for argument in (*ARGUMENTS, f"user-data-dir={profile}"):
            options.add_argument(f"--{argument}")
        driver = webdriver.Chrome(options=options, service=Service(driver_path))
        try:
            size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            driver.get(link)
            for _ in range(3000):
                time.sleep(0.1)
                if driver.find_elements("css selector", "#solved[data-done=True]"):
                    break
            time.sleep(3)  # until the pictures stand still
            picture = Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")
        finally:
            driver.quit()
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
