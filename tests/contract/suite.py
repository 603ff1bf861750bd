"""The promises of ``connectors.conformance`` as tests; subclasses give an ``office`` fixture."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.conformance import at_once, looking, reading, single_events
from connectors.conformance.promises import Promise, of_module
from tests.contract.office import Office

_Test = Callable[..., None]


def _each(*promises: Promise) -> Callable[[_Test], _Test]:
    return pytest.mark.parametrize("promise", promises, ids=str)


class EventPromises:
    @_each(*of_module(single_events))
    def test_events(self, office: Office, promise: Promise) -> None:
        promise.keep(office)

    @_each(*of_module(at_once))
    def test_at_once(self, office: Office, promise: Promise) -> None:
        promise.keep(office)


class ReadingPromises:
    @_each(*of_module(reading))
    def test_reading(self, office: Office, promise: Promise) -> None:
        promise.keep(office)


class LookingPromises:
    """For connectors with the capabilities ``fingerprints`` and ``exact_periods``."""

    @_each(*of_module(looking))
    def test_looking(self, office: Office, promise: Promise) -> None:
        promise.keep(office)
