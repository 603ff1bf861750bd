"""Taking a mapping file into the database, and giving it back exactly as it was."""

from __future__ import annotations

from dataclasses import dataclass

from booking import catalogue
from booking.desk import Desk
from booking.model import NotOffered
from booking.office.leaving import owe_tasks
from booking.office.mapped_mailboxes import ImportRefused, put_mailboxes
from booking.store import UnitOfWork
from mapping.diff import describe_changes, faults
from mapping.file import MappingFileError
from mapping.model import Municipality

__all__ = ["ImportRefused", "ImportReport", "current", "export_text", "import_mapping"]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. Mailboxes are named by their addresses."""

    slug: str
    revision: int
    changed: bool  #: False: this very text was current already
    mailboxes_added: tuple[str, ...] = ()
    mailboxes_moved: tuple[str, ...] = ()  #: stand in another calendar now: read anew
    mailboxes_retired: tuple[str, ...] = ()


def import_mapping(desk: Desk, *, text: str, municipality: Municipality, by: str) -> ImportReport:
    """Make ``text`` the current mapping; ``municipality`` is what it reads as.

    Raises ImportRefused where a mailbox or its calendar belongs to another municipality, and
    where a consent or declaration says something else under the same version.
    """

    def work(uow: UnitOfWork) -> ImportReport:
        _refuse_faults(desk, uow, municipality)
        current = uow.catalogue.revision(municipality.slug)
        unchanged = current is not None and uow.catalogue.text(current) == text
        revision = (
            current
            if unchanged and current is not None
            else uow.catalogue.add(slug=municipality.slug, text=text, by=by, at=uow.now)
        )
        put = put_mailboxes(uow, municipality)
        retired = uow.mailboxes.deactivate(
            municipality.slug, but=[mailbox.address for mailbox in municipality.mailboxes]
        )
        owe_tasks(uow, municipality=municipality.slug, addresses=retired, revision=revision)
        return ImportReport(
            municipality.slug, revision, not unchanged, put.added, put.moved, retired
        )

    report = desk.store.transact(work)
    catalogue.prime(desk.store, municipality=municipality, revision=report.revision)
    desk.wake("poll")
    desk.wake("subscriptions")
    return report


def export_text(desk: Desk, slug: str) -> str:
    """The current mapping file, byte for byte as imported. Raises NotOffered."""
    with desk.store.read() as uow:
        revision = uow.catalogue.revision(slug)
        if revision is None:
            raise NotOffered("there is no such municipality")
        return uow.catalogue.text(revision)


def current(desk: Desk, slug: str) -> Municipality | None:
    try:
        return catalogue.municipality(desk, slug)
    except NotOffered:
        return None


def _refuse_faults(desk: Desk, uow: UnitOfWork, municipality: Municipality) -> None:
    """What citizens agreed to is kept by version: it must stay what it was."""
    try:
        before = catalogue.entry_of(desk, uow, municipality.slug).municipality
    except (NotOffered, MappingFileError):
        return  # the first one, or one that this version cannot read any more
    wrong = faults(describe_changes(before, municipality))
    if wrong:
        raise ImportRefused("; ".join(f"{each.where}: {each.text}" for each in wrong))
