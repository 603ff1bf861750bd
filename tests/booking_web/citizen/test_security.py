"""What no page may forget: headers, cookies, no inline code, no trust in the host, quiet logs."""

from __future__ import annotations

import gzip
import logging
import re
from pathlib import Path

import pytest
from flask import Flask

from booking_web.app import create_app
from booking_web.current import STATIC
from booking_web.security import CONTENT_SECURITY_POLICY, redacted
from tests.booking_web.citizen.test_manage import mailed
from tests.booking_web.citizen.visitor import HOUSING, MARIA, Visitor
from tests.booking_web.desk import House, with_settings


def pages(visitor: Visitor) -> list[str]:
    """Every kind of page, as one visitor sees them."""
    seen = []
    urls = [
        "/",
        "/?dimos=",
        "/d/kalamata/",
        "/d/kalamata/housing-benefit",
        "/nothing",
        "/page/help",
    ]
    for url in urls:
        visitor.get(url)
        seen.append(visitor.page.text)
    visitor.at_calendar(receives=True)
    seen.append(visitor.page.text)
    visitor.get(f"{HOUSING}/slot/list")
    seen.append(visitor.page.text)
    visitor.at_details().press("Συνέχεια")
    seen.append(visitor.page.text)
    reference = visitor.booked()
    for page in ("", "/confirmation", "/cancel", "/reschedule", "/reschedule/details", "/print"):
        visitor.get(f"/booking/{reference}{page}")
        assert visitor.status == 200
        seen.append(visitor.page.text)
    return seen


def test_no_inline_style_or_script_and_no_third_party_on_any_page(visitor: Visitor) -> None:
    for text in pages(visitor):
        assert not re.search(r"\sstyle=|<style|<script(?! src=./static/)|\son[a-z]+=", text)
        for address in re.findall(r'(?:src|href)="([^"]+)"', text):
            assert address.startswith(("/", "#", "?", "mailto:", "https://www.epidomastegasis.gr"))


def test_ids_are_unique_and_what_they_name_is_there(visitor: Visitor) -> None:
    for text in pages(visitor):
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids)), sorted(each for each in ids if ids.count(each) > 1)
        for names in re.findall(r'(?:for|aria-describedby|aria-labelledby)="([^"]+)"', text):
            assert set(names.split()) <= set(ids)


def test_headers_of_pages_errors_and_redirects(visitor: Visitor) -> None:
    for url in ("/", "/d/kalamata/", "/nothing", "/?dimos=kalamata", f"{HOUSING}/slot"):
        answer = visitor.client.get(url)
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_cookies_are_out_of_reach(house: House) -> None:
    app = create_app(
        with_settings(house.desk, secure_cookies=True),
        audiences=(("booking_web.citizen", True),),
    )
    answer = app.test_client().get(f"{HOUSING}/slot", base_url="https://x.example")
    assert "Set-Cookie" not in answer.headers
    answer = app.test_client().get(
        f"{HOUSING}/declaration/housing-benefit", base_url="https://x.example"
    )
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-rantevou=")
    for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert attribute in cookie


def test_over_https_without_a_referer_a_form_still_works(house: House) -> None:
    """We send no-referrer ourselves, so a check of the Referer would refuse every form."""
    app = create_app(
        with_settings(house.desk, secure_cookies=True),
        audiences=(("booking_web.citizen", True),),
    )
    client = app.test_client()
    url = f"{HOUSING}/declaration/housing-benefit"
    page = client.get(url, base_url="https://x.example").text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    form = {"csrf_token": found[1], "apantisi": "no-first-time"}
    assert client.post(url, data=form, base_url="https://x.example").status_code == 303


def test_the_host_of_a_request_appears_nowhere(visitor: Visitor) -> None:
    for url in ("/", "/?dimos=kalamata", "/d/kalamata/", "/nothing", f"{HOUSING}"):
        answer = visitor.client.get(url, headers={"Host": "evil.example"})
        assert "evil" not in answer.text + str(answer.headers)


def test_the_language_link_never_leads_elsewhere(visitor: Visitor) -> None:
    answer = visitor.client.get("//evil.example/%2e%2e?a=1")
    assert 'href="//' not in answer.text


def test_static_files_are_kept_for_ever_and_change_their_address(visitor: Visitor) -> None:
    page = visitor.get("/").page.text
    found = re.search(r'href="(/static/[0-9a-f]{12}/rantevou\.css)"', page)
    assert found
    with visitor.client.get(found[1]) as answer:
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert visitor.client.get("/static/000000000000/rantevou.css").status_code == 404


def test_the_compressed_stylesheet_says_the_same() -> None:
    """After a change of the stylesheet: python -m whitenoise.compress booking_web/static svg"""
    plain = STATIC / "rantevou.css"
    assert gzip.decompress(Path(f"{plain}.gz").read_bytes()) == plain.read_bytes()


def test_the_calendar_page_with_everything_is_light(visitor: Visitor) -> None:
    """60 KB are the limit; the page itself is not compressed, it carries secrets (BREACH)."""
    visitor.at_calendar()
    weight = len(visitor.page.data)
    for address in re.findall(r'href="(/static/[^"]+)"', visitor.page.text):
        with visitor.client.get(address, headers={"Accept-Encoding": "gzip"}) as answer:
            weight += len(answer.data)
            if address.endswith(".css"):
                assert answer.headers["Content-Encoding"] == "gzip"
                assert "Accept-Encoding" in answer.headers["Vary"]
    assert weight <= 30_000


def test_too_much_is_refused(visitor: Visitor) -> None:
    visitor.at_details()
    answer = visitor.client.post(visitor.url, data={"onoma": "α" * 200_000})
    assert answer.status_code == 413
    assert "Στείλατε πολύ μεγάλο κείμενο" in answer.text


def test_wrong_methods(visitor: Visitor) -> None:
    reference = visitor.booked()
    assert visitor.client.get(f"/booking/{reference}/undo").status_code == 405
    assert visitor.client.delete("/").status_code == 405


def test_logs_hold_neither_tokens_nor_people(
    app: Flask, house: House, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    visitor.at_details().press("Συνέχεια", **{**MARIA, "email": "wrong-maria"})
    reference = visitor.booked()
    link = mailed(house, reference)
    Visitor(app).get(f"{link}/cancel").press("Ναι, ακύρωση", psifia="999")
    logged = caplog.text
    assert "/r/…" in logged
    for secret in (link.rsplit("/", 1)[1], "maria", "Παππά", "6901234567", "690 123"):
        assert secret not in logged, secret


def test_a_failure_is_explained_without_its_text(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(house.desk, audiences=(("booking_web.citizen", True),))
    app.add_url_rule("/boom", view_func=lambda: 1 / 0)
    answer = app.test_client().get("/boom")
    assert answer.status_code == 500
    assert "Υπάρχει πρόβλημα στην υπηρεσία" in answer.text
    assert "division" not in answer.text + caplog.text
    assert "ZeroDivisionError in <lambda>" in caplog.text or "ZeroDivisionError" in caplog.text


def test_redaction() -> None:
    assert redacted("/r/abc/cancel") == "/r/…/cancel"
    assert redacted("/booking/K7M-4QX") == "/booking/K7M-4QX"
    assert redacted("/booking/maria@example.gr/x") == "/booking/…/x"
    assert redacted("/booking/6901234567") == "/booking/…"
