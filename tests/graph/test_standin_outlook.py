"""The small Outlook of the stand-in: a person plays the employee with links and forms only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from lxml import html

from tests.graph.calling import KEY_ID, MONDAY, Client
from tests.servers.graph import GraphServer
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.outlook.texts import words

ONLINE = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
PATH = "/outlook/anna@kavala.example"
TIMES = {"date": "2026-11-24", "from": "09:00", "to": "09:45"}


class Browser:
    """Follows redirects and keeps cookies, knows no JavaScript."""

    def __init__(self, root: str) -> None:
        self.http = httpx.Client(base_url=root, follow_redirects=True)
        self.answer = self.http.get("/")

    @property
    def page(self) -> html.HtmlElement:
        return html.fromstring(self.answer.text)

    def go(self, address: str) -> Browser:
        self.answer = self.http.get(address)
        return self

    def send(self, button: str, **fields: str) -> Browser:
        """Press the button with this text, the form's other fields as they stand."""
        for form in self.page.forms:
            if button in [one.text_content().strip() for one in form.cssselect("button")]:
                values = dict(form.form_values()) | fields
                self.answer = self.http.post(form.action, data=values)
                return self
        raise AssertionError(f"no button {button}")


@pytest.fixture
def browser(graph: GraphServer, anna: Mailbox) -> Iterator[Browser]:
    graph.clock.set(MONDAY)
    browser = Browser(graph.root_url)
    yield browser
    browser.http.close()


def times(anna: Mailbox) -> list[tuple[str, str]]:
    return [(one["start"]["dateTime"][:16], one["end"]["dateTime"][:16]) for one in anna.events()]


def test_it_says_what_it_is(browser: Browser) -> None:
    assert browser.answer.status_code == 200
    assert "stand-in, not Microsoft" in browser.page.findtext(".//title")
    assert "Άννα" in browser.answer.text
    assert "<script" not in browser.answer.text


def test_an_event_is_added_moved_and_removed(browser: Browser, anna: Mailbox) -> None:
    browser.go(PATH).send("Προσθήκη", subject="Οδοντίατρος", show_as="oof", **TIMES)
    assert times(anna) == [("2026-11-24T07:00", "2026-11-24T07:45")]  # nine o'clock in Athens
    assert anna.events()[0]["showAs"] == "oof"
    assert "Οδοντίατρος" in browser.page.cssselect("aside h2")[0].text_content()

    browser.send("Μετακίνηση", **{"date": "2026-11-25", "from": "12:00", "to": "13:00"})
    assert times(anna) == [("2026-11-25T10:00", "2026-11-25T11:00")]
    browser.send("Σύντμηση κατά 15 λεπτά")
    assert times(anna) == [("2026-11-25T10:00", "2026-11-25T10:45")]
    browser.send("Διαγραφή")
    assert not anna.events()
    assert "Οδοντίατρος" not in browser.answer.text


def test_free_busy_and_category(browser: Browser, anna: Mailbox) -> None:
    event = anna.put(MONDAY, MONDAY + timedelta(hours=1))
    browser.go(f"{PATH}?event={event}")
    show_as, category = (f for f in browser.page.forms if f.action.split("/")[-1] in _CHANGES)
    browser.http.post(show_as.action, data={"value": "free"})
    browser.http.post(category.action, data={"value": "Άδεια"})

    told = anna.events()[0]
    assert (told["showAs"], told["categories"]) == ("free", ["Άδεια"])
    browser.http.post(show_as.action, data={"value": "nonsense"})
    assert anna.events()[0]["showAs"] == "free"


_CHANGES = {"show_as", "category"}


def test_a_whole_day_and_a_series(browser: Browser, anna: Mailbox) -> None:
    browser.go(PATH).send("Προσθήκη", subject="Άδεια", all_day="yes", **TIMES)
    browser.go(PATH).send("Προσθήκη", subject="Σύσκεψη", weekly="3", **TIMES)
    assert [one["isAllDay"] for one in anna.events()] == [True, False]

    later = browser.go(f"{PATH}?day=2026-12-01")
    link = next(a for a in later.page.cssselect("a.event") if "Σύσκεψη" in a.text_content())
    later.go(link.get("href")).send("Μετακίνηση", **TIMES | {"date": "2026-12-02"})
    series = anna.events()[1]
    assert series["recurrence"]["range"]["numberOfOccurrences"] == 3
    assert "Σύσκεψη" in later.answer.text
    later.send("Διαγραφή")
    assert "Σύσκεψη" not in later.go(f"{PATH}?day=2026-12-01").answer.text
    assert "Σύσκεψη" in later.go(f"{PATH}?day=2026-12-08").answer.text


@pytest.mark.parametrize(
    "fields", [{"to": "08:00"}, {"date": "soon"}, {"from": ""}, {"to": "09:00"}]
)
def test_times_that_make_no_sense_change_nothing(
    browser: Browser, anna: Mailbox, fields: dict[str, str]
) -> None:
    browser.go(PATH).send("Προσθήκη", **TIMES | fields)
    assert browser.answer.status_code == 400
    assert browser.page.cssselect("[role=alert]")
    assert not anna.events()


def test_what_is_gone_is_said(browser: Browser, anna: Mailbox) -> None:
    event = anna.put(MONDAY, MONDAY + timedelta(hours=1))
    browser.go(f"{PATH}?event={event}")
    anna.remove(event)
    browser.send("Διαγραφή")
    assert words("el")["gone"] in browser.page.cssselect("[role=alert]")[0].text_content()
    assert browser.go("/outlook/nobody@kavala.example").answer.status_code == 404
    assert browser.go("/teams/meet/none").answer.status_code == 404
    assert browser.go("/mails/1.eml").answer.status_code == 404


def test_our_appointments_are_marked_and_foreign_html_is_text(
    browser: Browser, client: Client
) -> None:
    made = client.create(
        "<b>KAV-1</b>",
        body={"contentType": "html", "content": "<p>Hello</p><script>alert(1)</script>"},
        singleValueExtendedProperties=[{"id": KEY_ID, "value": "k-1"}],
        **ONLINE,
    )
    browser.go(f"{PATH}?event={made.body['id']}")
    assert browser.page.cssselect(".mark")
    assert browser.page.cssselect("aside h2")[0].text_content() == "<b>KAV-1</b>"
    assert "<script" not in browser.answer.text
    assert "Hello" in browser.page.cssselect("pre")[0].text_content()


def test_the_teams_page_says_what_it_stands_for(
    graph: GraphServer, browser: Browser, client: Client
) -> None:
    graph.world.join_base = f"{graph.root_url}/teams/meet/"
    join_url = client.create(**ONLINE).body["onlineMeeting"]["joinUrl"]
    browser.go(join_url)
    assert browser.answer.status_code == 200
    assert words("el")["teams_text"] in browser.answer.text
    browser.go("/language/en?back=//elsewhere.example/")
    assert browser.answer.url.host == "127.0.0.1"
    assert words("en")["teams_text"] in browser.go(join_url).answer.text


def test_forms_of_other_sites_are_not_taken(browser: Browser, anna: Mailbox) -> None:
    answer = browser.http.post(
        f"{PATH}/events", data=TIMES, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert not anna.events()
