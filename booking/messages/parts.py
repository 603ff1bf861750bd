"""What a mail consists of, in reading order: plain text, nothing escaped or laid out yet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One fact; ``lines`` are shown below each other."""

    label: str
    lines: tuple[str, ...]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Listing:
    heading: str
    items: tuple[str, ...]
    note: str = ""  #: a sentence below them


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that stands in a mail."""

    language: str
    subject: str
    preview: str  #: what a mail program shows beside the subject
    office: str
    tagline: str
    heading: str
    paragraphs: tuple[str, ...]
    details: str  #: heading of the rows, if they have one
    rows: tuple[Row, ...]
    footer: tuple[str, ...]
    action: Link | None = None
    action_note: str = ""
    alternatives: Listing | None = None
    links: tuple[Link, ...] = ()
    links_note: str = ""  #: above them
    lists: tuple[Listing, ...] = ()
