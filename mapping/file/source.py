"""From bytes to a YAML node tree, with bounds on what a file may cost."""

from __future__ import annotations

import re
from itertools import islice

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node

from mapping.file.faults import Fault, MappingFileError

MAX_BYTES = 2_000_000

# YAML 1.2.2, section 5.1: what a stream may contain; U+2028 and U+2029 end lines in some readers.
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)


def decode(data: bytes, *, name: str) -> str:
    """The text of a file, line ends kept. Raises MappingFileError where it is not UTF-8."""
    if len(data) > MAX_BYTES:
        raise MappingFileError(name, (_too_large(),))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line, column = position(before, len(before))
        message = "this is not UTF-8; save the file with the encoding UTF-8"
        raise MappingFileError(name, (Fault(line, column, message),)) from None


def compose(text: str, *, name: str) -> Node:
    """The node tree of the one document in ``text``. Raises MappingFileError."""
    if len(text) > MAX_BYTES:
        raise MappingFileError(name, (_too_large(),))
    unprintable = _unprintable(text)
    if unprintable:
        raise MappingFileError(name, unprintable)
    try:
        node: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        raise MappingFileError(name, (_syntax(error),)) from None
    except (YAMLError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise MappingFileError(name, (Fault(1, 1, f"this is not valid YAML: {reason}"),)) from None
    except RecursionError:
        message = "lists or mappings stand inside each other too deeply; write them flat"
        raise MappingFileError(name, (Fault(1, 1, message),)) from None
    if node is None:
        message = "the file is empty; start from one of the samples"
        raise MappingFileError(name, (Fault(1, 1, message),))
    return node


def position(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of the character at ``index``."""
    before = text[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def _unprintable(text: str) -> tuple[Fault, ...]:
    return tuple(
        Fault(
            *position(text, found.start()),
            f"control character U+{ord(found.group()):04X}; delete it",
        )
        for found in islice(_UNPRINTABLE.finditer(text), 20)
    )


def _too_large() -> Fault:
    return Fault(
        1, 1, f"the file is larger than {MAX_BYTES:,} bytes; a mapping file is a few pages"
    )


def _syntax(error: MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = (error.problem or error.context or "syntax error").splitlines()[0]
    advice = "check the indentation, and put a text that contains ': ' or ' #' in quotes"
    if "document" in problem:
        advice = "one file describes one municipality; remove the '---' between documents"
    elif "\\t" in problem or "\t" in problem:
        advice = "indent with spaces, not with tabs"
    return Fault(line, column, f"this is not valid YAML: {problem}; {advice}")
