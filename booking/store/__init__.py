"""The store: tables, units of work, encryption and migrations behind one door."""

from __future__ import annotations

from booking.store.encryption import EncryptionError, Keys, fingerprint
from booking.store.engine import DatabaseUrlError, StoreUnavailable
from booking.store.rotating import KeyUse, key_uses, rotate
from booking.store.unit_of_work import Store, UnitOfWork, open_store
from booking.store.upgrading import upgrade

__all__ = [
    "DatabaseUrlError",
    "EncryptionError",
    "KeyUse",
    "Keys",
    "Store",
    "StoreUnavailable",
    "UnitOfWork",
    "fingerprint",
    "key_uses",
    "open_store",
    "rotate",
    "upgrade",
]
