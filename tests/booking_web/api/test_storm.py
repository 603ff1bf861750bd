"""Many clients at one real server: one slot has one winner, one key has one booking."""

from __future__ import annotations

import http.client
import json
import logging
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from booking_web.api.description import description
from booking_web.app import create_app
from connectors.contract import MailboxRef
from tests.booking_web.api.conftest import HOUSING, Api
from tests.booking_web.desk import House, house
from tests.booking_web.serving import serving
from tests.servers.postgres import create_database, drop_database

CLIENTS = 1000
AT_ONCE = 250  #: connections open at the same moment; each belongs to one client


def one_mailbox(text: str) -> str:
    return text.replace(
        "mailboxes: [pronoia1@kalamata.example, pronoia2@kalamata.example]",
        "mailboxes: [pronoia1@kalamata.example]",
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    if request.param == "sqlite":
        yield house(tmp_path, edit=one_mailbox)
        return
    server = request.getfixturevalue("postgres_server")
    name = f"storm_{uuid.uuid4().hex[:12]}"
    yield house(tmp_path, database_url=create_database(server, name), edit=one_mailbox)
    drop_database(server, name)


@pytest.fixture
def port(home: House) -> Iterator[int]:
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it tells the depth of its queue
    with serving(create_app(home.desk)) as number:
        yield number
    home.desk.store.close()


def post(port: int, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    connection.request("POST", "/api/v1/bookings", body=json.dumps(body), headers=headers)
    response = connection.getresponse()
    answer = response.status, json.loads(response.read())
    connection.close()
    return answer


def all_at_once(count: int, send: Callable[[int], tuple[int, Any]]) -> list[tuple[int, Any]]:
    """``send`` for each number from 0, ``AT_ONCE`` at a time behind one starting gun."""
    answers: list[tuple[int, Any]] = []
    threads = min(count, AT_ONCE)
    gun = threading.Barrier(threads)
    numbers = iter(range(count))
    lock = threading.Lock()

    def work() -> None:
        gun.wait(60)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            answer = send(number)
            with lock:
                answers.append(answer)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(300)
    return answers


def test_a_thousand_clients_for_one_slot(home: House, port: int) -> None:
    body = Api(create_app(home.desk).test_client()).body()
    bodies = [
        {**body, "citizen": {**body["citizen"], "email": f"citizen{number}@example.gr"}}
        for number in range(CLIENTS)
    ]
    answers = all_at_once(CLIENTS, lambda number: post(port, bodies[number], f"key-{number}"))
    assert Counter(status for status, _ in answers) == {201: 1, 409: CLIENTS - 1}
    refused = [told for status, told in answers if status == 409]
    schema = {"$ref": "#/components/schemas/Problem", "components": description()["components"]}
    validator = Draft202012Validator(schema)
    assert all(validator.is_valid(told) for told in refused)
    assert all(1 <= len(told["alternatives"]) <= 3 for told in refused)
    written = [
        event
        for mailbox in ("pronoia1", "pronoia2")
        for event in home.memory.events(_ref(f"{mailbox}@kalamata.example"))
    ]
    assert len(written) == 1


def test_fifty_identical_posts_with_one_key(home: House, port: int) -> None:
    body = Api(create_app(home.desk).test_client()).body()
    answers = all_at_once(50, lambda _: post(port, body, "the-same-key"))
    first = answers[0]
    assert first[0] == 201
    assert [answer for answer in answers if answer != first] == []
    assert len(home.memory.events(_ref("pronoia1@kalamata.example"))) == 1
    assert body["service_id"] == HOUSING


def _ref(address: str) -> MailboxRef:
    return MailboxRef(address, f"{address}/rantevou/")
