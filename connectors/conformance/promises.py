"""All promises, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Final, TypeVar

from connectors.conformance.checks import NotApplicable
from connectors.conformance.office import Office

_Function = TypeVar("_Function", bound=Callable[[Office], None])
_PREFIX: Final = "promise_"


@dataclass(frozen=True, slots=True)
class Promise:
    """``keep`` returns where the calendar keeps it; raises PromiseBroken or NotApplicable."""

    name: str
    sentence: str  #: for a report
    function: Callable[[Office], None]
    needs: tuple[str, ...] = ()  #: names of ``Capabilities``
    live: bool = True  #: can be tried on a mailbox that others use

    def __str__(self) -> str:
        return self.name

    def keep(self, office: Office) -> None:
        for capability in self.needs:
            if not getattr(office.connector.capabilities, capability):
                raise NotApplicable(capability)
        self.function(office)


def needs(*capabilities: str) -> Callable[[_Function], _Function]:
    """Mark a promise that only some calendar systems can give."""

    def marked(function: _Function) -> _Function:
        function.__dict__["needs"] = capabilities
        return function

    return marked


def not_live(function: _Function) -> _Function:
    """Mark a promise that needs processes or mailboxes which a live run does not have."""
    function.__dict__["live"] = False
    return function


def of_module(module: ModuleType) -> tuple[Promise, ...]:
    """Every function of ``module`` whose name begins with ``promise_``."""
    return tuple(_found(module))


def _found(module: ModuleType) -> Iterator[Promise]:
    for name, function in vars(module).items():
        if name.startswith(_PREFIX) and function.__module__ == module.__name__:
            marks = function.__dict__
            yield Promise(
                name=name.removeprefix(_PREFIX),
                sentence=(function.__doc__ or name).strip(),
                function=function,
                needs=marks.get("needs", ()),
                live=marks.get("live", True),
            )
