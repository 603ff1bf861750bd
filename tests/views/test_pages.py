"""What every page keeps: it is seen at all, its HTML is right, and it weighs little."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from booking_web.app import create_app
from tests.booking_web.desk import house
from tests.views import nu_checker
from tests.views.conftest import Gallery
from tests.views.gallery import SCENES, View

#: GET routes that have no page of their own, and what they have instead.
NO_PAGE = {
    "citizen.calendar": "a calendar file",
    "citizen.begin": "leads on to the first step",
    "citizen.sign_in": "leads on to the register of taxpayers",
    "citizen.open_link": "leads on to /verify, without the token",
    "citizen.enter": "leads on to the meeting",
    "citizen.by_mail": "leads on to the page of the appointment",
    "citizen.act_by_mail": "leads on to a page of the appointment",
}
#: Parts of the site that machines talk to.
MACHINES = ("api.", "health.", "notifications.")


@pytest.mark.parametrize("name", list(SCENES))
def test_scene(gallery: Gallery, name: str) -> None:
    if name in gallery.broken:
        raise gallery.broken[name]
    assert gallery.files[name]


def test_every_page_of_the_site_is_seen(gallery: Gallery, tmp_path: Path) -> None:
    """A new page asks for a line in a scene: choosing.py, booked.py, office.py."""
    home = house(tmp_path)
    routes = {
        rule.endpoint
        for rule in create_app(home.desk).url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith(MACHINES)
    }
    home.desk.store.close()
    seen = {view.endpoint for view in gallery.views.values() if view.status == 200}
    assert routes - seen - set(NO_PAGE) == set()
    assert set(NO_PAGE) - routes == set()
    assert set(NO_PAGE) & seen == set()


def structure(view: View) -> list[str]:
    html, found = view.html, []
    if html.get("lang") != view.language:
        found.append(f"lang is {html.get('lang')}")
    headings = html.xpath("//h1")
    if len(headings) != 1 or not headings[0].text_content().strip():
        found.append(f"{len(headings)} h1")
    title = html.findtext(".//title").strip()
    word = {"el": "Σφάλμα: ", "en": "Error: "}[view.language]
    if bool(html.cssselect(".rv-error-summary")) is not title.startswith(word):
        found.append(f"title {title!r}")
    leads = [each.get("href") for each in html.cssselect(".rv-error-summary li a")]
    nowhere = [each for each in leads if not html.xpath("//*[@id=$id]", id=each[1:])]
    found += [f"error leads nowhere: {each}" for each in nowhere]
    ours = html.xpath("//*[@style or @onclick or @onload or @accesskey or @required]")
    found += [f"attribute on {each.tag}" for each in ours]
    found += ["inline style or script"] * len(html.xpath("//style | //script[not(@src)]"))
    labelled = "//input[not(@type='hidden')] | //select | //textarea"
    for control in html.xpath(labelled):
        if not html.xpath("//label[@for=$id]", id=control.get("id", "")):
            found.append(f"no label: {control.get('name')}")
    return found


def test_structure(gallery: Gallery) -> None:
    faults = {name: structure(view) for name, view in gallery.views.items()}
    assert {name: each for name, each in faults.items() if each} == {}


def test_english_pages_say_nothing_in_greek(gallery: Gallery) -> None:
    """But names and texts of a municipality, and what is marked as Greek."""
    ours = r"Συνέχεια|Πίσω|Αλλαγή|Έξοδος|Επικοινωνία|Σφάλμα|Ραντεβού με τον Δήμο|Παρακαλ"
    faults = {}
    for name, view in gallery.views.items():
        if view.language == "en" and "/info/" not in view.endpoint:
            html = view.html
            for marked in html.xpath("//body//*[@lang='el']"):
                marked.drop_tree()
            if found := re.findall(ours, str(html.text_content())):
                faults[name] = found
    assert faults == {}


def test_the_html_checker_has_nothing_to_say(gallery: Gallery, tmp_path: Path) -> None:
    if reason := nu_checker.missing():
        pytest.skip(reason)
    for name, view in gallery.views.items():
        (tmp_path / f"{name}.html").write_bytes(view.body)
    planted = tmp_path / "planted.html"
    planted.write_text("<!DOCTYPE html><html lang=en><title>x</title><p><div id=a></div></p>")
    said = nu_checker.faults(sorted(tmp_path.glob("*.html")))
    assert [each for each in said if each.startswith("planted")]
    assert [each for each in said if not each.startswith("planted")] == []
