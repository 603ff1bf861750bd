"""What the doctor says where citizens are asked to sign in."""

from __future__ import annotations

from dataclasses import replace

from booking.settings import Settings
from booking_web.cli.sign_in import examine
from mapping.model import SignIn
from tests.booking.town import town

REGISTERED = replace(Settings(), gsis_client_id="RANTEVOU", gsis_client_secret="secret")


def test_nothing_is_said_where_nobody_is_asked() -> None:
    assert list(examine(Settings(), [town()])) == []


def test_required_without_a_client_is_wrong_and_says_what_to_do() -> None:
    asking = replace(town(), sign_in=SignIn.REQUIRED)
    (finding,) = examine(replace(Settings(), public_url="https://r.example.gr"), [asking])
    assert not finding.ok
    assert finding.detail == "town required, but no client is set: citizens cannot book there"
    assert "https://r.example.gr/taxisnet/callback" in finding.remedy
    offered = replace(town(), sign_in=SignIn.OFFERED)
    (finding,) = examine(Settings(), [offered])
    assert "is not shown" in finding.detail


def test_registered_and_safe_is_right() -> None:
    asking = replace(town(), sign_in=SignIn.REQUIRED)
    (finding,) = examine(REGISTERED, [asking])
    assert finding.ok
    plain = replace(REGISTERED, gsis_token_url="http://gsis.example/token")
    wrong = [each for each in examine(plain, [asking]) if not each.ok]
    assert [each.name for each in wrong] == ["RANTEVOU_GSIS_TOKEN_URL"]
    # A stand-in on this machine.
    local = replace(REGISTERED, gsis_token_url="http://127.0.0.1:8006/token")
    assert all(each.ok for each in examine(local, [asking]))
