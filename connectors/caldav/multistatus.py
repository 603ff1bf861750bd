"""The bodies of our reports and the answers to them (RFC 4918, 13; RFC 6578; RFC 4791)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote, urljoin, urlsplit
from xml.sax.saxutils import escape

from lxml import etree

from connectors.caldav.quirks import CALDAV, DAV
from connectors.errors import TryLater

ETAG: Final = DAV + "getetag"
SYNC_TOKEN: Final = DAV + "sync-token"
CTAG: Final = "{http://calendarserver.org/ns/}getctag"
CALENDAR_DATA: Final = CALDAV + "calendar-data"
RESOURCE_TYPE: Final = DAV + "resourcetype"
_REPORTS: Final = DAV + "supported-report-set"
_STATUS: Final = re.compile(r"\S+\s+([1-5][0-9][0-9])(?!\S)")
_PLAIN_PATH: Final = re.compile(r"/[A-Za-z0-9/@:!$&'()*+,;=~._-]*")
_HEAD: Final = '<?xml version="1.0" encoding="utf-8"?>\n'
_SPACES: Final = (
    'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"'
)

STATE_BODY: Final = (
    f"{_HEAD}<D:propfind {_SPACES}><D:prop><D:sync-token/><S:getctag/><D:resourcetype/>"
    "<D:supported-report-set/></D:prop></D:propfind>"
)
LISTING_BODY: Final = (
    f"{_HEAD}<D:propfind {_SPACES}><D:prop><D:getetag/><D:resourcetype/></D:prop></D:propfind>"
)


def sync_body(token: str) -> str:
    """RFC 6578, 3.2; without DAV:limit, which servers cut wrongly."""
    return (
        f"{_HEAD}<D:sync-collection {_SPACES}><D:sync-token>{escape(token)}</D:sync-token>"
        "<D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
    )


def multiget_body(paths: Iterable[str]) -> str:
    """RFC 4791, 7.9."""
    hrefs = "".join(f"<D:href>{escape(path)}</D:href>" for path in paths)
    return (
        f"{_HEAD}<C:calendar-multiget {_SPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>"
        f"{hrefs}</C:calendar-multiget>"
    )


def uid_query_body(uid: str) -> str:
    """RFC 4791, 7.8.6."""
    return (
        f"{_HEAD}<C:calendar-query {_SPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>"
        '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
        '<C:prop-filter name="UID"><C:text-match collation="i;octet">'
        f"{escape(uid)}</C:text-match></C:prop-filter></C:comp-filter></C:comp-filter></C:filter>"
        "</C:calendar-query>"
    )


@dataclass(frozen=True, slots=True)
class Member:
    """One DAV:response: ``status`` of the whole member (200 where it only has properties)."""

    path: str
    status: int
    values: Mapping[str, str] = field(default_factory=dict)
    collection: bool = False
    calendar: bool = False
    sync_report: bool = False

    @property
    def etag(self) -> str:
        return self.values.get(ETAG, "").strip()


@dataclass(frozen=True, slots=True)
class Multistatus:
    members: tuple[Member, ...]
    sync_token: str = ""


def canonical_path(href: str, *, base: str) -> str:
    """The path of ``href`` in one spelling; servers quote the same name in different ways.

    Raises TryLater where it names another origin than ``base``, or none that can be read: nothing
    there is asked for.
    """
    if _PLAIN_PATH.fullmatch(href) and not href.startswith("//") and "/." not in href:
        return href
    try:
        url = urlsplit(urljoin(base, href.strip()))
        elsewhere = origin(url.geturl()) != origin(base)
    except ValueError:
        raise TryLater("the server's answer names an address that cannot be read") from None
    if elsewhere:
        raise TryLater("the server's answer names an address on another server")
    return "/".join(quote(unquote(part), safe="@:!$&'()*+,;=~-._") for part in url.path.split("/"))


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port (RFC 6454, 4). Raises ValueError for what is no address."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme.lower(), (parts.hostname or "").lower(), port


def parse(body: bytes, *, base: str) -> Multistatus:
    """Raises TryLater for what is no multistatus: a proxy's page must never read as "empty"."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.LxmlError:
        raise TryLater("the server's answer is not valid XML") from None
    if root.tag != DAV + "multistatus":
        raise TryLater("the server's answer is no multistatus")
    members = tuple(_member(item, base) for item in root.iterfind(DAV + "response"))
    token = root.findtext(SYNC_TOKEN) or ""
    return Multistatus(members=members, sync_token=token.strip())


def _member(item: etree._Element, base: str) -> Member:
    href = item.findtext(DAV + "href")
    if not href:
        raise TryLater("the server's answer names no address")
    values: dict[str, str] = {}
    collection = calendar = sync_report = False
    status = _status(item.findtext(DAV + "status"))
    refused = 0
    for propstat in item.iterfind(DAV + "propstat"):
        code = _status(propstat.findtext(DAV + "status"))
        if code // 100 != 2:
            refused = max(refused, 0 if code == 404 else code)
            continue
        for prop in propstat.iterfind(DAV + "prop"):
            for child in prop:
                if child.tag == RESOURCE_TYPE:
                    collection = child.find(DAV + "collection") is not None
                    calendar = child.find(CALDAV + "calendar") is not None
                elif child.tag == _REPORTS:
                    sync_report = child.find(f".//{DAV}sync-collection") is not None
                elif isinstance(child.tag, str):
                    values[child.tag] = child.text or ""
    return Member(
        path=canonical_path(href, base=base),
        status=status if values or not refused else refused,
        values=values,
        collection=collection,
        calendar=calendar,
        sync_report=sync_report,
    )


def _status(line: str | None) -> int:
    """The code of a status line such as "HTTP/1.1 404 Not Found"; a missing one means success.

    One that cannot be read is a fault of the server: it may have said that something is hidden.
    """
    if line is None or not line.strip():
        return 200
    found = _STATUS.match(line.strip())
    return int(found[1]) if found else 500
