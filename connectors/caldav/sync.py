"""What changed in a calendar: sync-collection where it proves itself, else tags compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from connectors.caldav import errors, multistatus, quirks
from connectors.caldav.client import Answer, DavClient, content_tag
from connectors.contract import ChangeSet, Period, ResourceReading, SyncState
from connectors.deadline import Deadline
from connectors.errors import MailboxNotFound, SyncStateExpired, TryLater
from connectors.vevent.read import read_resource

_BATCH: Final = 50  #: addresses in one multiget
_MAX_PAGES: Final = 100
_BY_SYNC: Final = "sync:"
_BY_CTAG: Final = "ctag:"


@dataclass(frozen=True, slots=True)
class _State:
    sync_token: str
    ctag: str
    sync_report: bool


class Reader:
    """Reads the collection at ``path``; ``trusted`` remembers which calendars passed the test."""

    def __init__(
        self, client: DavClient, path: str, *, office_zone: ZoneInfo, trusted: dict[str, bool]
    ) -> None:
        self._client = client
        self._path = path
        self._zone = office_zone
        self._trusted = trusted

    def changes(
        self,
        *,
        sync_state: SyncState | None,
        known: Mapping[str, str],
        window: Period,
        deadline: Deadline,
    ) -> ChangeSet:
        """See the contract. A window that reaches beyond that of the state is a full comparison."""
        token = sync_state.token if sync_state is not None else ""
        if sync_state is not None and _covers(sync_state.window, window):
            if token.startswith(_BY_SYNC):
                return self._by_token(token.removeprefix(_BY_SYNC), known, window, deadline)
            if token.startswith(_BY_CTAG) and self.state(deadline).ctag == token[len(_BY_CTAG) :]:
                return ChangeSet((), frozenset(), None, SyncState(token, window))
        return self._compare_all(known, window, deadline)

    def state(self, deadline: Deadline) -> _State:
        """Tokens of the collection (RFC 6578, 4; ctag of the Calendar Server)."""
        answer = self._ask("PROPFIND", multistatus.STATE_BODY, "0", deadline)
        for member in self._parse(answer).members:
            if member.status // 100 != 2:
                raise errors.from_status(member.status, writing=False)
            if not member.calendar:
                # A home or a folder reads as empty, and empty would mean free.
                raise MailboxNotFound("that address is no calendar: correct it in the mapping")
            return _State(
                sync_token=member.values.get(multistatus.SYNC_TOKEN, "").strip(),
                ctag=member.values.get(multistatus.CTAG, "").strip(),
                sync_report=member.sync_report,
            )
        raise TryLater("the server does not describe the calendar")

    def listing(self, deadline: Deadline) -> dict[str, str]:
        """Address and version tag ("" where the server has none) of every live resource."""
        answer = self._ask("PROPFIND", multistatus.LISTING_BODY, "1", deadline)
        members = {}
        for member in self._parse(answer).members:
            if member.collection or member.path in {self._path, self._path.rstrip("/")}:
                continue
            if member.status in {404, 410}:
                continue
            if member.status // 100 != 2:
                raise TryLater(f"the server hides a part of the calendar (HTTP {member.status})")
            members[member.path] = member.etag
        return members

    def passes_self_test(self, state: _State, deadline: Deadline) -> bool:
        """Whether sync-collection may be used: its own token is taken, an impossible one refused.

        A server that accepts any token (RFC 6578, 3.2 forbids it) also loses changes.
        """
        if not state.sync_token or not state.sync_report:
            return False
        if self._path not in self._trusted:
            mine = self._sync_report(state.sync_token, deadline)
            strange = self._sync_report(quirks.IMPOSSIBLE_TOKEN, deadline)
            self._trusted[self._path] = mine.status == 207 and _token_refused(strange)
        return self._trusted[self._path]

    def _by_token(
        self, token: str, known: Mapping[str, str], window: Period, deadline: Deadline
    ) -> ChangeSet:
        etags: dict[str, str] = {}
        gone: set[str] = set()
        for _ in range(_MAX_PAGES):
            page = self._page(token, deadline)
            if not page.sync_token:
                raise SyncStateExpired("the server gave no new sync token")
            more = False
            for member in page.members:
                if member.status == 507:
                    more = True  # RFC 6578, 3.6: the rest comes with the new token
                elif member.status in {404, 410}:
                    gone.add(member.path)
                    etags.pop(member.path, None)
                elif member.status // 100 != 2:
                    raise TryLater(f"the server hides a change (HTTP {member.status})")
                elif member.path.rstrip("/") != self._path.rstrip("/"):
                    etags[member.path] = member.etag
                    gone.discard(member.path)
            if more and page.sync_token == token:
                raise SyncStateExpired("the server does not get on with its changes")
            token = page.sync_token
            if not more:
                break
        else:
            raise SyncStateExpired("the server has too many changes for one sync")
        wanted = [path for path, etag in etags.items() if not etag or known.get(path) != etag]
        readings = self._read(wanted, window, deadline)
        gone.update(path for path in wanted if path not in readings)
        return ChangeSet(
            changed=tuple(readings.values()),
            gone=frozenset(gone),
            listing=None,
            sync_state=SyncState(_BY_SYNC + token, window),
        )

    def _page(self, token: str, deadline: Deadline) -> multistatus.Multistatus:
        answer = self._sync_report(token, deadline)
        if answer.status == 207:
            return multistatus.parse(answer.body, base=self._client.base)
        if _token_refused(answer) or answer.status in {405, 501, 507}:
            raise SyncStateExpired("the server does not know the sync token any more")
        raise answer.error(writing=False)

    def _compare_all(
        self, known: Mapping[str, str], window: Period, deadline: Deadline
    ) -> ChangeSet:
        # The tokens first: what changes between the two requests is then seen twice, never lost.
        state = self.state(deadline)
        listing = self.listing(deadline)
        wanted = [path for path, etag in listing.items() if not etag or known.get(path) != etag]
        readings = self._read(wanted, window, deadline)
        if self.passes_self_test(state, deadline):
            token = _BY_SYNC + state.sync_token
        else:
            token = _BY_CTAG + state.ctag if state.ctag else ""
        return ChangeSet(
            changed=tuple(one for one in readings.values() if known.get(one.id) != one.etag),
            gone=frozenset(),
            listing=frozenset(listing) - (set(wanted) - set(readings)),
            sync_state=SyncState(token, window),
        )

    def _read(
        self, paths: Iterable[str], window: Period, deadline: Deadline
    ) -> dict[str, ResourceReading]:
        """The resources at ``paths``, expanded; those that are gone meanwhile are missing."""
        readings = {}
        for path, (etag, raw) in self._contents(list(paths), deadline):
            if deadline.passed:
                raise TryLater("the time was too short to read the whole calendar")
            readings[path] = read_resource(
                raw, resource_id=path, etag=etag, window=window, office_zone=self._zone
            )
        return readings

    def _contents(
        self, paths: list[str], deadline: Deadline
    ) -> Iterable[tuple[str, tuple[str, str]]]:
        for first in range(0, len(paths), _BATCH):
            batch = paths[first : first + _BATCH]
            found = self._multiget(batch, deadline) if len(batch) > 1 else {}
            for path in batch:
                content = found.get(path) or self._singly(path, deadline)
                if content is not None:
                    yield path, content

    def _multiget(self, paths: list[str], deadline: Deadline) -> dict[str, tuple[str, str]]:
        body = multistatus.multiget_body(paths)
        answer = self._ask("REPORT", body, None, deadline)
        if answer.status != 207:
            return {}
        found = {}
        for member in multistatus.parse(answer.body, base=self._client.base).members:
            raw = member.values.get(multistatus.CALENDAR_DATA)
            if raw is not None:
                found[member.path] = (member.etag or content_tag(raw.encode()), raw)
        return found

    def _singly(self, path: str, deadline: Deadline) -> tuple[str, str] | None:
        answer = self._client.read("GET", path, deadline=deadline)
        if answer.status in {404, 410}:
            return None
        if not answer.ok:
            raise answer.error(writing=False)
        return answer.etag, answer.text

    def _sync_report(self, token: str, deadline: Deadline) -> Answer:
        return self._ask("REPORT", multistatus.sync_body(token), None, deadline)

    def _ask(self, method: str, body: str, depth: str | None, deadline: Deadline) -> Answer:
        headers = {"Content-Type": "application/xml; charset=utf-8"}
        if depth is not None:
            headers["Depth"] = depth
        return self._client.read(method, self._path, body=body, headers=headers, deadline=deadline)

    def _parse(self, answer: Answer) -> multistatus.Multistatus:
        if answer.status != 207:
            raise answer.error(writing=False)
        return multistatus.parse(answer.body, base=self._client.base)


def _token_refused(answer: Answer) -> bool:
    """RFC 6578, 3.2 says 403 with DAV:valid-sync-token; servers also say it bare."""
    return (
        quirks.TOKEN_REFUSED in answer.preconditions
        or answer.status in quirks.TOKEN_REFUSED_STATUSES
    )


def _covers(outer: Period, inner: Period) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
