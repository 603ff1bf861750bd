"""What anybody may send to this site: API bodies, forms and notifications; never a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from booking_web.app import create_app
from tests.booking_web.citizen.visitor import MARIA, Visitor
from tests.booking_web.desk import house
from tests.fuzz.effort import quick, tries
from tests.fuzz.mutating import NUMBERS, SIGNS, TIMES, spoilt_bytes, spoilt_json

BOOKING: Final = {
    "service_id": "kalamata.housing-benefit",
    "channel": "in_person",
    "starts_at": "2027-01-13T10:30:00Z",
    "citizen": {"name": "Ελένη", "email": "eleni@example.gr", "phone": "690 123 4567"},
    "answers": {"afm": "090000045"},
    "declarations": {"housing-benefit": "no-first-time"},
    "consent_version": "1",
    "language": "el",
}
HOLD: Final = {name: BOOKING[name] for name in ("service_id", "channel", "starts_at")}
NOTICE: Final = {
    "value": [
        {
            "subscriptionId": "7f105c7d-2dc5-4530-97cd-4e7ae6534c07",
            "clientState": "secretClientState",
            "changeType": "created",
            "resource": "users/anna@kavala.example/events/AAMk",
            "subscriptionExpirationDateTime": "2027-03-20T11:00:00.0000000Z",
            "resourceData": {"@odata.type": "#Microsoft.Graph.Event", "id": "AAMk"},
            "tenantId": "84bd8158",
        },
        {"subscriptionId": "a", "clientState": "b", "lifecycleEvent": "missed"},
    ]
}
_TEXTS: Final = (*SIGNS, *NUMBERS, *TIMES, "a" * 5_000, "x\r\nBcc: b@example.gr", "a@b\x00.gr")
#: A form's values as a browser can send them.
fields: Final = st.sampled_from(_TEXTS) | st.text(max_size=20)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    made = house(tmp_path_factory.mktemp("house"))
    yield create_app(made.desk).test_client()
    made.desk.store.close()


def sendable(value: Any) -> bytes:
    """JSON as it can travel; halves of characters as escapes."""
    return json.dumps(value).encode()


bodies: Final = st.one_of(
    spoilt_json((BOOKING, HOLD, {"citizen": BOOKING["citizen"]}), tuple(BOOKING.values())).map(
        sendable
    ),
    spoilt_bytes((json.dumps(BOOKING, ensure_ascii=False),), ('"a": NaN', "{", "[" * 3_000)),
)
#: Where bodies are read; none of these keys and bookings exists.
ADDRESSES: Final = (
    ("POST", "/api/v1/holds"),
    ("POST", "/api/v1/bookings"),
    ("PATCH", "/api/v1/bookings/AAA-AAA"),
    ("POST", "/api/v1/bookings/AAA-AAA/cancel"),
)


@tries(100)
@given(where=st.sampled_from(ADDRESSES), body=bodies)
def test_no_body_crashes_the_api(client: FlaskClient, where: tuple[str, str], body: bytes) -> None:
    method, path = where
    headers = {"Idempotency-Key": "k" * 20, "Authorization": "Bearer " + "x" * 43}
    answer = quick(
        lambda: client.open(
            path, method=method, data=body, content_type="application/json", headers=headers
        ),
    )
    assert answer.status_code < 500, answer.text
    told = json.loads(answer.data)
    assert answer.status_code < 300 or told["status"] == answer.status_code
    assert told.get("detail", "x")


@tries(100)
@given(
    body=spoilt_json((NOTICE,)).map(sendable) | spoilt_bytes((json.dumps(NOTICE),), ("[" * 3_000,))
)
@pytest.mark.parametrize("path", ["/notifications/graph", "/notifications/graph/lifecycle"])
def test_no_notification_crashes_the_address_that_calendars_call(
    client: FlaskClient, path: str, body: bytes
) -> None:
    answer = quick(lambda: client.post(path, data=body, content_type="application/json"))
    # Whoever calls learns nothing: taken, or malformed.
    assert answer.status_code in {202, 400, 413}
    assert answer.status_code == 202 or b"secretClientState" not in answer.data


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Visitor:
    """A citizen who fills in the details."""
    made = house(tmp_path_factory.mktemp("pages"))
    citizen = Visitor(create_app(made.desk, audiences=(("booking_web.citizen", True),)))
    return citizen.at_details()


@tries(60)
@given(
    changed=st.dictionaries(st.sampled_from([*MARIA, "q-afm", "synainesi", "csrf"]), fields),
    more=st.dictionaries(fields, fields, max_size=2),
)
def test_no_form_crashes_the_page_of_details(
    visitor: Visitor, changed: dict[str, str], more: dict[str, str]
) -> None:
    form = {**dict(visitor._form_of("Συνέχεια").form_values()), **MARIA, **more, **changed}
    sent = {
        name.encode("utf-8", "replace").decode(): value.encode("utf-8", "replace").decode()
        for name, value in form.items()
        if name
    }
    answer = quick(lambda: visitor.client.post(visitor.url, data=sent))
    assert answer.status_code in {302, 303, 400, 422}
    if answer.status_code in {302, 303}:
        # What was taken is shown on the next page, as text.
        page = visitor.client.get(answer.headers["Location"])
        assert page.status_code == 200
        assert "\x00" not in page.text


@tries(80)
@given(name=st.sampled_from(("imera", "minas", "zoni", "lang", "ora")), value=fields)
def test_no_address_crashes_the_calendar(visitor: Visitor, name: str, value: str) -> None:
    page = visitor.url.replace("/details", "/slot")
    value = value.encode("utf-8", "replace").decode()
    answer = quick(lambda: visitor.client.get(page, query_string={name: value}))
    assert answer.status_code == 200
