"""Promises about many who work at the same time: threads, and children of one process."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor

from connectors.conformance.checks import holds, same
from connectors.conformance.office import Office, new_key
from connectors.conformance.promises import not_live
from connectors.contract import RemoteEvent
from connectors.errors import TryLater


def promise_eight_at_once_make_one_event(office: Office) -> None:
    """Eight who send the same key at once make one event."""
    key = new_key()
    barrier = threading.Barrier(8)

    def one(_: int) -> RemoteEvent | Exception:
        barrier.wait()
        try:
            return office.create(office.times.at(15, 9), key=key)
        except TryLater as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    made = {answer.ref.id for answer in answers if isinstance(answer, RemoteEvent)}
    same(office.staff.events(), 1, "number of events")
    same(len(made), 1, "number of ids answered")


@not_live
def promise_a_connector_used_before_a_fork_works_after_it(office: Office) -> None:
    """A connector that was used before a fork works after it, in parent and children."""
    office.create(office.times.at(15, 9))
    context = multiprocessing.get_context("fork")
    children = [
        context.Process(target=_create_in_child, args=(office, new_key())) for _ in range(3)
    ]
    for child in children:
        child.start()
    office.create(office.times.at(15, 10))
    for child in children:
        child.join(30)
    same([child.exitcode for child in children], [0, 0, 0], "exit codes of the children")
    holds(office.find(new_key()) is None, "an event that nobody created is found")


def promise_another_process_sees_the_same(office: Office) -> None:
    """Another connector with the same account sees the same."""
    key = new_key()
    created = office.create(office.times.at(15, 9), key=key)
    same(office.find(key, connector=office.another()), created, "the event that is found")


def promise_closing_does_not_end_it(office: Office) -> None:
    """A closed connector opens again by itself."""
    office.create(office.times.at(15, 9))
    office.connector.close()
    same(office.busy(), [office.times.at(15, 9)], "what takes time")


def _create_in_child(office: Office, key: str) -> None:
    event = office.create(office.times.at(16, 9), key=key)
    raise SystemExit(0 if office.get(event.ref.id).key == key else 1)
