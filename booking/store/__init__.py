"""The store: tables, units of work, encryption and migrations behind one door."""

from __future__ import annotations

from booking.store.encryption import EncryptionError, Keys, fingerprint
from booking.store.engine import DatabaseUrlError, StoreUnavailable
from booking.store.unit_of_work import Store, UnitOfWork, open_store
from booking.store.upgrading import rotate, upgrade

__all__ = [
    "DatabaseUrlError",
    "EncryptionError",
    "Keys",
    "Store",
    "StoreUnavailable",
    "UnitOfWork",
    "fingerprint",
    "open_store",
    "rotate",
    "upgrade",
]
