"""Texts of a mapping file as HTML: paragraphs, headings, lists, web addresses; all else escaped."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

# An address ends before the punctuation of its sentence.
_ADDRESS = re.compile(
    r"(?P<web>(?:https?://|www\.)[^\s<>\"«»]*[^\s<>\"«».,;:!?·)\]])"
    r"|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
)


def html(text: str) -> Markup:
    """Blocks of ``text``: "## " opens a heading, "- " a list item, other lines are paragraphs."""
    blocks: list[Markup] = []
    items: list[Markup] = []
    for line in (each.strip() for each in text.splitlines()):
        if line.startswith("- "):
            items.append(Markup("<li>{}</li>").format(linked(line[2:])))
            continue
        if items:
            blocks.append(_list(items))
            items = []
        if line.startswith("## "):
            blocks.append(Markup("<h2>{}</h2>").format(line[3:]))
        elif line:
            blocks.append(Markup("<p>{}</p>").format(linked(line)))
    if items:
        blocks.append(_list(items))
    return Markup("\n").join(blocks)


def linked(line: str) -> Markup:
    """``line`` escaped, with its web and mail addresses as links."""
    parts: list[Markup] = []
    end = 0
    for found in _ADDRESS.finditer(line):
        parts.append(escape(line[end : found.start()]))
        parts.append(_link(found))
        end = found.end()
    parts.append(escape(line[end:]))
    return Markup("").join(parts)


def _link(found: re.Match[str]) -> Markup:
    if mail := found["mail"]:
        return Markup('<a href="mailto:{0}">{0}</a>').format(mail)
    web = found["web"]
    target = web if web.startswith("http") else f"https://{web}"
    return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(target, web)


def _list(items: list[Markup]) -> Markup:
    return Markup("<ul>{}</ul>").format(Markup("").join(items))


def full_stop(sentence: str) -> str:
    """``sentence`` with one full stop, also where it ends with «π.μ.»."""
    return sentence if sentence.endswith(".") else sentence + "."
