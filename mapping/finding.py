"""Finding a name among many, however it was typed: accents, case, Latin letters, another ending."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from math import inf
from typing import TypeVar

_T = TypeVar("_T")

#: Spellings that sound alike become one, longest first. Greek names are typed in Latin letters by
#: ear («Χανιά»: chania, hania, xania), so letters that are confused that way share one sign too.
_GREEK = (
    *(("ου", "u"), ("αι", "e"), ("ει", "i"), ("οι", "i"), ("υι", "i"), ("αυ", "ab"), ("ευ", "eb")),
    *(("μπ", "b"), ("ντ", "d"), ("γκ", "g"), ("γγ", "g"), ("ψ", "ps"), ("χ", "h"), ("ξ", "h")),
    *zip("αβγδεζηθικλμνοπρστυφως", "abgdeziqiklmnoprstibos", strict=True),
)
_LATIN = (
    *(
        ("th", "q"),
        ("nth", "nq"),
        ("8", "q"),
        ("ph", "b"),
        ("f", "b"),
        ("ks", "h"),
        ("kh", "h"),
        ("ch", "h"),
    ),
    *(("x", "h"), ("ou", "u"), ("oy", "u"), ("ai", "e"), ("ei", "i"), ("oi", "i"), ("yi", "i")),
    *(("au", "ab"), ("ay", "ab"), ("eu", "eb"), ("ey", "eb"), ("mp", "b"), ("nt", "d")),
    *(("gk", "g"), ("gg", "g"), ("ng", "g"), ("v", "b"), ("w", "o"), ("y", "i"), ("c", "k")),
)
_SOUNDS = dict((*_GREEK, *_LATIN))
_SPELLINGS = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))
_REPEATED = re.compile(r"(.)\1+")
_ENDING = re.compile(r"[aeiou]+[sn]?$")
_WORD = re.compile(r"[^\W_]+")
#: What stands in every name, and articles.
_EMPTY = {"dimos", "dimu", "municipality", "of", "the", "ke", "tu", "tis", "ton"}
_LONGEST = 60
#: Shared by two words that are the same one but for a slip or their endings.
_ALIKE = 0.72
_STEM = 4


@lru_cache(maxsize=4096)
def sounds(text: str) -> tuple[str, ...]:
    """The words of ``text`` as they sound: «Δήμος Χανίων» is ("dimos", "hanion")."""
    decomposed = unicodedata.normalize("NFD", text[:_LONGEST].lower())
    bare = "".join(each for each in decomposed if not unicodedata.combining(each))
    return tuple(_sound(word) for word in _WORD.findall(bare))


def _sound(word: str) -> str:
    return _REPEATED.sub(r"\1", _SPELLINGS.sub(lambda found: _SOUNDS[found[0]], word))


def find(query: str, among: Iterable[_T], *, names: Callable[[_T], Iterable[str]]) -> list[_T]:
    """Those of ``among`` that ``query`` may mean, the likeliest first; ``[]`` where none does.

    ``names`` gives the names of one. Every word of the query must be found in one of them: whole,
    with another ending («Αθήνα», ΔΗΜΟΣ ΑΘΗΝΑΙΩΝ) or as a beginning. Where that finds nothing,
    words that are nearly the same count.
    """
    wanted = [each for each in sounds(query) if each not in _EMPTY]
    if not wanted:
        return []
    known = [(each, [sounds(name) for name in names(each)]) for each in among]
    return _best(wanted, known, _distance) or _best(wanted, known, _likeness)


def _best(
    wanted: list[str],
    known: list[tuple[_T, list[tuple[str, ...]]]],
    measure: Callable[[str, str], float],
) -> list[_T]:
    """In order of what ``measure`` says of the word that is answered worst; where two are equal,
    the shorter name first."""
    ranked = []
    for each, spellings in known:
        rank = min((_rank(wanted, name, measure) for name in spellings), default=(inf, 0))
        if rank[0] < inf:
            ranked.append((rank, each))
    return [each for _, each in sorted(ranked, key=lambda pair: pair[0])]


def _rank(
    wanted: list[str], name: tuple[str, ...], measure: Callable[[str, str], float]
) -> tuple[float, int]:
    worst = max(min((measure(word, part) for part in name), default=inf) for word in wanted)
    return worst, len(name)


def _distance(word: str, part: str) -> float:
    """0: the same word; 1: with another ending; 2 and 3: one that begins so; inf: another one."""
    if part in _EMPTY:
        return inf
    if word.rstrip("sn") == part.rstrip("sn"):
        return 0
    stem = _ENDING.sub("", word)
    if len(stem) > 1 and stem == _ENDING.sub("", part):
        return 1
    if part.startswith(word):
        return 2
    return 3 if len(stem) > _STEM - 2 and part.startswith(stem) else inf


def _likeness(word: str, part: str) -> float:
    """Smaller where the words are more alike; inf where they are too different."""
    if part in _EMPTY or len(word) <= _STEM:
        return inf
    ratio = SequenceMatcher(None, word, part).ratio()
    if ratio >= _ALIKE or part.startswith(_ENDING.sub("", word)[:_STEM].ljust(_STEM)):
        return 1 - ratio
    return inf
