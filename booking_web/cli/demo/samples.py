"""The sample municipalities, fitted to the servers that this run has."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources

from booking_web.cli.demo.place import Kept
from booking_web.cli.demo.stand_in import StandIn

CALDAV_SECRET = "caldav-service"  # noqa: S105  (its name, not its value)
GRAPH_SECRET = "m365-application"  # noqa: S105  (likewise)

#: What the sample files say; replaced by what is true here.
_CALDAV_URL = "http://127.0.0.1:5232/"
_GRAPH_URL = "https://graph.microsoft.com/v1.0"
_NOBODY = "00000000-0000-0000-0000-000000000000"
_AUTHORITY = re.compile(
    r"^(?P<indent> +)authority: https://login\.microsoftonline\.com$", re.MULTILINE
)

_ENTRY = r"^  - name: (?P<name>\S+)\n    provider: {provider}\n(?:    .*\n)*"
_MAILBOX = r"^(?P<head>  - address: (?P<address>\S+)\n    staff: \S+\n)    connection: {name}\n"

#: SHA-256 of Kavala's sample as the first version shipped it: on CalDAV altogether.
_FIRST_KAVALA = "c77ff5b492eec0d6a3bc314e873eb88668379c9547967f2cb5a55dfca336b9ad"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the calendars of a run are; what Microsoft 365 would be is empty without stand-in."""

    caldav_url: str = ""
    graph_url: str = ""
    authority: str = ""
    ca_file: str = ""
    tenant: str = ""
    client_id: str = ""

    @classmethod
    def of(cls, caldav_url: str, graph: StandIn | None) -> Addresses:
        if graph is None:
            return cls(caldav_url)
        return cls(
            caldav_url,
            graph.base_url,
            graph.authority,
            graph.ca_file,
            graph.tenant,
            graph.client_id,
        )


def texts() -> list[str]:
    """The sample files as they are shipped, in the order of their names."""
    folder = resources.files("mapping") / "samples"
    return [
        file.read_text(encoding="utf-8")
        for file in sorted(folder.iterdir(), key=lambda each: each.name)
        if file.name.endswith(".yaml")
    ]


def fitted(text: str, at: Addresses) -> str:
    """A sample as this run imports it."""
    if not at.graph_url:
        text = on_caldav(text)
    for before, after in ((_CALDAV_URL, at.caldav_url), (_GRAPH_URL, at.graph_url)):
        text = text.replace(before, after)
    text = text.replace(f"user: {_NOBODY}", f"user: {at.client_id}")
    text = text.replace(f"tenant: {_NOBODY}", f"tenant: {at.tenant}")

    def authority(found: re.Match[str]) -> str:
        lines = (
            f"authority: {at.authority}",
            'disable_instance_discovery: "yes"',
            f"ca_file: {json.dumps(at.ca_file, ensure_ascii=False)}",
        )
        return "\n".join(found["indent"] + line for line in lines)

    return _AUTHORITY.sub(authority, text)


def on_caldav(text: str) -> str:
    """The same municipality with every calendar on the CalDAV server that it names too."""
    caldav = re.search(_ENTRY.format(provider="caldav"), text, re.MULTILINE)
    for graph in list(re.finditer(_ENTRY.format(provider="graph"), text, re.MULTILINE)):
        assert caldav is not None, "a sample with Microsoft 365 names a CalDAV server beside it"
        text = text.replace(graph[0], "")
        text = re.sub(
            _MAILBOX.format(name=re.escape(graph["name"])),
            rf"\g<head>    connection: {caldav['name']}\n    calendar: \g<address>/rantevou/\n",
            text,
            flags=re.MULTILINE,
        )
    return text


def renewed(fitted: str, *, stored: str, before: Addresses, at: Addresses, digest: str) -> str:
    """What takes the place of a ``stored`` sample; equal to it where nothing is to change.

    Where nobody changed the file (``digest`` is that of the text that was imported) it follows the
    sample that is shipped now, else only the addresses in it follow those of this run.
    """
    first = not digest and digest_of(stored.replace(before.caldav_url, _CALDAV_URL))
    if digest_of(stored) == digest or first == _FIRST_KAVALA:
        return fitted
    old: Mapping[str, str] = asdict(before)
    for name, now in asdict(at).items():
        if old[name] and now:
            stored = stored.replace(old[name], now)
    return stored


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def addresses_of(kept: Kept) -> Addresses:
    """Those that the imported samples were given."""
    return Addresses(**{"caldav_url": kept.mapped_caldav_url, **kept.mapped_graph})


def keep_addresses(kept: Kept, at: Addresses) -> None:
    """Remember them; those of a stand-in that is missing now stay what they were."""
    given = {name: value for name, value in asdict(at).items() if value}
    kept.mapped_caldav_url = given.pop("caldav_url")
    kept.mapped_graph = {**kept.mapped_graph, **given}
