"""Another key: everything that is sealed, sealed anew with the first key, so that old ones may go.

A value says with which key it was sealed, so that a run that was stopped is simply run again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Table, func, literal, select, type_coerce, update

from booking.store.encryption import Keys
from booking.store.marks import marks
from booking.store.tables import booking, draft, secret
from booking.store.unit_of_work import Store, UnitOfWork

#: What is sealed, and by what a row's place is named.
_SEALED = ((booking, "id"), (draft, "id"), (secret, "name"))
#: How many rows one transaction seals anew.
_SOME = 100


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What one key is needed for. ``links`` were derived from it and lead to a booking still;
    ``links_until``: when the last of these appointments is over."""

    name: str
    known: bool  #: it is in the settings
    writes: bool  #: it is the first one
    sealed: Mapping[str, int]  #: values by table
    links: int
    links_until: datetime | None

    @property
    def needed(self) -> bool:
        return self.writes or bool(self.links) or any(self.sealed.values())


def key_uses(store: Store) -> tuple[KeyUse, ...]:
    """Every key of the settings, the one that writes first, then those that only the rows name."""
    with store.read() as uow:
        sealed = {table.name: _by_key(uow, table) for table, _ in _SEALED}
        links = _links(uow)
    known = list(store.keys.by_id)
    named = set(links).union(*sealed.values())
    unknown = sorted(named - set(known))
    return tuple(
        KeyUse(
            name=name,
            known=name in store.keys.by_id,
            writes=name == store.keys.current,
            sealed={table: counts[name] for table, counts in sealed.items()},
            links=links[name][0] if name in links else 0,
            links_until=links[name][1] if name in links else None,
        )
        for name in [*known, *unknown]
    )


def rotate(store: Store, *, tell: Callable[[str, int], None] = lambda _table, _count: None) -> int:
    """Seal with the first key what was sealed with another; how many values there were.

    Runs beside everything else. ``tell`` is called with the table and how many of it are done.
    Raises EncryptionError where a value was sealed with a key that is not in the settings: what
    was done until then stays done.
    """
    count = 0
    for table, identity in _SEALED:
        done = 0
        while some := store.transact(partial(_seal_some, table=table, identity=identity)):
            done += some
            tell(table.name, done)
        count += done
    return count


def _seal_some(uow: UnitOfWork, table: Table, identity: str) -> int:
    name = table.c[identity]
    rows = uow.connection.execute(
        select(name, table.c.sealed)
        .where(_key_is_not(table, uow.keys.current))
        .limit(_SOME)
        .with_for_update()
    ).all()
    for row_id, sealed in rows:
        value = uow.keys.open(sealed, place=f"{table.name}/{row_id}")
        uow.connection.execute(
            update(table)
            # Whoever changed it meanwhile sealed it anew.
            .where(name == row_id, table.c.sealed == sealed)
            .values(_anew(uow.keys, table, row_id, value))
        )
    return len(rows)


def _anew(keys: Keys, table: Table, row_id: str, value: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"sealed": keys.seal(value, place=f"{table.name}/{row_id}")}
    if table is booking:
        # Keyed hashes of what was just opened; that of the network is forgotten in two days.
        values |= marks(keys, person=value.get("person", ""), email=value["email"])
    return values


def _key_is_not(table: Table, name: str) -> ColumnElement[bool]:
    prefix = bytes([len(name.encode())]) + name.encode()
    start = type_coerce(func.substr(table.c.sealed, 1, len(prefix)), LargeBinary)
    return start != literal(prefix, LargeBinary)


def _by_key(uow: UnitOfWork, table: Table) -> Counter[str]:
    # The longest name of a key and its length fit into this.
    start = type_coerce(func.substr(table.c.sealed, 1, 41), LargeBinary)
    return Counter(
        Keys.key_of(bytes(each)) for each in uow.connection.execute(select(start)).scalars()
    )


def _links(uow: UnitOfWork) -> dict[str, tuple[int, datetime]]:
    rows = uow.connection.execute(
        select(booking.c.token_key, func.count(), func.max(booking.c.ends_at))
        .where(booking.c.erased_at.is_(None), booking.c.ends_at > uow.now)
        .group_by(booking.c.token_key)
    )
    return {name: (count, until) for name, count, until in rows}
