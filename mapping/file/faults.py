"""What is wrong with a mapping file, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault. ``line`` and ``column`` count from 1; ``message`` says what to write instead."""

    line: int
    column: int
    message: str

    def in_file(self, name: str) -> str:
        return f"{name}:{self.line}:{self.column}: {self.message}"


class MappingFileError(Exception):
    """The file cannot be used; ``faults`` holds every fault, ordered by place."""

    def __init__(self, name: str, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(fault.in_file(name) for fault in faults))
        self.name = name
        self.faults = faults
