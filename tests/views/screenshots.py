"""Pictures of every page for docs/screenshots: `python -m tests.views.screenshots [scene …]`.

Small ones: reduced, few colours. The same pages give the same files, so that a change is seen.
"""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from PIL import Image

from tests.views.gallery import SCENES, View, play
from tests.views.replay import replaying

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
#: Width of the window → scale of the picture, and the highest part of a page that is shown.
WIDTHS = {1280: (0.55, 2000), 375: (0.7, 2600)}
COLOURS = 16


def names(view: View) -> list[str]:
    return [f"{view.name}-{width}.webp" for width in WIDTHS]


def small(png: bytes) -> bytes:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    few = picture.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    made = io.BytesIO()
    few.convert("RGB").save(made, "WEBP", lossless=True, quality=100, method=4)
    return made.getvalue()


def shoot(browser: Any, address: str, view: View) -> Iterable[tuple[str, bytes]]:
    for width, (scale, highest) in WIDTHS.items():
        page = browser.new_page(viewport={"width": width, "height": 700}, device_scale_factor=scale)
        page.goto(f"{address}/{view.file}")
        height = min(page.evaluate("document.documentElement.scrollHeight"), highest)
        clip = {"x": 0, "y": 0, "width": width, "height": height}
        yield f"{view.name}-{width}.webp", small(page.screenshot(full_page=True, clip=clip))
        page.close()


def main(scenes: Sequence[str]) -> None:
    from playwright.sync_api import sync_playwright

    from tests.views import scenes

    FOLDER.mkdir(exist_ok=True)
    seen: list[View] = []
    # References and keys are random; here the same ones every time.
    with patch("secrets.choice", random.Random(7).choice):
        for scene in scenes or SCENES:
            seen += [view for view in play(scene) if view.language == "el"]
    with replaying({view.file: view for view in seen}) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        made = dict(shot for view in seen for shot in shoot(browser, address, view))
        browser.close()
    for name, content in made.items():
        (FOLDER / name).write_bytes(content)
    if not scenes:
        for old in FOLDER.glob("*.webp"):
            if old.name not in made:
                old.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
