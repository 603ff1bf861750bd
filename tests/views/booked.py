"""Scenes of an appointment that was booked: looked at, changed, cancelled, let down, joined."""

from __future__ import annotations

import re
from datetime import timedelta

from booking import managing
from tests.booking_web.citizen.test_earlier import Street
from tests.booking_web.citizen.test_flow import PRONOIA
from tests.booking_web.citizen.visitor import Visitor
from tests.views.choosing import booked_at_kavala
from tests.views.gallery import Stage, scene


@scene
def appointment(stage: Stage) -> None:
    one = stage.visitor()
    reference = one.booked()
    url = f"/booking/{reference}"
    stage.see("appointment", one.get(url))
    stage.see("appointment-print", one.get(f"{url}/print"))
    stage.see("change", one.get(f"{url}/reschedule"))
    stage.see("change-error", one.press("Συνέχεια"), status=422)
    stage.see("change-details", one.get(f"{url}/reschedule/details"))
    stage.see("cancel", one.get(f"{url}/cancel"))
    stage.see("cancelled", one.press("Ναι, ακύρωση"))
    stage.see("cancelled-undone", one.press("Αναίρεση"))
    one.get(f"{url}/cancel").press("Ναι, ακύρωση")
    stage.work(seconds=3600)
    stage.see("cancelled-for-good", one.get(url))


@scene
def by_mail(stage: Stage) -> None:
    booker, one = stage.visitor(), stage.visitor()
    booker.booked()
    stage.work()
    links = re.findall(r"https://rantevou\.example\.gr(/r/\S+)", stage.post.sent[-1].text)
    one.get(next(each for each in links if each.endswith("/cancel")))
    stage.see("cancel-by-mail", one)
    stage.see("cancel-by-mail-error", one.press("Ναι, ακύρωση"), status=422)


@scene
def meeting(stage: Stage) -> None:
    one = stage.visitor()
    reference = booked_at_kavala(one)
    url = f"/booking/{reference}"
    stage.see("confirmation-meeting", one)
    stage.see("appointment-meeting", one.get(url))
    stage.see("change-channel", one.get(f"{url}/reschedule/channel"))
    stage.see("change-to-in-person", one.press("Συνέχεια", kanali="in_person"))
    stage.see("join-early", one.get(f"{url}/join"))
    stage.see("join-error", one.press("Συνέχεια στη συνάντηση"), status=422)
    one.press("Συνέχεια στη συνάντηση", katagrafi="1")
    stage.see("join-early-acknowledged", one)
    start = managing.by_reference(stage.house.desk, reference=reference).period.start
    stage.house.clock.at = start - timedelta(minutes=5)
    stage.see("join", one.get(f"{url}/join"))
    stage.house.clock.at = start + timedelta(hours=3)
    stage.see("appointment-over", one.get(url))


@scene
def waiting_for_an_earlier_time(stage: Stage) -> None:
    street = Street(stage.house, stage.app)
    one = street.maria.get(f"/booking/{street.reference}")
    stage.see("appointment-can-wait", one)
    stage.see("earlier", one.follow("Ειδοποιήστε με αν ελευθερωθεί νωρίτερη ώρα"))
    stage.see("appointment-waits", one.press("Ειδοποιήστε με"))
    stage.see("earlier-waits", one.follow("Αλλαγή ή διακοπή της αναμονής"))
    street.given_up()
    stage.see("appointment-offered", one.get(f"/booking/{street.reference}"))
    stage.see("earlier-declined", one.press("Όχι, ευχαριστώ"))


@scene
def let_down(stage: Stage) -> None:
    """Deleted by staff, then another one in conflict: what is kept for the citizen."""
    one = stage.visitor()
    found = managing.by_reference(stage.house.desk, reference=one.booked())
    stage.work()
    for mailbox in PRONOIA:
        for event in stage.house.memory.events(mailbox):
            if event.key is not None and event.key.startswith(found.id):
                stage.house.memory.remove(mailbox, event.ref.id)
    stage.work()
    stage.work(seconds=601)
    url = f"/booking/{found.reference}"
    stage.see("released", one.get(url))
    stage.see("released-change", one.get(f"{url}/reschedule"))
    stage.see("accepted", take_first_kept(one.get(url)))
    found = managing.by_reference(stage.house.desk, reference=found.reference)
    stage.work()
    for mailbox in PRONOIA:
        stage.house.memory.put_foreign(mailbox, found.period)
    stage.work()
    stage.see("conflict", one.get(url))
    stage.house.clock.forward(hours=25)
    stage.see("conflict-nothing-kept", one.get(url))


def take_first_kept(one: Visitor) -> Visitor:
    button = one.html.cssselect(".rv-kept button")[0]
    return one.press(button.text_content(), ora=button.get("value"))
