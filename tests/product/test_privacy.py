"""Canaries through the running product: personal data stand where they belong and nowhere else."""

from __future__ import annotations

import email
import email.policy
import re
import time
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
from redis import Redis

from tests.product.product import Product, until
from tests.product.test_faults import children
from tests.servers.gsis.people import EFTYCHIA

HOUSING = "/d/kalamata/housing-benefit/in_person"
NAME = "Kanarina Zzyxqwv"
EMAIL = "kanarina.zzmail@example.gr"
OTHER_EMAIL = "kanarina.zzother@example.gr"
PHONE = "6987612345"
AFM = "987654324"
SUBJECT = "Zzsubject kanarina"
#: What may stand nowhere outside the encrypted columns and the mails.
SECRETS = ("zzmail", "zzother", PHONE, AFM, "zzsubject", EFTYCHIA.taxid)
KAVALA = "/d/kavala/mayor-office-appointment/in_person"


class Browser:
    """A visitor who follows forms without knowing their hidden fields."""

    def __init__(self, product: Product) -> None:
        self.web = product.web
        self.session = requests.Session()

    def get(self, path: str) -> requests.Response:
        answer = self.session.get(self.web + path, timeout=30)
        assert answer.status_code < 400, (path, answer.status_code)
        return answer

    def post(self, page: str, path: str, **fields: str) -> requests.Response:
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        return self.session.post(self.web + path, data={**hidden, **fields}, timeout=30)


@pytest.fixture(scope="module")
def tokens(product: Product) -> list[str]:
    """Everything that a citizen can do, right and wrong; the tokens that were handed out."""
    handed_out = [booked_on_the_page(product), booked_by_api(product)]
    signed_in_and_erased(product)
    until(lambda: mails_to(product, "zzother"), seconds=40, what="the mail to the new address")
    until(lambda: len(mails_to(product, "zzmail")) > 1, seconds=40, what="the cancellation's mail")
    return handed_out


def booked_on_the_page(product: Product) -> str:
    browser = Browser(product)
    declaration = f"{HOUSING}/declaration/housing-benefit"
    page = browser.get(declaration).text
    page = browser.post(page, declaration, apantisi="no-first-time").text
    times = re.findall(r'name="ora" id="[^"]+" value="([^"]+)"', page)
    page = browser.post(page, f"{HOUSING}/slot", ora=times[0]).text
    details = {"onoma": NAME, "email": EMAIL, "tilefono": PHONE, "q-afm": AFM, "synainesi": "1"}
    for wrong in ({"email": "zzmail@"}, {"tilefono": PHONE * 2}, {"q-afm": AFM[:-1] + "5"}):
        answer = browser.post(page, f"{HOUSING}/details", **{**details, **wrong})
        assert answer.status_code == 422
    page = browser.post(page, f"{HOUSING}/details", **details).text
    page = browser.post(page, f"{HOUSING}/check").text
    assert "Το ραντεβού σας κλείστηκε" in page, re.findall(r"<h1.*?</h1>|rv-error.*", page)
    mail = until(lambda: mails_to(product, "zzmail"), seconds=30, what="the confirmation")[0]
    found = re.search(r"/r/([\w-]+)", mail)
    assert found
    other = Browser(product)
    opened = other.get(f"/r/{found[1]}/cancel")
    path = urlsplit(opened.url).path
    assert other.post(opened.text, path, psifia="000").status_code == 422
    assert "ακυρ" in other.post(opened.text, path, psifia=PHONE[-3:]).text
    return found[1]


def signed_in_and_erased(product: Product) -> None:
    """In English, with TAXISnet codes; then everything is taken along, and erasing is asked for."""
    browser = Browser(product)
    browser.get("/?lang=en")
    register = browser.get(f"/taxisnet/sign-in?to={quote(KAVALA)}%2Fslot")
    back = browser.session.post(register.url, data={"person": EFTYCHIA.userid}, timeout=30)
    assert urlsplit(back.url).path == f"{KAVALA}/slot", back.url
    times = re.findall(r'name="ora" id="[^"]+" value="([^"]+)"', back.text)
    page = browser.post(back.text, f"{KAVALA}/slot", ora=times[2]).text
    details = {"onoma": NAME, "email": EMAIL, "tilefono": PHONE, "q-subject": SUBJECT}
    page = browser.post(page, f"{KAVALA}/details", **details, gia="allon", synainesi="1").text
    confirmed = browser.post(page, f"{KAVALA}/check")
    found = re.search(r"/booking/([^/]+)/", confirmed.url)
    assert found, re.findall(r"<h1.*?</h1>|rv-error.*", confirmed.text)
    mine = f"/booking/{found[1]}"
    known = browser.post(browser.get(f"{mine}/data").text, f"{mine}/data").json()
    assert known["contact"]["email"] == EMAIL
    told = browser.post(browser.get(f"{mine}/erase").text, f"{mine}/erase").text
    assert "Your data are erased as soon as the time to undo is over" in told


def booked_by_api(product: Product) -> str:
    service = product.service("kavala", "Αυτοτελές Τμήμα")
    slots = product.slots(service, "teleconference")
    wrong = product.book(service, "teleconference", slots[3], name=NAME, email="zzmail", phone="x")
    assert wrong.status_code == 422
    booked = product.book(
        service, "teleconference", slots[3], name=NAME, email=EMAIL, phone=f"+30{PHONE}"
    ).json()
    bearer = {"Authorization": f"Bearer {booked['manage_token']}"}
    path = f"/bookings/{booked['reference']}"
    question = next(each["key"] for each in service["questions"] if each["required"])
    changes: tuple[dict[str, Any], ...] = (
        {"answers": {question: SUBJECT}},
        {"citizen": {"email": OTHER_EMAIL}, "starts_at": slots[4]},
        {"citizen": {"phone": PHONE + "zz"}},
    )
    for change in changes:
        answer = product.api("PATCH", path, json=change, headers=bearer)
        assert answer.status_code in (200, 202, 422), answer.text
    assert product.api("DELETE", path, headers=bearer).status_code in (200, 202)
    return str(booked["manage_token"])


def mails_to(product: Product, part: str) -> list[str]:
    found = []
    for path in product.mails():
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = mail.get_body(("plain",))
        if part in str(mail["To"]) and body is not None:
            found.append(str(body.get_content()))
    return found


def searched(data: Path) -> list[Path]:
    """Every file of the data folder but the kept mails, and byte code, which knows the sample
    persons; what Microsoft 365 would have is there."""
    return [
        path
        for path in data.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and path.parent != data / "mail"
    ]


def forms(secret: str) -> set[bytes]:
    """A canary as logs, URLs, JSON and databases might write it; ASCII, so mostly itself."""
    return {secret.encode(), secret.encode("utf-16-le"), quote(secret).encode()}


def holds(content: bytes, secret: str) -> bool:
    return any(form.lower() in content.lower() for form in forms(secret))


def test_no_file_holds_a_canary(product: Product, tokens: list[str]) -> None:
    files = searched(product.data)
    expected = {"rantevou.sqlite", "web.log", "worker-1.log", "graph.log"}
    assert expected <= {path.name for path in files}
    assert any(path.match("outlook/graph.json") for path in files)
    found = [
        (path.name, secret)
        for path in files
        for secret in (*SECRETS, *tokens)
        if holds(path.read_bytes(), secret)
    ]
    assert found == []
    assert any(holds(path.read_bytes(), "zzmail") for path in product.mails())  # it can be found
    printed = (product.data.parent / f"{product.data.name}-out.txt").read_bytes()
    assert not any(holds(printed, secret) for secret in (*SECRETS, *tokens, NAME))


def test_the_name_stands_in_the_calendars_only(product: Product, tokens: list[str]) -> None:
    named = [path for path in searched(product.data) if holds(path.read_bytes(), "zzyxqwv")]
    assert {path.relative_to(product.data).parts[0] for path in named} <= {"calendars", "outlook"}


def test_the_queue_holds_no_canary(product: Product, tokens: list[str]) -> None:
    """Its file was searched above; RQ compresses some values, so they are opened here."""
    assert product.process is not None
    worker = next(
        pid for pid, command in children(product.process.pid).items() if " worker" in command
    )
    settings = (Path("/proc") / str(worker) / "environ").read_text().split("\0")
    url = next(each for each in settings if each.startswith("RANTEVOU_REDIS_URL="))
    redis = Redis.from_url(url.partition("=")[2], socket_timeout=5)
    values = [value for key in redis.keys("rq:job:*") for value in redis.hgetall(key).values()]
    opened = b"\n".join(inflated(value) for value in values)
    everything = opened + b"".join(redis.keys("*"))
    assert not any(holds(everything, secret) for secret in (*SECRETS, *tokens, NAME))


def inflated(value: bytes) -> bytes:
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value


def test_no_process_shows_a_secret_in_its_command_line(product: Product) -> None:
    assert product.process is not None
    calendars = product.info["caldav"]
    kept = [product.info["admin"]["password"], *(each["password"] for each in calendars)]
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        commands = " ".join(children(product.process.pid).values())
        assert not any(secret in commands for secret in kept)
        time.sleep(0.2)


def test_what_is_kept_is_its_owners_alone(product: Product, tokens: list[str]) -> None:
    """The folder is closed to others; what was in place before keeps its secrets all the same."""
    for path in (product.data, *(each for each in product.data.iterdir() if each.is_dir())):
        assert path.stat().st_mode & 0o077 == 0, path
    for path in product.data.glob("rantevou.sqlite*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert (product.data / "demo.json").stat().st_mode & 0o077 == 0
