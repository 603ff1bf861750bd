"""The views of all scenes, walked to once for all tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.views import scenes  # noqa: F401  (they register themselves)
from tests.views.gallery import SCENES, View, play


@dataclass
class Gallery:
    """Views by file name; a scene that broke has none, and its own test says why."""

    views: dict[str, View] = field(default_factory=dict)
    broken: dict[str, BaseException] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)  #: by scene


@pytest.fixture(scope="session")
def gallery() -> Gallery:
    made = Gallery()
    for name in SCENES:
        try:
            seen = play(name)
        except Exception as problem:  # noqa: BLE001  (told by the test of the scene)
            made.broken[name] = problem
            continue
        for view in seen:
            assert view.file not in made.views, f"two views are called {view.file}"
            made.views[view.file] = view
        made.files[name] = [view.file for view in seen]
    return made
