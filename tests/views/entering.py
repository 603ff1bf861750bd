"""Scenes of who somebody is: TAXISnet, the proof of a mail address, a booking found again."""

from __future__ import annotations

from booking import managing
from mapping.model import SignIn
from tests.booking_web.citizen.registered import at_register, registered, sign_in, staged
from tests.booking_web.citizen.test_proving import code_in, delivered, link_in, other, proving
from tests.booking_web.citizen.visitor import HOUSING, MARIA
from tests.views.gallery import Stage, remembering, scene, scene_where

REACHED = {"email": MARIA["email"], "tilefono": MARIA["tilefono"], "synainesi": "1"}


@scene
def signing_in(stage: Stage) -> None:
    with registered(stage.house) as gsis:
        stage.app = remembering(staged(stage.house, gsis, SignIn.OFFERED).app)
        one = stage.visitor()
        stage.see("taxisnet", one.get("/taxisnet?to=/d/kalamata/"))
        stage.see("taxisnet-denied", one.get(at_register(one, None)), once=True)
        stage.see("taxisnet-failed", one.get("/taxisnet/callback?code=abc"), status=403)
        sign_in(one)
        stage.see("declaration-signed-in", one)
        one.press("Συνέχεια", apantisi="no-first-time")
        stage.see("details-signed-in", one.press("Συνέχεια", ora=one.times()[0]))
        stage.see("details-for-whom-error", one.press("Συνέχεια", **REACHED), status=422)
        one.press("Συνέχεια", **REACHED, gia="allon", onoma="Νίκος Βάβουλας")
        stage.see("check-for-another", one)
        one.get(f"{HOUSING}/details").press("Συνέχεια", **REACHED, gia="emena")
        stage.see("check-signed-in", one)
        stage.see("confirmation-signed-in", one.press("Κράτηση"))
        stage.see("find-signed-in", one.get("/booking/find"))
        one.press("Έξοδος")
        stage.see("taxisnet-left", one)
        stage.app = remembering(staged(stage.house, gsis, SignIn.REQUIRED).app)
        stage.see("taxisnet-required", stage.visitor().get("/d/kalamata/"))


@scene_where(proving)
def proving_an_address(stage: Stage) -> None:
    one, there = stage.visitor().at_check(), stage.visitor()
    stage.see("prove-address", one)
    mail = delivered(stage.house)
    one.press("Συνέχεια", kodikos=other(code_in(mail)))
    stage.see("prove-address-error", one, status=422)
    stage.see("prove-link", there.get(link_in(mail)))
    stage.see("prove-link-error", there.press("Συνέχεια", psifia="999"), status=422)
    there.press("Συνέχεια", psifia="567")
    stage.see("check-elsewhere", there)
    stage.see("prove-moved", one.get(f"{HOUSING}/email"), status=one.status)
    there.press("Κράτηση")
    stage.see("prove-lapsed", stage.visitor().get(link_in(mail)), status=404)


@scene
def finding(stage: Stage) -> None:
    reference = stage.visitor().booked()
    one = stage.visitor()
    stage.see("find-after-session", one.get(f"/booking/{reference}"), status=403)
    stage.see("find", one.get("/booking/find"))
    stage.see("find-error", one.press("Συνέχεια", kodikos="", stoixeio=""), status=422)
    one.press("Συνέχεια", kodikos="AAA-AAA", stoixeio=MARIA["email"])
    stage.see("find-none", one, status=422)


@scene
def own_data(stage: Stage) -> None:
    one = stage.visitor()
    reference = one.booked()
    url = f"/booking/{reference}"
    stage.see("my-data", one.get(f"{url}/data"))
    stage.see("erase", one.get(f"{url}/erase"))
    one.press("Ναι, διαγραφή")
    stage.see("erase-cancelled", one.get(url))
    one.press("Αναίρεση της ακύρωσης")
    found = managing.by_reference(stage.house.desk, reference=reference)
    stage.house.clock.at = found.period.end
    stage.house.clock.forward(minutes=1)
    stage.see("erase-at-once", one.get(f"{url}/erase"))
    stage.see("erased", one.press("Ναι, διαγραφή"))
