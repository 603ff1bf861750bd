"""Hypothesis strategies for municipalities as a mapping file can describe them."""

from __future__ import annotations

import unicodedata
from datetime import date, time

from hypothesis import strategies as st

from mapping.model import (
    BusyAs,
    CalendarConnection,
    Channel,
    Choice,
    Closure,
    Consent,
    ConsentKind,
    Contact,
    Declaration,
    DeclarationAnswer,
    Holidays,
    InfoPage,
    LocalHoliday,
    LocalText,
    Mailbox,
    Municipality,
    Opening,
    Question,
    QuestionKind,
    Service,
    ServiceChannel,
    ServiceGroup,
    ShowAsPolicy,
    StaffMember,
    Weekday,
)

_CHARACTERS = st.characters(
    exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn", "Co"),
    exclude_characters="\ufeff\ufffe\uffff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)
#: What people and machines write that YAML could take for something else.
_TRICKY = st.sampled_from(
    ["no", "null", "~", "1.0", "0123", "2026-01-01", "a: b", "a #b", "- a", "'", '"', "{a}"]
) | st.sampled_from(["[a", "*a", "&a", "!a", "%a", "@a", "`a", "| a", "> a", "?", "=", "<<", "..."])


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip(" \t\n\r")


lines = (st.text(_CHARACTERS, max_size=30) | _TRICKY).map(_clean)
words = lines.filter(bool)
pages = st.lists(st.text(_CHARACTERS, max_size=20) | _TRICKY, max_size=4).map("\n".join).map(_clean)
keys = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,5})?", fullmatch=True)
fives = st.integers(1, 40).map(lambda each: 5 * each)
texts = st.builds(LocalText, words, lines)
optional_texts = texts | st.just(LocalText(""))
long_texts = st.builds(LocalText, pages.filter(bool), pages)


@st.composite
def openings(draw: st.DrawFn) -> tuple[Opening, ...]:
    """A week in order, nothing overlapping, at least one stretch."""
    found: list[Opening] = []
    for day in draw(st.lists(st.sampled_from(list(Weekday)), min_size=1, max_size=5, unique=True)):
        cells = st.integers(0, 287)
        marks = sorted(draw(st.lists(cells, min_size=2, max_size=6, unique=True)))
        for start, end in zip(marks[::2], marks[1::2], strict=False):
            found.append(Opening(day, _time(start), _time(end)))
    order = list(Weekday)
    return tuple(sorted(found, key=lambda each: (order.index(each.weekday), each.start)))


def _time(cell: int) -> time:
    return time(cell // 12, cell % 12 * 5)


some_openings = openings() | st.just(())


@st.composite
def closures(draw: st.DrawFn) -> Closure:
    days = st.dates(date(2024, 1, 1), date(2037, 12, 31))
    first, last = sorted((draw(days), draw(days)))
    return Closure(first, last, draw(texts))


def _few(strategy: st.SearchStrategy, least: int = 0) -> st.SearchStrategy:
    return st.lists(strategy, min_size=least, max_size=2).map(tuple)


policies = st.builds(ShowAsPolicy, *[st.sampled_from(BusyAs)] * 3)


@st.composite
def municipalities(draw: st.DrawFn) -> Municipality:
    """Whole, with one or two of everything; sound in itself."""
    names = draw(st.lists(keys, min_size=2, max_size=2, unique=True))
    addresses = [f"{name}@town.example" for name in names]
    declarations = tuple(_declaration(draw, name) for name in names[: draw(st.integers(0, 2))])
    services = tuple(
        _service(draw, name, names, addresses, tuple(each.key for each in declarations))
        for name in names
    )
    return Municipality(
        slug=draw(keys),
        name=draw(texts),
        list_name=draw(texts),
        genitive=draw(texts),
        contact=Contact(draw(texts), draw(optional_texts), draw(lines), "", draw(optional_texts)),
        groups=tuple(ServiceGroup(name, draw(texts), draw(optional_texts)) for name in names),
        services=services,
        consents=tuple(
            Consent(name, draw(keys), draw(st.sampled_from(ConsentKind)), draw(long_texts))
            for name in names
        ),
        connections=tuple(
            CalendarConnection(
                name, "caldav", f"https://{name}.example/", draw(lines), name, options={"ca": "1"}
            )
            for name in names
        ),
        staff=tuple(
            StaffMember(name, draw(words), draw(some_openings), draw(_few(closures())))
            for name in names
        ),
        mailboxes=tuple(
            Mailbox(
                address, draw(st.sampled_from(names)), draw(st.sampled_from(names)), f"{number}/"
            )
            for number, address in enumerate(addresses)
        ),
        opening_hours=draw(openings()),
        declarations=declarations,
        info_pages=tuple(
            InfoPage(name, "faq", draw(texts), draw(long_texts), listed=draw(st.booleans()))
            for name in names
        ),
        time_zone=draw(st.sampled_from(["Europe/Athens", "UTC", "Pacific/Chatham"])),
        always_ask=draw(st.sampled_from([(), ("group",), ("group", "service", "channel")])),
        closures=draw(_few(closures())),
        holidays=Holidays(
            "GR",
            draw(st.booleans()),
            draw(_few(st.builds(LocalHoliday, st.integers(1, 12), st.integers(1, 28), texts))),
            draw(_few(st.dates(date(2024, 1, 1), date(2037, 12, 31)))),
        ),
        show_as=draw(policies),
    )


def _declaration(draw: st.DrawFn, key: str) -> Declaration:
    answers = (
        DeclarationAnswer("no", draw(texts)),
        DeclarationAnswer("yes", draw(texts), True, draw(long_texts), draw(long_texts)),
        DeclarationAnswer("never", draw(texts), False, outcome=draw(long_texts)),
    )
    return Declaration(key, draw(keys), draw(texts), answers, draw(optional_texts))


def _service(
    draw: st.DrawFn,
    key: str,
    names: list[str],
    addresses: list[str],
    declarations: tuple[str, ...],
) -> Service:
    channels = draw(st.lists(st.sampled_from(Channel), min_size=1, max_size=3, unique=True))
    return Service(
        key=key,
        group=draw(st.sampled_from(names)),
        title=draw(texts),
        duration_minutes=draw(fives),
        step_minutes=draw(fives),
        channels=tuple(
            ServiceChannel(
                channel,
                tuple(addresses[: draw(st.integers(1, 2))]),
                draw(texts),
                draw(optional_texts),
                draw(optional_texts),
                draw(_few(long_texts)),
                tips=draw(_few(long_texts)),
                show_as=draw(policies | st.none()),
                opening_hours=draw(some_openings),
            )
            for channel in channels
        ),
        consent=draw(st.sampled_from(names)),
        description=draw(long_texts),
        buffer_before_minutes=draw(st.just(0) | fives),
        minimum_notice_minutes=draw(st.just(0) | fives),
        horizon_days=draw(st.integers(1, 365)),
        documents=draw(_few(long_texts)),
        questions=(
            Question("afm", QuestionKind.AFM, draw(texts), required=draw(st.booleans())),
            Question(
                "way",
                QuestionKind.CHOICE,
                draw(texts),
                choices=(Choice("bus", draw(texts)), Choice("car", draw(texts))),
                section="contact",
            ),
        ),
        declarations=declarations,
        opening_hours=draw(some_openings),
        closures=draw(_few(closures())),
        sample=draw(st.booleans()),
    )
