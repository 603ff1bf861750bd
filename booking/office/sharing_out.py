"""Who takes over which appointment, so that nobody is meant to be at two at a time. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Wish:
    """An appointment that somebody is to take over. ``able``: who could, the best one first."""

    id: str
    first: int  #: cell, buffers included
    end: int
    able: tuple[str, ...]

    def overlaps(self, other: Wish) -> bool:
        return self.first < other.end and other.first < self.end


@dataclass(slots=True)
class _Plan:
    """Who has what so far; somebody makes room where they could take another one instead."""

    taken: dict[str, list[Wish]] = field(default_factory=dict)

    def seat(self, wish: Wish, asked: set[str]) -> bool:
        asked.add(wish.id)
        for who in sorted(wish.able, key=lambda each: len(self.taken.get(each, []))):
            mine = self.taken.setdefault(who, [])
            in_the_way = [other for other in mine if other.overlaps(wish)]
            if not in_the_way:
                mine.append(wish)
                return True
            if len(in_the_way) > 1 or in_the_way[0].id in asked:
                continue
            mine.remove(in_the_way[0])
            mine.append(wish)
            if self.seat(in_the_way[0], asked):
                return True
            mine.remove(wish)
            mine.append(in_the_way[0])
        return False


def share_out(wishes: Iterable[Wish]) -> dict[str, str]:
    """Who takes over which wish, by its id; those for whom nobody is left are not in it.

    The fewest for one person first, and as many in all as can be where appointments at the same
    time are equally long.
    """
    plan = _Plan()
    for wish in sorted(wishes, key=lambda each: (len(each.able), each.first, each.id)):
        plan.seat(wish, set())
    return {wish.id: who for who, mine in plan.taken.items() for wish in mine}
