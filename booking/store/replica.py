"""The replica of busy time: what each calendar resource says, and the masks made of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from booking.busy import CELL_SECONDS, Masks, Stretch, kind_of, stretch_of
from booking.store.intervals import intervals_from, intervals_to, own_key
from booking.store.offer_rows import OfferRow, offer_rows, status_rows
from booking.store.tables import replica, resource
from connectors.contract import BusyInterval, Ours, ResourceReading, ShowAs

_CHUNK = 200
#: A cell in microseconds, as instants are stored.
_CELL = CELL_SECONDS * 1_000_000


@dataclass(frozen=True, slots=True)
class StoredResource:
    reading: ResourceReading
    accepted: bool  #: an administrator accepted it at this etag although it is not understood
    own_key: str | None


class Replicas:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def for_offer(self, mailbox_ids: Sequence[str]) -> tuple[OfferRow, ...]:
        return offer_rows(self._connection, mailbox_ids)

    def for_status(self) -> tuple[OfferRow, ...]:
        """All active mailboxes, without the masks' content: whether they offer, not what."""
        return status_rows(self._connection)

    def holdings(self) -> dict[str, tuple[int, datetime]]:
        """By mailbox: how many entries its replica holds, and when one of them last changed."""
        rows = self._connection.execute(
            select(replica.c.mailbox_id, replica.c.resources, replica.c.built_at)
        )
        return {row.mailbox_id: (row.resources, row.built_at) for row in rows}

    def etags(self, mailbox_id: str, *, recurring: bool) -> dict[str, str]:
        """Etag of each stored resource; without ``recurring``, of single events only."""
        query = select(resource.c.id, resource.c.etag).where(resource.c.mailbox_id == mailbox_id)
        if not recurring:
            query = query.where(resource.c.recurring.is_(False))
        return dict(self._connection.execute(query).all())

    def resources(self, mailbox_id: str) -> tuple[StoredResource, ...]:
        rows = self._connection.execute(
            select(resource).where(resource.c.mailbox_id == mailbox_id).order_by(resource.c.id)
        )
        return tuple(
            StoredResource(
                reading=ResourceReading(
                    id=row.id,
                    etag=row.etag,
                    intervals=intervals_from(row.intervals, row.own_key),
                    recurring=row.recurring,
                    understood=row.understood,
                    warnings=tuple(json.loads(row.warnings)),
                ),
                accepted=row.accepted_etag is not None and row.accepted_etag == row.etag,
                own_key=row.own_key,
            )
            for row in rows
        )

    def stretches(self, mailbox_id: str, *, zone: ZoneInfo) -> tuple[list[Stretch], bool, int]:
        """(what takes time, whether the calendar is degraded, number of resources).

        The same as ``stretch_of`` over ``resources``, but without an object for each instant:
        this runs at every change of a calendar.
        """
        rows = self._connection.execute(
            select(
                resource.c.intervals,
                resource.c.own_key,
                resource.c.understood,
                resource.c.accepted_etag,
                resource.c.etag,
            ).where(resource.c.mailbox_id == mailbox_id)
        ).all()
        found: list[Stretch] = []
        degraded = False
        for text, key, understood, accepted, etag in rows:
            degraded = degraded or not (understood or accepted == etag)
            for each in json.loads(text):
                start, end, show_as, all_day, certain, ours = each
                if not certain:
                    (interval,) = intervals_from(json.dumps([each]), key)
                    found.extend(stretch_of(interval, zone))
                    continue
                own = ours == Ours.YES.value and key is not None
                kind = kind_of(ShowAs(show_as), all_day=bool(all_day), own=own)
                if kind:
                    found.append((kind, start // _CELL, -(-end // _CELL)))
        return found, degraded, len(rows)

    def same(self, mailbox_id: str, readings: Sequence[ResourceReading]) -> frozenset[str]:
        """Ids of the readings that say what is stored already."""
        known: dict[str, Any] = {}
        ids = [reading.id for reading in readings]
        for start in range(0, len(ids), _CHUNK):
            rows = self._connection.execute(
                select(resource).where(
                    resource.c.mailbox_id == mailbox_id,
                    resource.c.id.in_(ids[start : start + _CHUNK]),
                )
            )
            known |= {row.id: row for row in rows}
        return frozenset(
            reading.id
            for reading in readings
            if (row := known.get(reading.id)) is not None
            and row.etag == reading.etag
            and row.understood == reading.understood
            and row.recurring == reading.recurring
            and row.own_key == own_key(reading)
            and row.intervals == intervals_to(reading.intervals)
        )

    def etag(self, mailbox_id: str, resource_id: str) -> str | None:
        """Of a stored resource; None for one that is not stored."""
        query = select(resource.c.etag).where(
            resource.c.mailbox_id == mailbox_id, resource.c.id == resource_id
        )
        found: str | None = self._connection.execute(query).scalar()
        return found

    def intervals(self, mailbox_id: str, resource_id: str) -> tuple[BusyInterval, ...]:
        """Of a stored resource; empty for one that is not stored."""
        row = self._connection.execute(
            select(resource.c.intervals, resource.c.own_key).where(
                resource.c.mailbox_id == mailbox_id, resource.c.id == resource_id
            )
        ).one_or_none()
        return () if row is None else intervals_from(row.intervals, row.own_key)

    def own_intervals(self, mailbox_id: str) -> tuple[BusyInterval, ...]:
        """Intervals of the events that we wrote."""
        rows = self._connection.execute(
            select(resource.c.intervals, resource.c.own_key).where(
                resource.c.mailbox_id == mailbox_id, resource.c.own_key.is_not(None)
            )
        )
        return tuple(each for text, key in rows for each in intervals_from(text, key))

    def count(self, mailbox_id: str) -> int:
        number: int = self._connection.execute(
            select(func.count()).select_from(resource).where(resource.c.mailbox_id == mailbox_id)
        ).scalar_one()
        return number

    def put(self, mailbox_id: str, readings: Iterable[ResourceReading]) -> None:
        """Store readings; what an administrator accepted stays accepted at its etag."""
        readings = list(readings)
        for start in range(0, len(readings), _CHUNK):
            chunk = readings[start : start + _CHUNK]
            ids = [reading.id for reading in chunk]
            accepted = self._accepted(mailbox_id, ids)
            self.remove(mailbox_id, ids)
            self._connection.execute(
                insert(resource).values(
                    [
                        {
                            "mailbox_id": mailbox_id,
                            "id": reading.id,
                            "etag": reading.etag,
                            "recurring": reading.recurring,
                            "understood": reading.understood,
                            "accepted_etag": accepted.get(reading.id),
                            "own_key": own_key(reading),
                            "intervals": intervals_to(reading.intervals),
                            "warnings": json.dumps(list(reading.warnings)),
                        }
                        for reading in chunk
                    ]
                )
            )

    def remove(self, mailbox_id: str, resource_ids: Iterable[str]) -> None:
        ids = list(resource_ids)
        for start in range(0, len(ids), _CHUNK):
            self._connection.execute(
                delete(resource).where(
                    resource.c.mailbox_id == mailbox_id,
                    resource.c.id.in_(ids[start : start + _CHUNK]),
                )
            )

    def accept(self, mailbox_id: str, resource_id: str) -> bool:
        changed = self._connection.execute(
            update(resource)
            .where(resource.c.mailbox_id == mailbox_id, resource.c.id == resource_id)
            .values(accepted_etag=resource.c.etag)
        )
        return changed.rowcount == 1

    def put_masks(self, mailbox_id: str, masks: Masks, *, resources: int, at: datetime) -> None:
        size = (masks.cells + 7) // 8
        values = {
            "base_cell": masks.base,
            "cells": masks.cells,
            "busy": masks.busy.to_bytes(size, "little"),
            "tentative": masks.tentative.to_bytes(size, "little"),
            "elsewhere": masks.elsewhere.to_bytes(size, "little"),
            "all_day_free": masks.all_day_free.to_bytes(size, "little"),
            "own": masks.own.to_bytes(size, "little"),
            "degraded": masks.degraded,
            "resources": resources,
            "built_at": at,
        }
        changed = self._connection.execute(
            update(replica).where(replica.c.mailbox_id == mailbox_id).values(**values)
        )
        if changed.rowcount == 0:
            self._connection.execute(insert(replica).values(mailbox_id=mailbox_id, **values))

    def forget(self, mailbox_id: str) -> None:
        """Drop everything read from the mailbox: it stands in another calendar now."""
        self._connection.execute(delete(resource).where(resource.c.mailbox_id == mailbox_id))
        self._connection.execute(delete(replica).where(replica.c.mailbox_id == mailbox_id))

    def not_understood(self) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
        """Resources that degrade their calendar: (id, warnings) by mailbox."""
        rows = self._connection.execute(
            select(resource.c.mailbox_id, resource.c.id, resource.c.warnings).where(
                resource.c.understood.is_(False),
                (resource.c.accepted_etag.is_(None))
                | (resource.c.accepted_etag != resource.c.etag),
            )
        )
        found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for mailbox_id, resource_id, warnings in rows:
            found.setdefault(mailbox_id, []).append((resource_id, tuple(json.loads(warnings))))
        return found

    def remarks(self) -> dict[str, list[tuple[tuple[str, ...], int, str]]]:
        """What was read although it breaks the rules: (warnings, resources, the id of one of
        them) by mailbox."""
        rows = self._connection.execute(
            select(
                resource.c.mailbox_id, resource.c.warnings, func.count(), func.min(resource.c.id)
            )
            .where(resource.c.understood.is_(True), resource.c.warnings != "[]")
            .group_by(resource.c.mailbox_id, resource.c.warnings)
            .order_by(resource.c.mailbox_id, resource.c.warnings)
        )
        found: dict[str, list[tuple[tuple[str, ...], int, str]]] = {}
        for mailbox_id, warnings, count, example in rows:
            found.setdefault(mailbox_id, []).append((tuple(json.loads(warnings)), count, example))
        return found

    def _accepted(self, mailbox_id: str, ids: Sequence[str]) -> Mapping[str, str]:
        rows = self._connection.execute(
            select(resource.c.id, resource.c.accepted_etag).where(
                resource.c.mailbox_id == mailbox_id,
                resource.c.id.in_(ids),
                resource.c.accepted_etag.is_not(None),
            )
        )
        return dict(rows.all())
