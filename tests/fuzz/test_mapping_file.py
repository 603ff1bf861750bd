"""Mapping files in which somebody made many mistakes: faults with their places, never a crash."""

from __future__ import annotations

from typing import Final

from hypothesis import given

from mapping.file import MappingFileError, decode, examine
from tests.fuzz.effort import quick, tries
from tests.fuzz.mutating import spoilt_bytes
from tests.mapping.minimal import MINIMAL

WORDS: Final = (
    "&a", "*a", "*a *a", "<<: *a", "!!python/object:os.system", "!!binary x", "!x", "? [a]", "---",
    "...", "%YAML 9.9", "|", ">", "|2", "- - -", "[", "]", "{", "}", "{a: b", "[[[[[[", "null", "~",
    "yes", "1e9", "0o7", "2027-02-30", "24:00-25:00", "08:00-07:00", "monday-monday", "'", '"',
    '"\\x00"', '"\\ud800"', '"\\U00110000"', "slug", "services", "duration_minutes", "channel",
    "mailboxes", "time_zone: Mars/Base", "holidays: {country: XX}", "key: key", "en: ", "el: ",
)  # fmt: skip


@tries(60, share=0.2)
@given(data=spoilt_bytes((MINIMAL,), WORDS))
def test_a_spoilt_mapping_file_is_read_or_its_faults_are_told(data: bytes) -> None:
    try:
        quick(lambda: examine(decode(data, name="town.yaml"), name="town.yaml"))
    except MappingFileError as error:
        faults = error.faults
    else:
        return
    assert faults
    lines = data.count(b"\n") + data.count(b"\r") + data.count(b"\xe2\x80\xa8") + 3
    assert all(1 <= fault.line <= lines and fault.column >= 1 for fault in faults)
    assert all(fault.message and fault.message.isprintable() for fault in faults)
