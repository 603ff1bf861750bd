"""The report of a run, in Markdown: facts of the provider, nothing of anybody's calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from connectors.conformance.live import Record, Verdict
from connectors.contract import Capabilities

_MARKS = {Verdict.KEPT: "kept", Verdict.BROKEN: "**broken**", Verdict.NOT_APPLICABLE: "–"}


def markdown(
    record: Record,
    *,
    mailbox: str,
    provider: str,
    capabilities: Capabilities,
    versions: Mapping[str, str],
) -> str:
    parts = [
        [f"# Conformance of {mailbox}", "", summary(record), ""],
        _facts(record, provider, capabilities, versions),
        _promises(record),
        _answers(record),
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def summary(record: Record) -> str:
    """One sentence: what was kept and broken, and whether the run came to its end."""
    count = dict.fromkeys(Verdict, 0)
    for outcome in record.outcomes:
        count[outcome.verdict] += 1
    text = (
        f"{count[Verdict.KEPT]} promises kept, {count[Verdict.BROKEN]} broken,"
        f" {count[Verdict.NOT_APPLICABLE]} not applicable."
    )
    if record.trouble:
        text += f" The run ended early: {record.trouble}."
    if record.interrupted:
        text += " The run was interrupted."
    if record.left:
        return f"{text} EVENTS MAY HAVE STAYED in the calendar: {record.left}. Run it again."
    return f"{text} No event stayed behind."


def _facts(
    record: Record, provider: str, capabilities: Capabilities, versions: Mapping[str, str]
) -> Iterator[str]:
    can = ", ".join(
        name if value is True else f"{name} ({value})"
        for name, value in asdict(capabilities).items()
        if value
    )
    yield from _table(("", ""), [
        ("begun", _moment(record.begun)),
        ("ended", _moment(record.ended)),
        ("provider", provider),
        ("capabilities", can),
        ("versions", ", ".join(f"{name} {version}" for name, version in versions.items())),
        ("requests", "not counted" if record.requests is None else str(record.requests)),
        ("longest wait until a change was told", f"{record.waited:.0f} s"),
        ("events of earlier runs, removed first", str(record.swept)),
        ("events of others near the times of the run", str(record.others)),
        ("of these, changed or removed by somebody meanwhile", str(record.touched)),
    ])  # fmt: skip


def _promises(record: Record) -> Iterator[str]:
    yield "## Promises"
    yield ""
    rows = []
    for each in record.outcomes:
        why = f"lacks: {each.why}" if each.verdict is Verdict.NOT_APPLICABLE else each.why
        rows.append((each.promise.sentence, _MARKS[each.verdict], why, f"{each.seconds:.1f} s"))
    yield from _table(("promise", "", "why", "time"), rows)


def _answers(record: Record) -> Iterator[str]:
    if not record.answers:
        return
    yield "## What the documentation leaves open"
    yield ""
    yield "How this provider answered today; Rantevou works with any of these answers."
    yield ""
    rows = [(each.question, each.answer) for each in record.answers]
    yield from _table(("question", "answer"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield _row(head)
    yield _row(["---"] * len(head))
    for row in rows:
        yield _row(row)
    yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
