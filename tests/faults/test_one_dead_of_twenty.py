"""One calendar server is a black hole: the other nineteen stay within their limits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from booking.bulkhead import Bulkhead
from booking.calendars import refresh, rounds, view
from booking.model import BookingState, Submission
from booking.offer import available
from booking.office import overview
from booking.office.secrets import set_secret
from connectors.caldav.connector import CalDavConnector
from connectors.contract import Connection, Connector, Period
from connectors.deadline import Deadline
from mapping.model import CalendarConnection, Channel, Municipality
from tests.booking.conftest import Office
from tests.booking.town import TUESDAY, town
from tests.faults.bounded import MARGIN
from tests.faults.conftest import tcp
from tests.servers.caldav_server import CalDavServer
from tests.servers.faultproxy import BLACK_HOLE, Fault, FaultProxy, fault_proxies

COUNT = 20
DEAD = 0  #: the number of the dead one
VIEW, PLACING = 0.3, 3.0  #: seconds that a page, and a booking, may wait for calendars
THREADS = 8  #: citizens at the same time, as many as the web process has threads


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


class ByAddress:
    """One connector for each server, made as the registry makes them."""

    def __init__(self) -> None:
        self.made: dict[str, CalDavConnector] = {}
        self._lock = threading.Lock()

    def connector(self, connection: Connection) -> Connector:
        with self._lock:
            if connection.url not in self.made:
                zone = ZoneInfo("Europe/Athens")
                self.made[connection.url] = CalDavConnector(connection, office_zone=zone)
            return self.made[connection.url]


@dataclass
class Twenty:
    office: Office
    wires: list[FaultProxy]

    def service(self, number: int) -> str:
        return f"town.papers{number}"

    def free(self, number: int) -> list[Period]:
        found = available(
            self.office.desk,
            service_id=self.service(number),
            channel=Channel.IN_PERSON,
            first=TUESDAY,
            last=TUESDAY,
        )
        return list(found.slots)

    def status(self) -> list[overview.MailboxStatus]:
        found = {each.address: each for each in overview.mailboxes(self.office.desk)}
        return [found[mailbox.address] for mailbox in self.office.town.mailboxes]

    def poll(self) -> float:
        """What one worker does with all that is due; how long it took."""
        began = time.monotonic()
        for batch in refresh.due(self.office.desk, limit=1000):
            rounds.poll(
                self.office.desk, mailbox_ids=batch.mailbox_ids, deadline=Deadline.after(60)
            )
        return time.monotonic() - began


def of_twenty(calendars: Sequence[str], homes: Sequence[str], user: str) -> Municipality:
    """A service for each mailbox, and each mailbox on a server of its own."""
    base = town(mailboxes=len(homes))
    (service,) = base.services
    return replace(
        base,
        services=tuple(
            replace(
                service,
                key=f"papers{number}",
                channels=tuple(
                    replace(channel, mailboxes=(base.mailboxes[number].address,))
                    for channel in service.channels
                ),
            )
            for number in range(len(homes))
        ),
        connections=tuple(
            CalendarConnection(
                f"server{number}",
                "caldav",
                url=home,
                user=user,
                secret="caldav",
                meeting_link="https://meet.example.gr/{room}",
                options={"allow_plain_http": "yes"},
            )
            for number, home in enumerate(homes)
        ),
        mailboxes=tuple(
            replace(mailbox, connection=f"server{number}", calendar=calendars[number])
            for number, mailbox in enumerate(base.mailboxes)
        ),
    )


@pytest.fixture
def twenty(
    radicale_server: CalDavServer,
    make_office: Callable[..., Office],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Twenty]:
    for name, seconds in (("_EACH", 1.5), ("_BRIEF", 0.5), ("_SILENCE", 0.4)):
        monkeypatch.setattr(rounds, name, seconds)
    monkeypatch.setattr(view, "_IN_BACKGROUND", 1.0)
    urls = [radicale_server.make_calendar() for _ in range(COUNT)]
    with fault_proxies(tcp(radicale_server), COUNT) as wires:
        user = radicale_server.user
        homes = [f"http://127.0.0.1:{wire.port}/{user}/" for wire in wires]
        calendars = [url.removeprefix(radicale_server.home) for url in urls]
        office = make_office(
            of_twenty(calendars, homes, user),
            view_deadline=timedelta(seconds=VIEW),
            placing_deadline=timedelta(seconds=PLACING),
        )
        made = ByAddress()
        office.desk = replace(office.desk, calendars=made, bulkhead=Bulkhead())
        set_secret(office.desk, name="caldav", value=radicale_server.password)
        office.clock.forward(seconds=1)
        office.read_all()
        yield Twenty(office, wires)
        for connector in made.made.values():
            connector.close()
    for url in urls:
        radicale_server.remove_calendar(url)


def side_by_side(calls: Sequence[Callable[[], Any]]) -> list[tuple[Any, float]]:
    """Answers (or exceptions) and seconds, as the threads of a web process give them."""
    answers: list[tuple[Any, float] | None] = [None] * len(calls)
    numbers = iter(range(len(calls)))

    def work() -> None:
        for number in numbers:
            began = time.monotonic()
            try:
                value = calls[number]()
            except Exception as error:  # noqa: BLE001 - the test judges it
                value = error
            answers[number] = value, time.monotonic() - began

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert None not in answers
    return [answer for answer in answers if answer is not None]


@pytest.mark.parametrize("fault", [BLACK_HOLE], ids=str)
def test_the_others_stay_within_their_limits(twenty: Twenty, fault: Fault) -> None:
    office = twenty.office
    slots = [twenty.free(number) for number in range(COUNT)]
    twenty.wires[DEAD].play(fault)
    office.clock.forward(seconds=11)  # so that every view looks again
    views = side_by_side([partial(twenty.free, number) for number in range(COUNT)])
    assert max(seconds for _, seconds in views) < VIEW + MARGIN
    assert [each for each, _ in views] == slots, "a replica is good for its ten minutes"

    # Citizens of the dead calendar come first and hold as many threads as they may.
    wanted = [(DEAD, slots[DEAD][nth]) for nth in range(4)]
    wanted += [(number, slots[number][0]) for number in range(1, COUNT)]
    booked = side_by_side(
        [
            partial(office.book, slot.start, f"key-{nth}", service_id=twenty.service(number))
            for nth, (number, slot) in enumerate(wanted)
        ]
    )
    assert max(seconds for _, seconds in booked) < PLACING + MARGIN
    states = [done.booking.state for done, _ in booked if isinstance(done, Submission)]
    assert states == [BookingState.PENDING] * 4 + [BookingState.CONFIRMED] * (COUNT - 1)

    for _ in range(3):
        office.clock.forward(seconds=40)
        assert twenty.poll() < rounds._EACH + 2 * MARGIN
        late = [n for n, each in enumerate(twenty.status()) if each.age != timedelta()]
        assert late == [DEAD]
    assert not twenty.status()[DEAD].readable

    twenty.wires[DEAD].heal()
    office.clock.forward(seconds=61)
    twenty.poll()
    assert twenty.status()[DEAD].readable
    office.settle(rounds=3)
    assert {office.view(done.booking.id).state for done, _ in booked} == {BookingState.CONFIRMED}
