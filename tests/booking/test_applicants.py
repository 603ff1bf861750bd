"""Who may book: whoever a service asks to sign in, and what the register's answer replaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from booking import applicants
from booking.model import Applicant, BookingState, EmailUnproved, FieldErrors, SignInRequired
from booking.settings import Settings
from mapping.model import LocalText as Text
from mapping.model import Municipality, Question, QuestionKind, SignIn
from tests.booking.conftest import Office
from tests.booking.forms import CITIZEN
from tests.booking.town import town

EFTYCHIA = Applicant(name="ΕΥΤΥΧΙΑ ΒΑΒΟΥΛΑ", afm="068933130")
OFF, OFFERED, REQUIRED = SignIn.OFF, SignIn.OFFERED, SignIn.REQUIRED


def asking(*, municipality: SignIn | None, services: tuple[SignIn | None, ...]) -> Municipality:
    made = town()
    only = made.services[0]
    return replace(
        made,
        sign_in=municipality,
        services=tuple(
            replace(only, key=f"s{number}", sign_in=each) for number, each in enumerate(services)
        ),
    )


@pytest.mark.parametrize(
    ("installation", "municipality", "service", "expected"),
    [
        (OFF, None, None, OFF),
        (OFFERED, None, None, OFFERED),
        (REQUIRED, OFFERED, None, OFFERED),
        (OFF, REQUIRED, None, REQUIRED),
        (REQUIRED, REQUIRED, OFF, OFF),
        (OFF, None, REQUIRED, REQUIRED),
    ],
)
def test_the_nearest_word_counts(
    installation: SignIn, municipality: SignIn | None, service: SignIn | None, expected: SignIn
) -> None:
    settings = replace(Settings(), sign_in=installation)
    made = asking(municipality=municipality, services=(service,))
    assert applicants.sign_in_of(settings, made, made.services[0]) is expected


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ((REQUIRED, REQUIRED), REQUIRED),
        ((REQUIRED, OFF), OFFERED),
        ((OFFERED, OFF), OFFERED),
        ((OFF, OFF), OFF),
        ((None, OFF), OFF),
    ],
)
def test_a_municipality_requires_it_where_all_of_its_services_do(
    services: tuple[SignIn | None, ...], expected: SignIn
) -> None:
    made = asking(municipality=None, services=services)
    assert applicants.sign_in_of(Settings(), made) is expected


def require(office: Office) -> None:
    settings = replace(office.desk.settings, sign_in=REQUIRED)
    office.desk = replace(office.desk, settings=settings)


def test_a_service_that_requires_it_is_not_booked_by_anybody_unknown(office: Office) -> None:
    require(office)
    with pytest.raises(SignInRequired):
        office.book(office.at(2, 9))
    assert office.all_events() == []
    by_clerk = office.book(office.at(2, 9), clerk="desk")
    assert by_clerk.booking.state is BookingState.CONFIRMED


def test_the_register_answers_for_name_and_tax_number(office: Office) -> None:
    """Whatever the form says, and as the register writes it."""
    require(office)
    done = office.book(
        office.at(2, 9),
        applicant=EFTYCHIA,
        citizen=replace(CITIZEN, name="Κάποιος Άλλος"),
        answers={"subject": "Πιστοποιητικό", "afm": "090000045"},
    )
    view = office.view(done.booking.id)
    assert view.citizen.name == "ΕΥΤΥΧΙΑ ΒΑΒΟΥΛΑ"
    assert view.answers["afm"] == "068933130"
    assert view.applicant == EFTYCHIA


def test_for_another_person_the_form_says_who_and_the_applicant_is_kept(office: Office) -> None:
    require(office)
    helper = replace(EFTYCHIA, for_other=True)
    view = office.view(office.book(office.at(2, 9), applicant=helper).booking.id)
    assert view.citizen.name == CITIZEN.name
    assert view.answers["afm"] == "090000045"
    assert view.applicant == helper
    with pytest.raises(FieldErrors) as refused:
        office.book(
            office.at(2, 9, 40), "other", applicant=helper, citizen=replace(CITIZEN, name="")
        )
    assert set(refused.value.errors) == {"name"}


def test_of_several_tax_numbers_the_first_is_the_visitors_own() -> None:
    service = town().services[0]
    spouse = Question("spouse", QuestionKind.AFM, Text("ΑΦΜ συζύγου"))
    service = replace(service, questions=(*service.questions, spouse))
    assert applicants.told(service, EFTYCHIA) == {"name": EFTYCHIA.name, "afm": EFTYCHIA.afm}
    assert applicants.told(service, replace(EFTYCHIA, for_other=True)) == {}
    assert applicants.told(service, None) == {}


def test_a_tax_number_of_the_register_is_not_judged(office: Office) -> None:
    """Numbers of a register's test environment have no right check digit, and nobody could
    correct them."""
    trial = replace(EFTYCHIA, afm="123456789")
    view = office.view(office.book(office.at(2, 9), applicant=trial).booking.id)
    assert view.answers["afm"] == "123456789"


def test_an_unproved_address_books_nothing_where_it_has_to_be_proved(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(replace(town(), verify_email=True))
    with pytest.raises(EmailUnproved):
        office.book(office.at(2, 9))
    assert office.all_events() == []
    assert office.book(office.at(2, 9), "a", email_proved=True).booking.reference
    assert office.book(office.at(2, 9, 40), "b", applicant=EFTYCHIA).booking.reference
    assert office.book(office.at(2, 10, 20), "c", clerk="desk").booking.reference
