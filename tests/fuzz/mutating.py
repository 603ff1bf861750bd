"""From something real to what nobody meant: texts, bytes and JSON, spoilt step by step."""

from __future__ import annotations

import copy
import re
import string
from collections.abc import Sequence
from typing import Any, Final

from hypothesis import strategies as st

#: What breaks readers, whatever the format.
SIGNS: Final = (
    "\x00", "\x01", "\x1b[2J", "\x7f", "\x85", "\u2028", "\u202e", "\ufeff", "\ufffe", "\ud800",
    "\U0010ffff", "\r", "\n", "\r\n", "\t", " ", "", ":", ";", ",", "=", '"', "'", "\\", "/", "<",
    "&", "%", "%00", "{", "}", "[", "]", "-", "+", "*", "#", "--", "é", "e\u0301", "ς", "²",
)  # fmt: skip
NUMBERS: Final = (
    "0", "-0", "-1", "1e400", "nan", "inf", "9" * 25, "9" * 5_000, "-" + "9" * 5_000, "0x10", "1_0",
    "4294967296", "18446744073709551616", "-2147483649", "٣", "½", "²",
)  # fmt: skip
TIMES: Final = (
    "0001-01-01T00:00:00", "9999-12-31T23:59:59.9999999", "2027-10-31T03:30:00",
    "2027-03-28T03:30:00", "2027-02-29T00:00:00", "2027-01-01", "20270101T000000Z", "2027-W01-1",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2027-01-01T24:00:00",
    "2027-01-01T00:00:00+24:00", "-0001-01-01T00:00:00", "2027-10-31T01:30:00Z",
)  # fmt: skip
ZONES: Final = (
    "UTC", "GTB Standard Time", "Europe/Athens", "Customized Time Zone", "tzone://Microsoft/Custom",
    "../../../etc/passwd", "/etc/passwd", "Europe", ".", "..", "", "\x00", "\ud800", "a" * 5_000,
    "europe/athens", "W. Europe Standard Time", "Etc/GMT+12",
)  # fmt: skip


#: After a name of iCalendar or YAML, and between the tags of XML.
_VALUE: Final = re.compile(r"(?<=[:=]) ?[^\s<>]+[^\r\n<]*|(?<=>)[^<>\s][^<]*(?=<)")


@st.composite
def spoilt_text(draw: st.DrawFn, seeds: Sequence[str], words: Sequence[str]) -> str:
    """One of ``seeds`` after some accidents; ``words`` are those of the format."""
    text = draw(st.sampled_from(seeds))
    pieces = st.sampled_from((*words, *SIGNS, *NUMBERS)) | st.text(max_size=8)
    for _ in range(draw(st.integers(1, 6))):
        match draw(st.integers(0, 5)):
            case 0:  # a line goes, or comes twice
                lines = text.split("\n")
                at = draw(st.integers(0, len(lines) - 1))
                text = "\n".join(lines[:at] + lines[at : at + 1] * draw(st.sampled_from((0, 2)))
                                 + lines[at + 1 :])  # fmt: skip
            case 1:  # a value is another one
                if found := [*_VALUE.finditer(text)]:
                    start, end = draw(st.sampled_from(found)).span()
                    text = text[:start] + draw(pieces) + text[end:]
            case 2:  # something stands in between
                at = draw(st.integers(0, len(text)))
                text = text[:at] + draw(pieces) + text[at:]
            case 3:  # something is missing
                at = draw(st.integers(0, len(text)))
                text = text[:at] + text[at + draw(st.integers(1, 30)) :]
            case 4:  # half of one, half of another
                other = draw(st.sampled_from(seeds))
                text = (
                    text[: draw(st.integers(0, len(text)))]
                    + other[draw(st.integers(0, len(other))) :]
                )
            case _:  # a word is another one
                at = draw(st.integers(0, len(text)))
                end = at
                while end < len(text) and text[end] in string.ascii_letters + string.digits:
                    end += 1
                text = text[:at] + draw(pieces) + text[end:]
    return text


def spoilt_bytes(seeds: Sequence[str], words: Sequence[str]) -> st.SearchStrategy[bytes]:
    """As ``spoilt_text``, in UTF-8 or in what is not."""
    return st.one_of(
        spoilt_text(seeds, words).map(lambda text: text.encode("utf-8", "surrogatepass")),
        spoilt_text(seeds, words).map(lambda text: text.encode("utf-16", "replace")),
        spoilt_text(seeds, words).map(lambda text: text.encode("iso-8859-7", "replace")),
        st.binary(max_size=60),
    )


_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1.5, 10**30, 10**400, float("inf"), float("nan"), [], {}, [[]],
    [None], [{}], {"": None}, {"a": [{"b": {}}]}, "a" * 3_000,
    *SIGNS, *NUMBERS, *TIMES, *ZONES,
)  # fmt: skip
values: Final = st.sampled_from(_VALUES).map(copy.deepcopy) | st.text(max_size=10)


def _places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(tree, dict):
        for key, value in tree.items():
            found += _places(value, (*path, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            found += _places(value, (*path, number))
    return found


@st.composite
def spoilt_json(draw: st.DrawFn, seeds: Sequence[Any], words: Sequence[Any] = ()) -> Any:
    """One of ``seeds`` in which some values are others, missing, doubled or of another kind."""
    tree = [copy.deepcopy(draw(st.sampled_from(seeds)))]
    wrong = values | st.sampled_from(words) if words else values
    for _ in range(draw(st.integers(1, 5))):
        places = _places(tree)
        # Deep ones are many: half of the time one near the root.
        if draw(st.booleans()):
            places = [each for each in places if len(each) <= 3]
        path = draw(st.sampled_from(places))
        if not path:
            continue
        parent: Any = tree
        for step in path[:-1]:
            parent = parent[step]
        match draw(st.integers(0, 4)) if len(path) > 1 else 4:
            case 0:
                del parent[path[-1]]
            case 1 if isinstance(parent, list):
                parent.append(copy.deepcopy(parent[path[-1]]))
            case 2 if isinstance(parent, dict):
                parent[draw(st.sampled_from(SIGNS))] = parent.pop(path[-1])
            case 3:
                parent[path[-1]] = [parent[path[-1]]]
            case _:
                parent[path[-1]] = copy.deepcopy(draw(wrong))
    return tree[0] if tree else None
