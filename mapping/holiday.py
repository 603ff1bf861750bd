"""Days on which a municipality is closed by the calendar: public, half and local holidays."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from mapping.model import Holidays, LocalText


@functools.lru_cache(maxsize=256)
def holidays_of(rules: Holidays, year: int) -> Mapping[date, LocalText]:
    """Every closed day of ``year`` with its name, by local date.

    Moveable feasts follow the Orthodox Easter (library ``holidays``). Days in ``rules.open_on``
    are left out: that is how a wrongly guessed transfer of Labour Day is put right.
    """
    found = dict(_public(rules.country, year, rules.half_days)) if rules.country else {}
    for feast in rules.local:
        try:
            found[date(year, feast.month, feast.day)] = feast.name
        except ValueError:  # 29 February in a common year
            continue
    for day in rules.open_on:
        found.pop(day, None)
    return MappingProxyType(found)


def is_holiday(rules: Holidays, day: date) -> bool:
    return day in holidays_of(rules, day.year)


def is_known_country(country: str) -> bool:
    from holidays import list_supported_countries

    return country in list_supported_countries()


@functools.lru_cache(maxsize=256)
def _public(country: str, year: int, half_days: bool) -> tuple[tuple[date, LocalText], ...]:
    # The library takes a while to import and most commands never ask it.
    from holidays import HALF_DAY, PUBLIC, country_holidays

    offered = country_holidays(country).supported_categories
    wanted = tuple(each for each in (PUBLIC, HALF_DAY) if each in offered)
    categories = wanted if half_days else (PUBLIC,)
    greek = country_holidays(
        country, years=year, language=_language(country, "el"), categories=categories
    )
    english = country_holidays(
        country, years=year, language=_language(country, "en"), categories=categories
    )
    return tuple((day, LocalText(greek[day], english[day])) for day in sorted(greek))


def _language(country: str, wanted: str) -> str | None:
    """The library's name of a language, None (the country's own) where it has no such names."""
    from holidays import country_holidays

    supported = country_holidays(country).supported_languages
    return next((each for each in supported if each.split("_")[0] == wanted), None)
