"""Values of the secrets that mapping files name: set by an administrator, encrypted at rest."""

from __future__ import annotations

from booking.desk import Desk
from booking.store import UnitOfWork


def set_secret(desk: Desk, *, name: str, value: str) -> None:
    """Set or replace a secret."""

    def work(uow: UnitOfWork) -> None:
        uow.secrets.put(name=name, value=value, at=uow.now)

    desk.store.transact(work)


def get(desk: Desk, *, name: str) -> str | None:
    with desk.store.read() as uow:
        return uow.secrets.get(name)


def names(desk: Desk) -> tuple[str, ...]:
    with desk.store.read() as uow:
        return uow.secrets.names()
