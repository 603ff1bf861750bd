"""The secret part of a mailed link: as hard to guess as a key, and kept nowhere."""

from __future__ import annotations

import base64

from sqlalchemy import select

from booking.store.tables import metadata
from booking.tokens import token_hash
from tests.booking.conftest import Office


def test_a_manage_token_is_256_bits_of_its_own_and_only_its_hash_is_kept(office: Office) -> None:
    slots = office.free()
    made = [office.book(slots[n].start, key=f"key {n}") for n in (0, 2, 4)]
    tokens = [each.manage_token for each in made]
    assert {len(base64.urlsafe_b64decode(f"{each}=")) for each in tokens} == {32}
    # Two that follow each other differ as much as two random ones: in about half of their bits.
    values = [int.from_bytes(base64.urlsafe_b64decode(f"{each}=")) for each in tokens]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert 64 < (values[one] ^ values[other]).bit_count() < 192
    with office.desk.store.read() as uow:
        stored = "\n".join(
            str(tuple(row))
            for table in metadata.sorted_tables
            for row in uow.connection.execute(select(table))
        )
    assert not any(token in stored for token in tokens)
    assert all(token_hash(token) in stored for token in tokens)
