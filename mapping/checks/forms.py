"""What the citizen is asked: questions, declarations, consents, pages behind links."""

from __future__ import annotations

from collections.abc import Iterator

from mapping.checks.addresses import url_fault
from mapping.checks.names import is_key
from mapping.model import (
    Declaration,
    DeclarationAnswer,
    InfoPage,
    Municipality,
    Question,
    QuestionKind,
)
from mapping.problem import Path, Problem

#: Fields that every details form has; a question may not take their names.
FORM_FIELDS = ("name", "email", "phone", "consent")
PAGE_KINDS = (
    "about", "faq", "municipalities", "manual", "privacy", "contact", "accessibility", "other",
)  # fmt: skip
SECTIONS = ("contact", "additional")
MAX_ANSWER = 5_000


def check(municipality: Municipality) -> Iterator[Problem]:
    for index, service in enumerate(municipality.services):
        seen: set[str] = set()
        for number, question in enumerate(service.questions):
            path: Path = ("services", index, "questions", number)
            yield from _question(path, question)
            if question.key in seen:
                message = f"'{question.key}' is asked twice; choose another key"
                yield Problem((*path, "key"), message)
            seen.add(question.key)
    for index, declaration in enumerate(municipality.declarations):
        yield from _declaration(("declarations", index), declaration)
    for index, page in enumerate(municipality.info_pages):
        yield from _info_page(("info_pages", index), page)


def _question(path: Path, question: Question) -> Iterator[Problem]:
    if question.key in FORM_FIELDS:
        message = f"'{question.key}' is asked of everybody already; choose another key"
        yield Problem((*path, "key"), message)
    elif not is_key(question.key):
        message = "a key has small Latin letters, digits and single hyphens; write for example afm"
        yield Problem((*path, "key"), message)
    if question.section not in SECTIONS:
        message = f"'{question.section}' is no section; write {' or '.join(SECTIONS)}"
        yield Problem((*path, "section"), message)
    if not 1 <= question.max_length <= MAX_ANSWER:
        yield Problem((*path, "max_length"), f"write a number from 1 to {MAX_ANSWER}")
    if question.kind is not QuestionKind.CHOICE:
        if question.choices:
            message = f"choices belong to 'kind: choice', not to '{question.kind}'"
            yield Problem((*path, "choices"), message, relies_on=((*path, "kind"),))
    elif len(question.choices) < 2:
        message = "a choice needs at least two choices, each with value and label"
        yield Problem((*path, "choices"), message, relies_on=((*path, "kind"),))
    values = [choice.value for choice in question.choices]
    yield from _values((*path, "choices"), values)


def _declaration(path: Path, declaration: Declaration) -> Iterator[Problem]:
    answers = declaration.answers
    if len(answers) < 2:
        message = "a declaration needs at least two answers, each with value and label"
        yield Problem((*path, "answers"), message)
    elif not any(answer.bookable for answer in answers):
        message = "no answer leads to a booking; leave 'bookable' out of at least one"
        yield Problem((*path, "answers"), message)
    yield from _values((*path, "answers"), [answer.value for answer in answers])
    for index, answer in enumerate(answers):
        yield from _answer((*path, "answers", index), answer)


def _answer(path: Path, answer: DeclarationAnswer) -> Iterator[Problem]:
    if not answer.bookable and not answer.outcome.el:
        message = "this answer ends the booking; write under 'outcome' why, and what to do instead"
        yield Problem((*path, "outcome"), message)
    if not answer.bookable and answer.confirmation.el:
        message = "an answer that ends the booking has nothing to confirm; remove 'confirmation'"
        yield Problem((*path, "confirmation"), message)


def _values(path: Path, values: list[str]) -> Iterator[Problem]:
    for index, value in enumerate(values):
        place = (*path, index, "value")
        if not is_key(value):
            message = "a value has small Latin letters, digits and hyphens; write for example first"
            yield Problem(place, message)
        elif value in values[:index]:
            yield Problem(place, f"'{value}' stands here twice; choose another value")


def _info_page(path: Path, page: InfoPage) -> Iterator[Problem]:
    if page.kind not in PAGE_KINDS:
        message = f"'{page.kind}' is no kind of page; write one of: {', '.join(PAGE_KINDS)}"
        yield Problem((*path, "kind"), message)
    if bool(page.text.el) == bool(page.url):
        message = "write either 'text' (a page of ours) or 'url' (a link elsewhere)"
        yield Problem(path, message)
    fault = url_fault(page.url)
    if fault:
        yield Problem((*path, "url"), fault)
