"""Signing in with TAXISnet codes: the whole way against a stand-in of GSIS on a real port."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Response
from markupsafe import escape

from booking import managing, sign_ins
from booking.model import Applicant
from booking.store import Keys, open_store
from booking_web.app import create_app
from booking_web.register.gsis import Register
from mapping.model import SignIn
from tests.booking_web.citizen.registered import (
    PUBLIC,
    Stage,
    at_register,
    chosen,
    registered,
    sign_in,
    staged,
)
from tests.booking_web.citizen.visitor import HOUSING, MARIA, Visitor
from tests.booking_web.desk import START, House, with_settings
from tests.booking_web.desk import house as make_house
from tests.servers.gsis.app import BASE, Gsis
from tests.servers.gsis.people import DESPOINA, EFTYCHIA, Citizen

#: The sentence of both manuals.
ENTERING = (
    "Για να επιτραπεί η είσοδος απαιτούνται τα διαπιστευτήρια της Γενικής Γραμματείας "
    "Πληροφοριακών Συστημάτων Δημόσιας Διοίκησης (κωδικοί TAXISnet)."
)
#: What the form asks of whoever has signed in.
REACHED = {"email": MARIA["email"], "tilefono": MARIA["tilefono"], "synainesi": "1"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all: nobody here minds what others book, nor that time begins again."""
    made = make_house(tmp_path_factory.mktemp("taxisnet"))
    yield made
    made.desk.store.close()


@pytest.fixture
def gsis(house: House) -> Iterator[Gsis]:
    house.clock.at = START
    with registered(house) as gsis:
        yield gsis


@pytest.fixture
def stage(house: House, gsis: Gsis) -> Stage:
    return staged(house, gsis, SignIn.OFFERED)


@pytest.fixture
def strict(house: House, gsis: Gsis) -> Stage:
    """Nothing goes without signing in."""
    return staged(house, gsis, SignIn.REQUIRED)


def test_the_name_stands_at_the_top_and_leaving_ends_it_everywhere(stage: Stage) -> None:
    visitor = stage.visitor().get("/d/kalamata/")
    assert "Έξοδος" not in visitor.text
    sign_in(visitor)
    assert visitor.url == f"{HOUSING}/declaration/housing-benefit"  # the slot needs it first
    header = visitor.html.cssselect(".rv-user")[0].text_content()
    assert "ΕΥΤΥΧΙΑ ΒΑΒΟΥΛΑ" in header
    assert "Έξοδος" in header
    copied = visitor.client.get_cookie("rantevou")
    assert copied is not None
    visitor.press("Έξοδος")
    assert "ΕΥΤΥΧΙΑ" not in visitor.text
    refresh = visitor.html.cssselect("meta[http-equiv=refresh]")[0].get("content")
    away = urlsplit(refresh.removeprefix("0; url="))
    assert away.path == f"{BASE}/logout/TESTBODY/"
    assert parse_qs(away.query) == {"url": [f"{PUBLIC}/"]}
    thief = stage.visitor()
    thief.client.set_cookie("rantevou", copied.value)
    assert "ΕΥΤΥΧΙΑ" not in thief.get("/d/kalamata/").page.text


def test_nothing_of_the_register_is_in_the_cookie(stage: Stage) -> None:
    visitor = sign_in(stage.visitor())
    cookie = visitor.client.get_cookie("rantevou")
    assert cookie is not None
    with visitor.client.session_transaction() as session:
        told = str(dict(session))
    for secret in (EFTYCHIA.taxid, "ΒΑΒΟΥΛΑ", *stage.gsis.tokens, *stage.gsis.codes):
        assert secret not in told + cookie.value


def test_required_comes_before_anything(strict: Stage) -> None:
    visitor = strict.visitor()
    for url in ("/d/kalamata/", "/d/kalamata/group/social-care", HOUSING, f"{HOUSING}/slot"):
        visitor.get(url)
        assert visitor.heading == "Είσοδος με κωδικούς TAXISnet"
        assert ENTERING in visitor.text
    assert visitor.get("/").press("Συνέχεια", dimos="kalamata").url.startswith("/taxisnet?to=")
    for url in ("/", "/page/help", "/d/kalamata/info/faq"):
        assert visitor.get(url).status == 200
        assert not visitor.url.startswith("/taxisnet")
    sign_in(visitor).press("Συνέχεια", apantisi="no-first-time")
    assert visitor.url.endswith("/slot")


def test_a_form_that_comes_after_the_sign_in_has_ended_books_nothing(strict: Stage) -> None:
    visitor = sign_in(strict.visitor()).press("Συνέχεια", apantisi="no-first-time")
    visitor.press("Συνέχεια", ora=visitor.times()[0])
    visitor.press("Συνέχεια", gia="emena", email=MARIA["email"], tilefono=MARIA["tilefono"],
                  synainesi="1")  # fmt: skip
    assert visitor.heading.startswith("Ελέγξτε")
    with visitor.client.session_transaction() as session:
        del session["citizen"]
    visitor.press("Κράτηση")
    assert visitor.heading == "Είσοδος με κωδικούς TAXISnet"
    # Signed in again, the answers are still there.
    start = visitor.html.cssselect("a.rv-btn--primary")[0].get("href")
    answer = visitor.client.get(start)
    visitor.get(chosen(answer.headers["Location"], EFTYCHIA))
    assert visitor.heading.startswith("Ελέγξτε")
    assert "maria.pappa@example.gr" in visitor.text


def test_signing_in_gives_the_session_a_new_draft(stage: Stage) -> None:
    visitor = stage.visitor().at_details()
    with visitor.client.session_transaction() as session:
        before = session["draft"]
    copied = visitor.client.get_cookie("rantevou")
    assert copied is not None
    sign_in(visitor, to=f"{HOUSING}/details")
    assert visitor.heading == "Προσθέστε τα στοιχεία σας"  # declaration and time were kept
    with visitor.client.session_transaction() as session:
        assert session["draft"] != before
    planted = stage.visitor()
    planted.client.set_cookie("rantevou", copied.value)
    planted.get(f"{HOUSING}/details")
    assert "ΕΥΤΥΧΙΑ" not in planted.page.text
    assert not planted.url.endswith("/details")  # the old draft is gone


def test_a_state_of_somebody_else_signs_nobody_in(stage: Stage) -> None:
    mallory = at_register(stage.visitor(), DESPOINA)
    victim = stage.visitor().get(mallory)
    assert victim.status == 403
    assert "ΔΕΣΠΟΙΝΑ" not in victim.page.text
    assert not any("token" in call for call in stage.gsis.calls)
    assert stage.visitor().get("/taxisnet/callback?code=abc").status == 403


def test_a_way_back_works_once(stage: Stage) -> None:
    visitor = stage.visitor()
    back = at_register(visitor)
    visitor.get(back)
    assert visitor.get(back).url == "/"  # reloaded: signed in already
    visitor.press("Έξοδος")
    assert visitor.get(back).status == 403


def test_a_code_that_was_used_is_not_accepted(stage: Stage) -> None:
    visitor = stage.visitor()
    back = at_register(visitor)
    for grant in stage.gsis.codes.values():
        grant.used = True
    visitor.get(back)
    assert visitor.status == 400
    assert visitor.heading == "Η είσοδος δεν ολοκληρώθηκε"
    assert "ΕΥΤΥΧΙΑ" not in visitor.page.text


def test_whoever_does_not_agree_goes_on_without_where_that_is_possible(stage: Stage) -> None:
    visitor = stage.visitor()
    visitor.get(at_register(visitor, None))
    assert "Δεν πήραμε κανένα στοιχείο" in visitor.text
    visitor.follow("Συνέχεια χωρίς είσοδο")
    assert visitor.url.startswith(HOUSING)


ELSEWHERE = (
    "https://evil.example/", "//evil.example/d/", "/d//evil.example", "/d/\\evil.example",
    "/\\evil.example", "/staff/", "javascript:alert(1)", "/d/x\r\nSet-Cookie: a=b",
    "/d/" + "x" * 700,
)  # fmt: skip


def test_the_way_back_leads_nowhere_else(stage: Stage) -> None:
    for to in ELSEWHERE:
        visitor = stage.visitor()
        answer = visitor.client.get(at_register(visitor, to=to))
        assert answer.headers["Location"] == "/", to


NONE = (
    ("userinfo", Response('{"error": "server_error"}', mimetype="application/json")),
    ("userinfo", Response("<root><userinfo", mimetype="text/xml")),
    ("userinfo", Response("x" * 70_000, mimetype="text/xml")),
    ("userinfo", Response("busy", 503)),
    ("userinfo", Response("", 302, headers={"Location": "http://127.0.0.1:1/"})),
    ("token", Response("<html>login</html>", mimetype="text/html")),
    ("token", Response('["no", "object"]', mimetype="application/json")),
    ("token", Response("{}", mimetype="application/json")),
    ("token", Response("gone", 502)),
    ("token", Response("x" * 70_000, mimetype="application/json")),
)


def test_an_answer_that_is_none_signs_nobody_in(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    for step, answer in NONE:
        visitor = stage.visitor()
        back = at_register(visitor)
        stage.gsis.instead[step] = answer
        visitor.get(back)
        assert visitor.status in {400, 503}, (step, answer)
        assert visitor.heading == "Η είσοδος δεν ολοκληρώθηκε"
        assert EFTYCHIA.taxid not in visitor.page.text + caplog.text
    sign_in(visitor)  # the same visitor may try again at once
    assert "ΕΥΤΥΧΙΑ ΒΑΒΟΥΛΑ" in visitor.text


def test_a_name_with_markup_stays_text(stage: Stage) -> None:
    evil = Citizen("evil", "090000045", "<script>alert(1)</script>", '"&\u0394')
    stage.gsis.people += (evil,)
    visitor = sign_in(stage.visitor(), evil)
    assert "<script>" not in visitor.page.text
    assert str(escape(evil.name)) in visitor.page.text


def test_one_network_cannot_keep_the_register_busy(stage: Stage) -> None:
    far = {"REMOTE_ADDR": "192.0.2.7"}
    visitor = Visitor(stage.app)
    for _ in range(sign_ins.MOST):
        sign_ins.count(stage.house.desk, network="192.0.2.7")
    answer = visitor.client.get(at_register(visitor), environ_overrides=far)
    assert answer.status_code == 429
    assert not any("token" in call for call in stage.gsis.calls)
    assert visitor.client.get(at_register(visitor)).status_code == 303  # from elsewhere
    stage.house.clock.forward(minutes=61)
    again = Visitor(stage.app)
    assert again.client.get(at_register(again), environ_overrides=far).status_code == 303
    with stage.house.desk.store.read() as uow:
        assert not any("192.0.2" in name for name in uow.attempts.names())


def test_a_register_that_hangs_keeps_nobody_long(stage: Stage) -> None:
    stage.app.extensions["rantevou_register"] = Register(patience=0.3)
    stage.gsis.late["token"] = 1.0
    visitor = stage.visitor()
    visitor.get(at_register(visitor))
    assert visitor.status == 503
    assert "Το TAXISnet δεν απάντησε" in visitor.text


def test_a_register_that_is_not_there(strict: Stage) -> None:
    visitor = strict.visitor()
    back = at_register(visitor)
    object.__setattr__(strict.house.desk.settings, "gsis_token_url", "http://127.0.0.1:9/token")
    assert visitor.get(back).status == 503
    assert "Συνέχεια χωρίς είσοδο" not in visitor.text


def test_required_and_nobody_can_sign_in(house: House) -> None:
    nobody = with_settings(house.desk, gsis_client_id="")
    app = create_app(with_settings(nobody, sign_in=SignIn.REQUIRED))
    visitor = Visitor(app).get(f"{HOUSING}/slot")
    assert visitor.status == 503
    assert "Η σύνδεση με το TAXISnet δεν λειτουργεί αυτή τη στιγμή" in visitor.text
    assert "Δήμος Καλαμάτας" in visitor.text
    assert "210 000 0000" in visitor.text  # whom to call instead
    offered = Visitor(create_app(with_settings(nobody, sign_in=SignIn.OFFERED)))
    assert "TAXISnet" not in offered.get("/d/kalamata/").text


def test_without_its_database_the_site_says_so_to_whoever_signed_in(stage: Stage) -> None:
    visitor = sign_in(stage.visitor())
    cookie = visitor.client.get_cookie("rantevou")
    assert cookie is not None
    store = open_store("postgresql://u@127.0.0.1:1/none", encryption_keys=Keys.generate())
    broken = Visitor(create_app(replace(stage.house.desk, store=store)))
    broken.client.set_cookie("rantevou", cookie.value)
    for url in ("/d/kalamata/", "/", "/taxisnet"):
        assert broken.get(url).status == 503
        assert "Η υπηρεσία δεν είναι διαθέσιμη" in broken.text
    assert broken.get("/nothing").status == 404


def test_two_hours_without_a_form_end_it(stage: Stage) -> None:
    visitor = sign_in(stage.visitor())
    stage.house.clock.forward(minutes=90)
    visitor.press("Συνέχεια", apantisi="no-first-time")
    stage.house.clock.forward(minutes=90)
    assert "ΕΥΤΥΧΙΑ" in visitor.get(f"{HOUSING}/slot").text
    stage.house.clock.forward(minutes=60)
    assert "ΕΥΤΥΧΙΑ" not in visitor.get("/").page.text


def rows(visitor: Visitor) -> dict[str, str]:
    return {
        row.find("dt").text_content(): row.findall("dd")[0].text_content()
        for row in visitor.html.cssselect(".rv-summary > div")
    }


def test_the_register_answers_for_me(strict: Stage) -> None:
    visitor = sign_in(strict.visitor()).press("Συνέχεια", apantisi="no-first-time")
    visitor.press("Συνέχεια", ora=visitor.times()[0])
    visitor.press("Συνέχεια", **REACHED)
    assert visitor.errors() == {"gia": "Επιλέξτε για ποιον είναι το ραντεβού"}
    assert visitor.html.get_element_by_id("gia") is not None
    # Whatever a hand-made form says of name and tax number.
    visitor.press("Συνέχεια", **REACHED, gia="emena", onoma="ΑΛΛΟΣ", **{"q-afm": "090000045"})
    assert rows(visitor)["Όνομα και επώνυμο"] == "ΕΥΤΥΧΙΑ ΒΑΒΟΥΛΑ"
    assert rows(visitor)["ΑΦΜ"] == EFTYCHIA.taxid
    assert rows(visitor)["Για ποιον είναι το ραντεβού"] == "Για εμένα"
    visitor.press("Κράτηση")
    view = managing.by_reference(strict.house.desk, reference=visitor.reference)
    assert view.citizen.name == "ΕΥΤΥΧΙΑ ΒΑΒΟΥΛΑ"
    assert view.answers["afm"] == EFTYCHIA.taxid
    assert view.applicant == Applicant("ΕΥΤΥΧΙΑ ΒΑΒΟΥΛΑ", EFTYCHIA.taxid)
    assert "ΕΥΤΥΧΙΑ ΒΑΒΟΥΛΑ" in visitor.html.cssselect(".rv-user")[0].text_content()


def test_for_another_person(strict: Stage) -> None:
    visitor = sign_in(strict.visitor()).press("Συνέχεια", apantisi="no-first-time")
    visitor.press("Συνέχεια", ora=visitor.times()[0])
    visitor.press("Συνέχεια", **REACHED, gia="allon")
    assert list(visitor.errors()) == ["onoma"]
    visitor.press("Συνέχεια", **REACHED, gia="allon", onoma="Νίκος Βάβουλας")
    assert rows(visitor)["Όνομα και επώνυμο"] == "Νίκος Βάβουλας"
    assert rows(visitor)["ΑΦΜ"] == "Δεν δόθηκε"
    assert rows(visitor)["Για ποιον είναι το ραντεβού"] == (
        "Για άλλο πρόσωπο. Το κλείνει: ΕΥΤΥΧΙΑ ΒΑΒΟΥΛΑ"
    )
    visitor.press("Κράτηση")
    view = managing.by_reference(strict.house.desk, reference=visitor.reference)
    assert view.citizen.name == "Νίκος Βάβουλας"
    assert view.answers["afm"] == ""
    assert view.applicant == Applicant("ΕΥΤΥΧΙΑ ΒΑΒΟΥΛΑ", EFTYCHIA.taxid, for_other=True)


def test_what_was_typed_before_signing_in_is_kept(stage: Stage) -> None:
    visitor = stage.visitor().at_details()
    visitor.press("Συνέχεια", **{**MARIA, "synainesi": "1"}).get(f"{HOUSING}/details")
    assert "Με κωδικούς TAXISnet δεν χρειάζεται να γράψετε όνομα και ΑΦΜ." in visitor.text
    start = visitor.html.cssselect(".rv-inset a")[0].get("href")
    visitor.get(chosen(visitor.client.get(start).headers["Location"], EFTYCHIA))
    assert visitor.html.get_element_by_id("email").get("value") == MARIA["email"]
    visitor.get(f"{HOUSING}/check")
    assert visitor.url.endswith("/details")  # first: for whom
    visitor.press("Συνέχεια", gia="emena").press("Κράτηση")
    view = managing.by_reference(stage.house.desk, reference=visitor.reference)
    assert (view.citizen.name, view.citizen.email) == ("ΕΥΤΥΧΙΑ ΒΑΒΟΥΛΑ", MARIA["email"])
