"""Stored mapping files: every revision is kept, one of each municipality is current."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Connection

from booking.store.tables import mapping_revision, municipality

#: Asked by every page and every use case, so it is not built anew each time.
_CURRENT = select(municipality.c.revision_id).where(municipality.c.slug == bindparam("of"))


class Catalogue:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def revisions(self) -> dict[str, int]:
        """Current revision of each municipality, by slug, in order of the slugs."""
        rows = self._connection.execute(
            select(municipality.c.slug, municipality.c.revision_id).order_by(municipality.c.slug)
        )
        return dict(rows.all())

    def revision(self, slug: str) -> int | None:
        return self._connection.execute(_CURRENT, {"of": slug}).scalar()

    def text(self, revision: int) -> str:
        text: str = self._connection.execute(
            select(mapping_revision.c.text).where(mapping_revision.c.id == revision)
        ).scalar_one()
        return text

    def former(self, slug: str, *, limit: int) -> tuple[int, ...]:
        """Revisions of a municipality, the youngest first."""
        return tuple(
            self._connection.execute(
                select(mapping_revision.c.id)
                .where(mapping_revision.c.slug == slug)
                .order_by(mapping_revision.c.id.desc())
                .limit(limit)
            ).scalars()
        )

    def add(self, *, slug: str, text: str, by: str, at: datetime) -> int:
        """Store a revision and make it the current one; returns its id."""
        revision: int = self._connection.execute(
            insert(mapping_revision)
            .values(slug=slug, text=text, imported_by=by, imported_at=at)
            .returning(mapping_revision.c.id)
        ).scalar_one()
        changed = self._connection.execute(
            update(municipality).where(municipality.c.slug == slug).values(revision_id=revision)
        )
        if changed.rowcount == 0:
            self._connection.execute(insert(municipality).values(slug=slug, revision_id=revision))
        return revision
