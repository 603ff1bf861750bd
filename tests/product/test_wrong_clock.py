"""The whole product by a clock that is a quarter of an hour off, its database by the right one.

The clock of this machine is left alone: libfaketime stands between each process and the kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.product.product import Product, booking_body, until
from tests.product.test_faults import state_of
from tests.servers.postgres import create_database, drop_database

SECONDS = 120


def shifted_clock(by: str) -> dict[str, str]:
    """Environment in which a process and its children see this clock (libfaketime's README)."""
    spec = find_spec("libfaketime")
    assert spec is not None
    assert spec.origin is not None
    library = Path(spec.origin).parent / "vendor/libfaketime/src/libfaketime.so.1"
    assert library.exists(), library
    return {"LD_PRELOAD": str(library), "FAKETIME": by, "DONT_FAKE_MONOTONIC": "1"}


@pytest.fixture(scope="module", params=["+15m", "-15m"], ids=["ahead", "behind"])
def product(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres_server: str
) -> Iterator[Product]:
    name = f"clock_{'ahead' if request.param[0] == '+' else 'behind'}"
    url = create_database(postgres_server, name)
    settings = {**shifted_clock(request.param), "RANTEVOU_DATABASE_URL": url}
    running = Product(tmp_path_factory.mktemp(name) / "var", **settings)
    running.start(seconds=150)
    yield running
    running.stop()
    drop_database(postgres_server, name)


def now() -> datetime:
    """By the clock that is right, which is the database's as well."""
    return datetime.now(UTC)


def test_its_processes_have_the_wrong_time(product: Product) -> None:
    told = parsedate_to_datetime(product.api("GET", "/municipalities").headers["Date"])
    assert timedelta(minutes=13) < abs(told - now()) < timedelta(minutes=17)


def test_a_hold_lasts_as_it_should_and_becomes_a_booking(product: Product) -> None:
    service = product.service("kalamata", "Ελάχιστο")
    wanted = product.slots(service, "in_person")[3]
    slot = {"service_id": service["id"], "channel": "in_person", "starts_at": wanted}
    begin = now()
    hold = product.api("POST", "/holds", json=slot)
    assert hold.status_code == 201, hold.text
    left = datetime.fromisoformat(hold.json()["expires_at"]) - begin
    assert timedelta(minutes=8) < left < timedelta(minutes=12)

    body = {
        name: value
        for name, value in booking_body(service, "in_person", wanted).items()
        if name not in slot
    }
    body["hold_id"] = hold.json()["hold_id"]
    answer = product.api("POST", "/bookings", headers={"Idempotency-Key": "a"}, json=body)
    assert answer.status_code in {201, 202}, answer.text
    booking = answer.json()
    until(
        lambda: state_of(product, booking) == "confirmed",
        seconds=SECONDS,
        what="it is confirmed by whoever comes first, at once",
    )
    (event,) = [
        event
        for calendar in product.calendars("kalamata").values()
        for event in calendar.events_of(booking["reference"])
    ]
    assert event.start == datetime.fromisoformat(wanted)


def test_nothing_of_the_past_is_offered(product: Product) -> None:
    """… and something of the future: every calendar counts as read a moment ago."""
    service = product.service("kalamata", "Ελάχιστο")
    today = now().astimezone(ZoneInfo("Europe/Athens")).date()
    answer = product.api(
        "GET",
        f"/services/{service['id']}/availability",
        params={
            "channel": "in_person",
            "from": today.isoformat(),
            "to": (today + timedelta(days=14)).isoformat(),
        },
    )
    starts = [datetime.fromisoformat(each["starts_at"]) for each in answer.json()["slots"]]
    assert starts
    assert min(starts) > now()
