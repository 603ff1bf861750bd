"""Who books: what a service asks for before anybody may, and what a register has told already."""

from __future__ import annotations

from booking.model import Applicant, BookingRequest, EmailUnproved, SignInRequired
from booking.settings import Settings
from mapping.model import Municipality, QuestionKind, Service, SignIn


def sign_in_of(
    settings: Settings, municipality: Municipality, service: Service | None = None
) -> SignIn:
    """Whether citizens sign in: as the service says, else the municipality, else the installation.

    Without ``service``, of the municipality as a whole: required where nothing of it can be booked
    otherwise, offered where something asks for it.
    """
    if service is not None:
        return service.sign_in or municipality.sign_in or settings.sign_in
    asked = {sign_in_of(settings, municipality, each) for each in municipality.services}
    if not asked:
        return municipality.sign_in or settings.sign_in
    if asked == {SignIn.REQUIRED}:
        return SignIn.REQUIRED
    return SignIn.OFF if asked == {SignIn.OFF} else SignIn.OFFERED


def can_sign_in(settings: Settings) -> bool:
    """Whether a register knows this installation, so that anybody can sign in at all."""
    return bool(settings.gsis_client_id)


def proves_email(municipality: Municipality, applicant: Applicant | None) -> bool:
    """Whether the mail address has to be proved before the booking."""
    return municipality.verify_email and applicant is None


def refuse_unknown(
    settings: Settings, municipality: Municipality, service: Service, request: BookingRequest
) -> None:
    """Raises SignInRequired and EmailUnproved; a clerk who books has seen who asks."""
    if request.clerk or request.applicant is not None:
        return
    refuse_stranger(settings, municipality, service, email_proved=request.email_proved)


def refuse_stranger(
    settings: Settings, municipality: Municipality, service: Service, *, email_proved: bool = False
) -> None:
    """The same, of somebody who has not signed in."""
    if sign_in_of(settings, municipality, service) is SignIn.REQUIRED:
        raise SignInRequired("this service is booked by whoever has signed in on its page")
    if proves_email(municipality, None) and not email_proved:
        raise EmailUnproved("the mail address has to be proved first, on the page of the service")


def told(service: Service, applicant: Applicant | None) -> dict[str, str]:
    """Fields of the form ("name", keys of questions) that the register has answered for whoever
    is served; empty where somebody else is.

    A service may ask for several tax numbers: the first one is the visitor's own.
    """
    if applicant is None or applicant.for_other:
        return {}
    answered = {"name": applicant.name}
    own = next((each for each in service.questions if each.kind is QuestionKind.AFM), None)
    if own is not None:
        answered[own.key] = applicant.afm
    return answered
