"""Every route has an audience; who does not belong to it gets nothing, and GET changes nothing.

A new route fails here until somebody says whom it is for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from booking import drafts
from booking.store import UnitOfWork
from booking.store.tables import metadata
from booking.tasks import TaskKind, owe_task
from booking_web.app import create_app
from tests.booking_web.api.conftest import Api
from tests.booking_web.desk import House, house
from tests.booking_web.pages import sign_in

#: "public": anybody · "holder": whoever booked it or opened its mailed link · "door": the same,
#: and it may lead on · "link": whoever has a mailed link · "begun": whoever set out in this session
#: · "token": bearer of the manage token · "staff": any account · "office": accounts of the
#: booking's municipality and administrators · "admin": administrators · "monitoring": machines.
AUDIENCES = {
    "public": """
        citizen.municipality citizen.group citizen.service citizen.channel citizen.begin
        citizen.declaration citizen.answer_declaration citizen.second_page
        citizen.confirm_declaration citizen.otherwise citizen.slot citizen.choose_slot
        citizen.slot_list citizen.details citizen.give_details citizen.check citizen.book
        citizen.hold
        citizen.municipalities citizen.services citizen.info_page citizen.footer_page
        citizen.leave citizen.erased citizen.find citizen.do_find citizen.send_links
        citizen.entrance citizen.sign_in citizen.left
        citizen.prove_email citizen.give_code citizen.send_code citizen.open_link
        api.api_openapi api.api_problem api.catalogue_municipalities api.catalogue_services
        api.catalogue_availability api.holds_take api.holds_extend api.holds_release
        api.bookings_submit health.live health.ready
        staff.enter staff.leave admin.enter admin.leave
        notifications.changes notifications.lifecycle
    """,
    "holder": """
        citizen.manage citizen.confirmation citizen.calendar citizen.printed citizen.join
        citizen.acknowledge
        citizen.my_data citizen.download citizen.erase citizen.do_erase
        citizen.cancel citizen.do_cancel citizen.undo citizen.accept citizen.again
        citizen.wait_for_earlier citizen.wait_no_longer citizen.decline_earlier
        citizen.reschedule citizen.choose_new_time
        citizen.reschedule_channel citizen.reschedule_details citizen.do_reschedule
    """,
    "door": "citizen.enter citizen.earlier",
    "link": "citizen.by_mail citizen.act_by_mail",
    "begun": "citizen.signed_in citizen.verify citizen.go_on",
    "token": "api.bookings_show api.bookings_change api.bookings_cancel",
    "monitoring": "health.metrics",
    "staff": "staff.day staff.tasks staff.book staff.find",
    "office": """
        staff.booking staff.reveal staff.give_link staff.task staff.task_done staff.task_believe
        staff.task_stands staff.task_absence
        staff.book_times staff.book_hold staff.book_details staff.book_submit staff.slip
        staff.cancel staff.do_cancel staff.undo staff.move staff.do_move
        staff.correct staff.do_correct
    """,
    "admin": """
        admin.mailboxes admin.mailbox admin.servers admin.outbox admin.check admin.accept
        admin.release
    """,
}
AUDIENCE = {name: audience for audience, names in AUDIENCES.items() for name in names.split()}

ACTORS = ("anonymous", "citizen_a", "citizen_b", "staff_own", "staff_other", "admin")
#: Who may, by audience; everybody may where it is public.
ALLOWED = {
    "holder": {"citizen_a"},
    "door": {"citizen_a"},
    "link": {"citizen_a", "citizen_b"},  # each has a link of their own
    "token": {"citizen_a"},
    "begun": set[str](),  # whoever went to sign in, or opened the link of a form, in this session
    "monitoring": set[str](),  # whoever has the metrics token; no browser
    "staff": {"staff_own", "staff_other", "admin"},
    "office": {"staff_own", "admin"},
    "admin": {"admin"},
}
REFUSED = {303, 401, 403, 404}


@dataclass
class World:
    """Two bookings of a teleconference in Kavala, one for each citizen, and everybody's browser."""

    home: House
    app: Flask
    booked: dict[str, dict[str, Any]]
    clients: dict[str, FlaskClient] = field(default_factory=dict)
    entry: str = ""  #: what a clerk in Kavala has written down for a caller

    def values(self, rule: Rule, actor: str) -> dict[str, str]:
        declared = "declaration" in rule.endpoint or "key" in rule.arguments
        known = {
            "slug": "kalamata" if declared else "kavala",
            "service_key": "housing-benefit" if declared else self.service_key,
            "channel_name": "in_person" if declared else "teleconference",
            "service_id": f"kavala.{self.service_key}",
            "group_key": "mayor-office",
            "key": "housing-benefit",
            "page": "privacy",
            "reference": self.booked["citizen_a"]["reference"],
            "token": self.booked.get(actor, {}).get("manage_token", "x" * 43),
            "action": "cancel",
            "hold_id": "unknown",
            "provider": "graph",
            "name": "slot-taken",
            "mailbox_id": self.home.mailbox_id("grafeio1@kavala.example"),
            "task_id": "1",
            "entry_id": self.entry,
        }
        return {name: known[name] for name in rule.arguments}

    @property
    def service_key(self) -> str:
        return str(self.booked["citizen_a"]["service_key"])

    def send(self, actor: str, method: str, rule: Rule) -> TestResponse:
        with self.app.test_request_context():
            adapter = self.app.url_map.bind("localhost")
            url = adapter.build(rule.endpoint, self.values(rule, actor), method=method)
        query = ""
        if rule.endpoint == "api.catalogue_availability":
            query = "?channel=teleconference&from=2027-01-13&to=2027-01-14"
        headers = {}
        if AUDIENCE[rule.endpoint] == "token" and actor in self.booked:
            headers["Authorization"] = f"Bearer {self.booked[actor]['manage_token']}"
        client = self.clients[actor]
        if method in ("GET", "DELETE"):
            return client.open(url + query, method=method, headers=headers)
        if rule.endpoint.startswith("api."):
            return client.open(url, method=method, headers=headers, json={})
        return client.open(url, method=method, headers=headers, data={})

    def contents(self) -> dict[str, list[Any]]:
        """Everything that is stored; unfinished forms and sessions are nobody else's concern."""
        engine = create_engine(self.home.database_url)
        with engine.connect() as connection:
            found = {
                table.name: sorted(map(repr, connection.execute(select(table))))
                for table in metadata.sorted_tables
                if table.name != "draft"
            }
        engine.dispose()
        events = [
            repr(event)
            for mailbox in self.home.mailboxes()
            for event in self.home.memory.events(mailbox)
        ]
        return {**found, "events": events}


HOSTILE = ("%00", "%0d%0aX:y", "..%2f..%2fetc", "%ff%fe", "x" * 3000, "%E2%80%AE", "'--", "-1")


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[World]:
    """On PostgreSQL, which refuses what SQLite swallows."""
    made = make_world(tmp_path_factory.mktemp("strict"), csrf=False, database_url=postgres_url)
    yield made
    made.home.desk.store.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("routes"), csrf=False)


def make_world(folder: Path, *, csrf: bool, database_url: str = "") -> World:
    home = house(folder, database_url=database_url)
    app = create_app(home.desk)
    api = Api(app.test_client())
    service = next(iter(api.services("kavala").values()))
    slots = api.slots(service["id"], "teleconference")
    booked = {}
    for actor, starts_at in zip(("citizen_a", "citizen_b"), slots, strict=False):
        answer = api.book(
            service_id=service["id"],
            channel="teleconference",
            starts_at=starts_at,
            answers={each["key"]: "Δοκιμή" for each in service["questions"] if each["required"]},
            declarations={},
            consent_version=service["consent"]["version"],
        )
        assert answer.status_code == 201, answer.text
        key = service["id"].partition(".")[2]
        booked[actor] = {**answer.get_json(), "service_key": key}
    home.desk.store.transact(_owe_a_task)
    made = World(home, app, booked, {actor: app.test_client() for actor in ACTORS})
    values = {"kind": "desk", "service_id": service["id"], "channel": "teleconference"}
    made.entry = drafts.create(home.desk, values={**values, "starts_at": slots[2]})
    for actor, booking in booked.items():
        made.clients[actor].get(f"/r/{booking['manage_token']}")
    sign_in(made.clients["staff_own"], "staff-kavala")
    sign_in(made.clients["staff_other"], "staff-kalamata")
    sign_in(made.clients["admin"], "admin", area="/admin/")
    app.config["WTF_CSRF_ENABLED"] = csrf
    return made


def _owe_a_task(uow: UnitOfWork) -> bool:
    kind = TaskKind.MEETING_NOT_SECURED
    return owe_task(uow, kind=kind, municipality="kavala", name="the first one")


def rules(app: Flask, *methods: str) -> list[tuple[str, Rule]]:
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
        if method in methods
    ]


def test_every_route_has_an_audience_and_every_audience_its_routes(world: World) -> None:
    routed = {rule.endpoint for rule in world.app.url_map.iter_rules()}
    assert routed == set(AUDIENCE)


def test_no_route_takes_methods_beyond_the_usual(world: World) -> None:
    usual = {"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"}
    taken = {method for rule in world.app.url_map.iter_rules() for method in rule.methods or ()}
    assert taken <= usual


@pytest.mark.parametrize("actor", ACTORS)
def test_reading_shows_everybody_what_is_theirs_and_changes_nothing(
    world: World, actor: str
) -> None:
    before = world.contents()
    faults = []
    for method, rule in rules(world.app, "GET"):
        answer = world.send(actor, method, rule)
        audience = AUDIENCE[rule.endpoint]
        allowed = audience == "public" or actor in ALLOWED[audience]
        fits = answer.status_code < 400 if allowed else answer.status_code in REFUSED
        if not allowed and answer.status_code == 303:
            fits = "/sign-in" in (answer.location or "")
        if allowed and audience not in ("public", "link", "door"):
            fits = answer.status_code == 200
        if not fits:
            faults.append((rule.rule, answer.status_code, answer.location))
        if not allowed:
            for personal in ("Δοκιμαστική", "eleni@example.gr", "6901234567"):
                assert personal not in answer.text, rule.rule
    assert faults == []
    assert world.contents() == before


@pytest.mark.parametrize("actor", ACTORS)
def test_acting_on_what_is_not_yours_is_refused_and_changes_nothing(
    world: World, actor: str
) -> None:
    before = world.contents()
    for method, rule in rules(world.app, "POST", "PATCH", "DELETE"):
        audience = AUDIENCE[rule.endpoint]
        if audience == "public" or actor in ALLOWED[audience]:
            continue
        answer = world.send(actor, method, rule)
        assert answer.status_code in REFUSED, (rule.rule, answer.status_code)
        if answer.status_code == 303:
            assert "/sign-in" in (answer.location or ""), rule.rule
    assert world.contents() == before


def test_an_empty_form_changes_nothing(world: World) -> None:
    before = world.contents()
    for method, rule in rules(world.app, "POST", "PATCH", "DELETE"):
        if AUDIENCE[rule.endpoint] == "public" and not rule.endpoint.endswith(".leave"):
            answer = world.send("anonymous", method, rule)
            assert answer.status_code < 500, (rule.rule, answer.status_code)
    assert world.contents() == before


def test_no_form_is_taken_without_its_token(tmp_path: Path) -> None:
    world = make_world(tmp_path, csrf=True)
    before = world.contents()
    for method, rule in rules(world.app, "POST"):
        if rule.endpoint.startswith(("api.", "notifications.")):
            continue
        for actor in ACTORS:
            answer = world.send(actor, method, rule)
            assert answer.status_code == 400, (actor, rule.rule, answer.status_code)
    assert world.contents() == before


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_addresses_are_answered_without_a_crash(strict: World, value: str) -> None:
    for _, rule in rules(strict.app, "GET"):
        pattern = re.sub(r"<any\(([a-z_]+).*?>", r"\1", rule.rule)
        if "<" not in pattern:
            continue
        answer = strict.clients["admin"].get(re.sub(r"<.*?>", value, pattern))
        assert answer.status_code in (303, 308, 400, 401, 403, 404), (pattern, value)


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_queries_are_answered_without_a_crash(strict: World, value: str) -> None:
    for _, rule in rules(strict.app, "GET"):
        names = ("q", "only", "imera", "to", "lang", "zone", "month", "channel", "from", "x")
        query = "&".join(f"{name}={value}" for name in names)
        with strict.app.test_request_context():
            url = strict.app.url_map.bind("x").build(rule.endpoint, strict.values(rule, "admin"))
        for actor in ("anonymous", "citizen_a", "admin"):
            answer = strict.clients[actor].get(f"{url}?{query}")
            assert answer.status_code < 500, (url, value)
