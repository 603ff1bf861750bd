"""Files that are broken as files: syntax, encoding, size, bombs, control characters."""

from __future__ import annotations

import time

import pytest

from mapping.file import MappingFileError, decode, examine, read_mapping
from mapping.file.source import MAX_BYTES
from tests.mapping.minimal import MINIMAL, faults_of, replaced


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "the file is empty"),
        ("# only a comment\n", 1, 1, "the file is empty"),
        ("just words", 1, 1, "write a mapping with the keys slug"),
        ("- a\n- b\n", 1, 1, "write a mapping with the keys slug"),
        ("slug: a\nname: Δήμος: Καλαμάτας\n", 2, 12, "in quotes"),
        ("slug: a\n\tname: x\n", 2, 1, "spaces, not with tabs"),
        ("slug: [a\nname: x\n", 2, 5, "not valid YAML"),
        ('slug: "a\nname: x\n', 3, 1, "not valid YAML"),
        ("slug: a\n---\nslug: b\n", 2, 1, "one file describes one municipality"),
        ("slug: *nowhere\n", 1, 7, "not valid YAML"),
        ("? [a, b]\n: c\n", 1, 3, "a key must be a single word"),
        ("slug: a\nname: Δή\x07μος\n", 2, 9, "U+0007"),
        ("slug: a\nname: Δή\u2028μος\n", 2, 9, "U+2028"),
        ("slug: a\x00\n", 1, 8, "U+0000"),
        ("<<: {slug: a}\n", 1, 1, "'<<' is not supported"),
    ],
)
def test_broken_syntax(text: str, line: int, column: int, message: str) -> None:
    faults = faults_of(text)
    matching = [fault for fault in faults if message in fault.message]
    assert (line, column) in {(fault.line, fault.column) for fault in matching}, faults


def test_not_utf_8() -> None:
    data = "slug: a\nname: Δή".encode() + "μος".encode("iso-8859-7")
    with pytest.raises(MappingFileError) as caught:
        decode(data, name="town.yaml")
    assert str(caught.value).startswith("town.yaml:2:9: this is not UTF-8")


def test_byte_order_mark_and_line_ends_of_windows_are_fine() -> None:
    text = decode(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode(), name="town.yaml")
    assert read_mapping(text, name="town.yaml") == read_mapping(MINIMAL, name="town.yaml")


def test_too_large() -> None:
    with pytest.raises(MappingFileError, match="larger than"):
        decode(b"#" * (MAX_BYTES + 1), name="town.yaml")
    (fault,) = faults_of("#" * (MAX_BYTES + 1))
    assert "larger than" in fault.message


def bounded(text: str) -> tuple[float, str]:
    """CPU seconds until ``text`` was refused, and the first message."""
    began = time.process_time()
    with pytest.raises(MappingFileError) as caught:
        examine(text, name="town.yaml")
    return time.process_time() - began, caught.value.faults[0].message


def test_alias_bomb() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    spent, _ = bounded("\n".join(lines) + "\nservices: *a11\n")
    assert spent < 5


def test_aliases_that_multiply_services() -> None:
    channel = "{channel: in_person, title: T, mailboxes: [a@b.example], instructions: *texts}"
    text = (
        f"documents: &texts [{', '.join(['x'] * 500)}]\n"
        f"staff: &channels [{', '.join([channel] * 50)}]\n"
        "groups: &service {key: a, group: a, title: a, duration_minutes: 5, step_minutes: 5, "
        "consent: a, channels: *channels}\n"
        f"services: [{', '.join(['*service'] * 500)}]\n"
    )
    spent, message = bounded(text)
    assert "unfolds to too many values" in message
    assert spent < 20


def test_an_alias_to_itself() -> None:
    bounded("services: &a [*a]\n")
    bounded("&a slug: *a\n")
    bounded("&m {slug: *m, name: *m, contact: *m}\n")


def test_lists_within_lists() -> None:
    spent, message = bounded("slug: " + "[" * 100_000)
    assert "too deeply" in message or "not valid YAML" in message
    assert spent < 10


def test_aliases_may_share_hours() -> None:
    text = replaced('opening_hours:\n  monday-friday: "08:00-14:00"', "opening_hours: *hours")
    text = f'x: &hours {{monday: "08:00-14:00"}}\n{text}'
    (fault,) = faults_of(text)
    assert fault.message.startswith("'x' is not known here")


def test_a_text_that_is_too_long() -> None:
    (fault,) = faults_of(replaced("name: Άννα", "name: Άννα\ntime_zone: " + "x" * 500))
    assert len(fault.message) == 400
    assert fault.message.endswith("…")
    (fault,) = faults_of(replaced("en: Municipality}", f"en: {'x' * 301}}}"))
    assert "shorten it to 300" in fault.message
