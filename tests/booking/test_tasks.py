"""Tasks of the office: said once, kept until somebody did them, and never another office's."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking import tasks
from booking.model import NotOffered, WrongState
from booking.office import accounts, meeting_links
from booking.office.meeting_links import LinkRefused
from booking.store import UnitOfWork
from booking.tasks import TaskKind, mark_done, open_tasks, owe_task, settle
from tests.booking.conftest import MONDAY, Office

SECURED = TaskKind.MEETING_NOT_SECURED


def owe(office: Office, name: str = "a", **other: object) -> bool:
    def work(uow: UnitOfWork) -> bool:
        return owe_task(uow, kind=SECURED, municipality="town", name=name, **other)  # type: ignore[arg-type]

    return office.desk.store.transact(work)


def test_the_same_matter_is_listed_once(office: Office) -> None:
    assert owe(office, detail={"error": "first"})
    assert not owe(office, detail={"error": "second"})
    (task,) = open_tasks(office.desk, municipality="town")
    assert (task.kind, task.error, task.created_at) == (SECURED, "first", MONDAY)
    assert tasks.count_open(office.desk) == 1


def test_done_is_done_with_a_name_and_comes_back_only_where_it_must(office: Office) -> None:
    owe(office)
    (task,) = open_tasks(office.desk, municipality=None)
    office.clock.forward(hours=1)
    mark_done(office.desk, task_id=task.id, by="maria", municipality="town")
    mark_done(office.desk, task_id=task.id, by="somebody else", municipality=None)
    with office.desk.store.read() as uow:
        row = uow.tasks.get(task.id)
    assert row is not None
    assert (row.done_by, row.done_at) == ("maria", office.clock.now)
    assert not owe(office)
    assert open_tasks(office.desk, municipality="town") == ()
    assert owe(office, again=True)
    assert len(open_tasks(office.desk, municipality="town")) == 1


def test_another_municipality_sees_and_does_nothing(office: Office) -> None:
    owe(office)
    (task,) = open_tasks(office.desk, municipality="town")
    assert open_tasks(office.desk, municipality="village") == ()
    for task_id in (task.id, task.id + 1):
        with pytest.raises(NotOffered):
            mark_done(office.desk, task_id=task_id, by="x", municipality="village")
    assert tasks.count_open(office.desk, municipality="town") == 1


def test_a_matter_that_settles_itself_needs_nobody(office: Office) -> None:
    owe(office)
    assert office.desk.store.transact(lambda uow: settle(uow, name="a"))
    assert not office.desk.store.transact(lambda uow: settle(uow, name="a"))
    assert tasks.count_open(office.desk) == 0


def test_a_link_can_only_be_given_to_a_teleconference_of_the_own_office(office: Office) -> None:
    booking = office.book(office.free()[0].start).booking

    def give(url: str, municipality: str) -> None:
        account = accounts.Account("x", "staff", "Χ", municipality)
        meeting_links.give_link(office.desk, reference=booking.reference, url=url, account=account)

    with pytest.raises(NotOffered):
        give("https://meet.example.gr/1", "village")
    with pytest.raises(WrongState):
        give("https://meet.example.gr/1", "town")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:1",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "//teams.example/1",
        "http://teams.example/1",
        "https://",
        "https://user:password@teams.example/1",
        "https://teams.microsoft.com\\@evil.example/1",
        "https://teams.example/\u202egnp.exe",
        "https://teams.example/1\x00",
        "https://teams.example/ 1",
        "https://teams.example/" + "a" * 2000,
        "http://127.0.0.1:8000/1",  # the citizen's own machine
        "http://localhost/1",
    ],
)
def test_what_a_citizen_must_not_be_sent_to_is_no_meeting_link(office: Office, url: str) -> None:
    town = accounts.Account("x", "staff", "Χ", "town")
    booking = office.book(office.free()[0].start).booking
    settings = replace(office.desk.settings, public_url="https://rantevou.example.gr")
    with pytest.raises(LinkRefused):
        meeting_links.give_link(
            replace(office.desk, settings=settings),
            reference=booking.reference,
            url=url,
            account=town,
        )


_RUNS = itertools.count()
_ACTS = st.lists(
    st.tuples(st.sampled_from(["owe", "again", "done", "settle"]), st.sampled_from("abc")),
    max_size=20,
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=_ACTS)
def test_what_is_open_is_what_was_owed_and_not_done(
    office: Office, acts: list[tuple[str, str]]
) -> None:
    run = next(_RUNS)
    state: dict[str, bool] = {}  #: by name, whether it is open
    for act, letter in acts:
        name = f"{run}-{letter}"
        if act in {"owe", "again"}:
            reopens = act == "again" and state.get(name) is False
            assert owe(office, name, again=act == "again") is (name not in state or reopens)
            if name not in state or reopens:
                state[name] = True
        elif act == "settle":
            settled = office.desk.store.transact(lambda uow, name=name: settle(uow, name=name))
            assert settled is state.get(name, False)
            state.update({name: False} if name in state else {})
        else:
            for task_id in ids(office, {name}):
                mark_done(office.desk, task_id=task_id, by="x", municipality=None)
                state[name] = False
    assert len(ids(office, set(state))) == sum(state.values())


def ids(office: Office, names: set[str]) -> list[int]:
    with office.desk.store.read() as uow:
        return [row.id for row in uow.tasks.open(municipality=None) if row.name in names]
