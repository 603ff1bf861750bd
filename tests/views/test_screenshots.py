"""docs/screenshots shows every page, and stays small."""

from __future__ import annotations

from tests.views.conftest import Gallery
from tests.views.screenshots import FOLDER, widths

HOW = "run `python -m tests.views.screenshots` and look at what changed"


def test_every_page_has_its_pictures(gallery: Gallery) -> None:
    wanted = {
        f"{view.name}-{width}.webp"
        for view in gallery.views.values()
        if view.language == "el"
        for width in widths(view)
    }
    there = {path.name for path in FOLDER.glob("*.webp")}
    assert (wanted - there, there - wanted) == (set(), set()), HOW
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [name for name in there if f"({name})" not in listed] == [], HOW


def test_pictures_are_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.glob("*.webp")]
    assert max(sizes) < 60_000
    assert sum(sizes) <= 3_000_000
