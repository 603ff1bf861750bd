"""Calendars in memory: for tests, for demonstrations, and to argue about the contract with."""

from connectors.memory.connector import MemoryConnector, shared

__all__ = ["MemoryConnector", "shared"]
