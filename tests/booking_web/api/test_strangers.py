"""What the API does not book: it cannot sign anybody in, nor prove whose a mail address is."""

from __future__ import annotations

from pathlib import Path

from booking_web.app import create_app
from mapping.model import SignIn
from tests.booking_web.api.conftest import HOUSING, Api
from tests.booking_web.desk import House, house, with_settings


def test_a_service_that_is_booked_by_whoever_signed_in(home: House) -> None:
    plain = Api(create_app(home.desk).test_client())
    assert plain.services()[HOUSING]["sign_in"] == "off"
    required = with_settings(home.desk, sign_in=SignIn.REQUIRED)
    api = Api(create_app(required).test_client())
    assert api.services()[HOUSING]["sign_in"] == "required"
    slot = {"service_id": HOUSING, "channel": "in_person", "starts_at": api.slots()[0]}
    for answer in (api("POST", "/holds", json=slot), api.book()):
        assert answer.status_code == 403
        assert answer.get_json()["type"].endswith("/sign-in-required")
        assert "page of the service" in answer.get_json()["detail"]
    assert slot["starts_at"] in api.slots()  # nothing is kept, nothing is booked


def test_a_municipality_that_has_mail_addresses_proved(tmp_path: Path) -> None:
    def proving(text: str) -> str:
        return text.replace("\nopening_hours:", "\nverify_email: true\nopening_hours:", 1)

    api = Api(create_app(house(tmp_path, edit=proving).desk).test_client())
    assert api.services()[HOUSING]["proves_email"] is True
    answer = api.book()
    assert answer.status_code == 403
    assert answer.get_json()["type"].endswith("/email-unproved")
