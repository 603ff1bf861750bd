"""Pictures of every page for docs/screenshots: `python -m tests.views.screenshots [scene …]`.

Small ones: reduced, few colours. The same pages give the same files, so that a change is seen.
"""

from __future__ import annotations

import base64
import io
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from PIL import Image

from booking_web.cli.bootstrap import chromium
from tests.views.gallery import SCENES, View, play
from tests.views.replay import replaying

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
#: Width of the window → scale of the picture, and the highest part of a page that is shown.
WIDTHS = {1280: (0.45, 1700), 375: (0.56, 1900)}
#: Those of the style sheet, and what lies between text and its ground.
COLOURS = (
    "fefefe ecebec cdccce b3b2b5 747178 515058 252830 003375 0065b3 7fa9dc e6eef7 006736 7fb39a "
    "b60202 ffdd00"
)


def small(png: bytes) -> bytes:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    values = [bytes.fromhex(each) for each in COLOURS.split()]
    values += values[:1] * (256 - len(values))
    palette = Image.new("P", (1, 1))
    palette.putpalette(b"".join(values))
    few = picture.quantize(palette=palette, dither=Image.Dither.NONE)
    made = io.BytesIO()
    few.convert("RGB").save(made, "WEBP", lossless=True, quality=100, method=4)
    return made.getvalue()


def widths(view: View) -> list[int]:
    """A page that tells of an error is shown on a phone only."""
    return [375] if view.status >= 400 else list(WIDTHS)


def shoot(page: Any, address: str, view: View) -> None:
    page.goto(f"{address}/{view.file}")
    devtools = page.context.new_cdp_session(page)
    for width in widths(view):
        scale, highest = WIDTHS[width]
        page.set_viewport_size({"width": width, "height": 700})
        height = min(page.evaluate("document.documentElement.scrollHeight"), highest)
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}
        wanted = {"format": "png", "captureBeyondViewport": True, "clip": clip}
        taken = base64.b64decode(devtools.send("Page.captureScreenshot", wanted)["data"])
        (FOLDER / f"{view.name}-{width}.webp").write_bytes(small(taken))
    devtools.detach()


INTRODUCTION = """# Every page

In Greek, 1280 and 375 pixels wide, of the sample municipalities: each page and each state of it
that a test walks to (`tests/views/`). Taken by `python -m tests.views.screenshots`, reduced and in
few colours to stay small; very long pages are cut.

| page | 1280 | 375 |
| --- | --- | --- |
"""


def index() -> str:
    """The list of what stands in the folder."""
    pages = sorted({path.stem.rpartition("-")[0] for path in FOLDER.glob("*.webp")})
    cells = {page: [_cell(f"{page}-{width}.webp") for width in WIDTHS] for page in pages}
    rows = [f"| {page} | {wide} | {narrow} |" for page, (wide, narrow) in cells.items()]
    return INTRODUCTION + "\n".join(rows) + "\n"


def _cell(name: str) -> str:
    return f"[{name}]({name})" if (FOLDER / name).exists() else ""


def main(scenes: Sequence[str]) -> None:
    from playwright.sync_api import sync_playwright

    import tests.views.scenes  # noqa: F401

    FOLDER.mkdir(exist_ok=True)
    seen: list[View] = []
    # References and keys are random; here the same ones every time.
    with patch("secrets.choice", random.Random(7).choice):
        for scene in scenes or SCENES:
            seen += [view for view in play(scene) if view.language == "el"]
    with replaying({view.file: view for view in seen}) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--disable-gpu"])
        page = browser.new_page()
        # A page that leads on to another server stays.
        page.route("**/oauth2server/**", lambda route: route.fulfill(status=204))
        for view in seen:
            shoot(page, address, view)
        browser.close()
    if not scenes:
        kept = {f"{view.name}-{width}.webp" for view in seen for width in widths(view)}
        for old in FOLDER.glob("*.webp"):
            if old.name not in kept:
                old.unlink()
    (FOLDER / "README.md").write_text(index(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
