"""Local accounts of staff and administrators: scrypt, constant time, attempts limited."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from booking.desk import Desk
from booking.store import UnitOfWork, fingerprint
from booking.store.accounts import AccountRow

Role = Literal["admin", "staff"]

#: RFC 7914, section 2; 16 MiB and some 50 ms an attempt.
_N, _R, _P = 2**14, 8, 1
#: Wrong passwords in a row that are forgiven; afterwards each costs a pause.
_FREE_FAILURES = 5
_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(minutes=15)
_LONGEST_PASSWORD = 200


class AccountError(Exception):
    """The account cannot be made so; the text says what to write instead."""


@dataclass(frozen=True, slots=True)
class Account:
    user: str
    role: Role
    name: str
    municipality: str | None  #: slug; None for administrators: all of them
    stamp: str = field(default="", repr=False, compare=False)  #: changes with the password


def create(
    desk: Desk, *, user: str, password: str, role: Role, name: str, municipality: str | None
) -> Account:
    """Create the account, or replace it with its password. Raises AccountError."""
    if not user.strip() or len(user) > 100:
        raise AccountError("the user name must have 1 to 100 characters")
    if not 8 <= len(password) <= _LONGEST_PASSWORD:
        raise AccountError("the password must have 8 to 200 characters")
    if role == "staff" and not municipality:
        raise AccountError("a staff account belongs to a municipality: name its slug")
    hashed = _hash(password)

    def work(uow: UnitOfWork) -> None:
        uow.accounts.put(
            user=user, password=hashed, role=role, name=name, municipality=municipality
        )

    desk.store.transact(work)
    return Account(user, role, name, municipality, _stamp(hashed))


def authenticate(desk: Desk, *, user: str, password: str) -> Account | None:
    """The account, or None: unknown user, wrong password, or too many attempts just now."""
    user, password = user[:100], password[:_LONGEST_PASSWORD]
    with desk.store.read() as uow:
        row = uow.accounts.get(user)
        locked = row is not None and row.locked_until is not None and row.locked_until > uow.now
    # As much work for an unknown user as for a known one.
    right = _matches(password, row.password if row else _NOBODY)
    if row is None or locked:
        return None
    if not right:
        desk.store.transact(lambda uow: _note_failure(uow, user))
        return None
    if row.failures:
        desk.store.transact(
            lambda uow: uow.accounts.note_failure(user, failures=0, locked_until=None)
        )
    return _account(row)


def get(desk: Desk, user: str) -> Account | None:
    with desk.store.read() as uow:
        row = uow.accounts.get(user)
    return None if row is None else _account(row)


def _account(row: AccountRow) -> Account:
    role: Role = "admin" if row.role == "admin" else "staff"
    return Account(row.user, role, row.name, row.municipality, _stamp(row.password))


def _stamp(hashed: str) -> str:
    return fingerprint("account", hashed)


def _note_failure(uow: UnitOfWork, user: str) -> None:
    row = uow.accounts.get(user)
    if row is None:
        return
    failures = row.failures + 1
    beyond = failures - _FREE_FAILURES
    pause = min(_PAUSE * 2 ** min(beyond, 10), _LONGEST_PAUSE) if beyond >= 0 else None
    uow.accounts.note_failure(
        user, failures=failures, locked_until=uow.now + pause if pause else None
    )


def _hash(password: str) -> str:
    salt = os.urandom(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=32)
    return "$".join(("scrypt", str(_N), str(_R), str(_P), _encoded(salt), _encoded(digest)))


def _matches(password: str, stored: str) -> bool:
    _, n, r, p, salt, digest = stored.split("$")
    found = hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=base64.b64decode(salt), n=int(n), r=int(r), p=int(p), dklen=32,
    )  # fmt: skip
    return hmac.compare_digest(found, base64.b64decode(digest))


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


#: What an unknown user's password is compared with; nothing matches it.
_NOBODY = f"scrypt${_N}${_R}${_P}${_encoded(bytes(16))}${_encoded(bytes(32))}"
