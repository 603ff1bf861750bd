"""Scenes of the office: staff and administrators."""

from __future__ import annotations

from datetime import timedelta

from booking import managing
from booking.office import overview
from booking.store import UnitOfWork
from booking.tasks import TaskKind, owe_task
from connectors.contract import Period
from connectors.errors import TryLater
from tests.booking_web.citizen.test_flow import PRONOIA
from tests.booking_web.citizen.visitor import Visitor
from tests.booking_web.desk import PASSWORD
from tests.views.gallery import Stage, scene

LOST = "pronoia2@kalamata.example"


def _first(clerk: Visitor) -> str:
    """The time on the button of the first free one."""
    return str(clerk.html.cssselect("button[name=ora]")[0].get("value"))


@scene
def staff(stage: Stage) -> None:
    someone = stage.visitor().get("/staff/sign-in")
    stage.see("staff-sign-in", someone)
    stage.see("staff-sign-in-error", someone.press("Σύνδεση", user="x", password="y"), status=422)
    reference = stage.visitor().booked()
    clerk = stage.office("staff-kalamata")
    stage.see("staff-day", clerk.get("/staff/?imera=2027-01-12"))
    stage.see("staff-day-empty", clerk.get("/staff/?imera=2027-01-16"))
    stage.see("staff-booking", clerk.get(f"/staff/bookings/{reference}"))
    stage.see("staff-tasks-none", clerk.get("/staff/tasks"))
    stage.house.clock.forward(hours=9)
    stage.see("staff-booking-over", clerk.get(f"/staff/bookings/{reference}"))


@scene
def front_desk(stage: Stage) -> None:
    """Somebody on the telephone, or at the desk."""
    clerk = stage.office("staff-kalamata")
    stage.see("desk-find", clerk.get("/staff/find"))
    stage.see("desk-find-none", clerk.get("/staff/find?kodikos=KKK-KKK"), status=404)
    stage.see("desk-services", clerk.get("/staff/book"))
    clerk.follow("Επίδομα Στέγασης – Φυσική Παρουσία")
    stage.see("desk-times", clerk)
    stage.see("desk-times-later", clerk.get(f"{clerk.url}?imera=2027-01-16"))
    stage.see("desk-times-error", clerk.press("Συνέχεια στα στοιχεία"), status=422)
    clerk.press("Πρώτη ελεύθερη", ora=_first(clerk))
    stage.see("desk-details", clerk)
    stage.see("desk-details-error", clerk.press("Κράτηση", onoma="x"), status=422)
    caller = {
        "onoma": "Ελένη Δοκιμαστική",
        "tilefono": "2721012345",
        "d-housing-benefit": "no-first-time",
        "synainesi": str(clerk.html.get_element_by_id("synainesi").get("value")),
    }
    stage.see("desk-booked", clerk.press("Κράτηση", **caller), once=True)
    booking = clerk.url
    stage.see("desk-slip", clerk.get(f"{booking}/slip"), once=True)
    stage.see("desk-move", clerk.get(f"{booking}/move"))
    stage.see("desk-correct", clerk.get(f"{booking}/details"))
    stage.see("desk-correct-error", clerk.press("Αποθήκευση", tilefono="1"), status=422)
    stage.see("desk-cancel", clerk.get(f"{booking}/cancel"))
    stage.see("desk-cancelled", clerk.press("Ακύρωση του ραντεβού"), once=True)
    clerk.get("/staff/book").follow("Επίδομα Στέγασης – Φυσική Παρουσία")
    clerk.press("Πρώτη ελεύθερη", ora=_first(clerk))
    stage.house.clock.forward(minutes=11)
    for mailbox in PRONOIA:
        stage.house.busy(mailbox.address, hours=6)
    stage.see("desk-taken", clerk.press("Κράτηση", **caller), status=409, once=True)
    admin = stage.office("admin")
    stage.see("desk-municipalities", admin.get("/staff/book"))


@scene
def tasks_of_the_office(stage: Stage) -> None:
    found = managing.by_reference(stage.house.desk, reference=stage.visitor().booked())
    stage.work()
    mailbox = next(each for each in PRONOIA if each.address == found.mailbox)
    start = found.period.start - timedelta(hours=3)
    stage.house.memory.put_foreign(mailbox, Period(start, start + timedelta(hours=10)))
    stage.work()
    clerk = stage.office("staff-kalamata")
    (absence,) = stage.tasks("kalamata")
    stage.see("staff-absence", clerk.get(f"/staff/tasks/{absence.id}"))

    def owe(uow: UnitOfWork) -> None:
        for kind in TaskKind:
            owe_task(uow, municipality="kalamata", kind=kind, name=kind.value)

    stage.house.desk.store.transact(owe)
    stage.see("staff-tasks", clerk.get("/staff/tasks"))


@scene
def administration(stage: Stage) -> None:
    house = stage.house
    someone = stage.visitor().get("/admin/sign-in")
    stage.see("admin-sign-in", someone)
    stage.see(
        "admin-sign-in-error", someone.press("Σύνδεση", user="admin", password=PASSWORD[1:]),
        status=422,
    )  # fmt: skip
    house.memory.fail_next("create", TryLater("no answer", outcome_unknown=True))
    stage.visitor().at_check().press("Κράτηση")
    admin = stage.office("admin", area="/admin/")
    stage.see("admin-outbox", admin.get("/admin/outbox"))
    house.memory.lose_mailbox(next(each for each in house.mailboxes() if each.address == LOST))
    house.read_calendars()
    overview.check_mailbox(house.desk, mailbox_id=house.mailbox_id(LOST))
    stage.see("admin-mailboxes", admin.get("/admin/"))
    stage.see("admin-mailboxes-none-found", admin.get("/admin/?q=nothing"))
    stage.see(
        "admin-mailbox", admin.get(f"/admin/mailboxes/{house.mailbox_id(PRONOIA[0].address)}")
    )
    stage.see("admin-mailbox-lost", admin.get(f"/admin/mailboxes/{house.mailbox_id(LOST)}"))
    stage.see("admin-servers", admin.get("/admin/servers"))
    stage.see("error-no-role", stage.office("staff-kavala").get("/admin/"), status=403)
