"""What administrators are told about calendars that call: page, numbers, doctor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from booking.subscriptions.status import counts
from booking_web.app import create_app
from booking_web.cli import doctor
from connectors.contract import Finding
from connectors.errors import Rejected
from connectors.memory import MemoryConnector
from tests.booking_web.calling import Called, calling
from tests.booking_web.desk import with_settings
from tests.booking_web.pages import sign_in


@pytest.fixture
def called(tmp_path: Path) -> Iterator[Called]:
    made = calling(tmp_path)
    sign_in(made.client, "admin", area="/admin/")
    yield made
    made.home.desk.store.close()


def page(called: Called, *, language: str = "el") -> str:
    mailbox = called.home.mailboxes()[0]
    path = f"/admin/mailboxes/{called.home.mailbox_id(mailbox.address)}?lang={language}"
    return called.client.get(path).text


def found(called: Called) -> list[Finding]:
    return list(doctor._calls(called.home.desk))


def test_the_page_of_a_mailbox_says_whether_it_calls_since_when_and_until_when(
    called: Called,
) -> None:
    assert "Όχι, διαβάζεται περιοδικά" in page(called)
    called.tend()
    told = page(called)
    assert "Ναι, έως" in told
    assert "Τελευταία ειδοποίηση" not in told
    for each in called.memory.held:
        path = each.told.notification_url.removeprefix("https://rantevou.example.gr")
        called.deliver(called.memory.notice(each), path=path)
    assert "Τελευταία ειδοποίηση" in page(called)
    assert "Yes, until" in page(called, language="en")
    called.home.clock.forward(days=7)
    sign_in(called.client, "admin", area="/admin/")
    assert "Όχι ακόμη" in page(called)


def test_what_keeps_a_calendar_from_calling_is_told_with_its_remedy(called: Called) -> None:
    for _ in called.home.mailboxes():
        called.memory.fail_next("subscribe", Rejected("the address was not reached"))
    called.tend()
    told = page(called)
    assert "Όχι ακόμη" in told
    assert "RANTEVOU_NOTIFICATION_URL" in told
    assert "the address was not reached" in told
    wrong = [each for each in found(called) if not each.ok]
    assert len(wrong) == len(called.home.mailboxes())
    assert {each.detail for each in wrong} == {"the address was not reached"}
    assert all("/notifications/" in each.remedy for each in wrong)


def test_the_doctor_says_when_calendars_could_call_and_are_not_asked_to(called: Called) -> None:
    called.tend()
    (fine,) = found(called)
    number = len(called.home.mailboxes())
    assert fine.ok
    assert fine.detail.startswith(f"{number} of {number} calendars call us")
    for url, word in (("", "not set"), ("http://127.0.0.1:8000", "is not https")):
        called.home.desk = with_settings(called.home.desk, notification_url=url)
        (wrong,) = found(called)
        assert wrong.ok is not bool(url)  # polling alone is slower and as right
        assert word in wrong.detail
        assert "https" in wrong.remedy
    called.home.desk.calendars.memory = MemoryConnector()  # type: ignore[attr-defined]
    assert found(called) == []


def test_the_numbers_count_those_that_call_and_those_that_fail(called: Called) -> None:
    called.memory.fail_next("subscribe", Rejected("no"))
    called.tend()
    with called.home.desk.store.read() as uow:
        told = counts(uow)
    number = len(called.home.mailboxes())
    assert (told.wanted, told.active, told.failing) == (number, number - 1, 1)
    desk = with_settings(called.home.desk, metrics_token="t")
    answer = create_app(desk).test_client().get("/metrics", headers={"Authorization": "Bearer t"})
    assert f"rantevou_subscriptions_active {number - 1}\n" in answer.text
    assert "rantevou_subscriptions_failing 1\n" in answer.text
