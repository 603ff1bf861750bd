"""Calendars in memory: for tests, for demonstrations, and to argue about the contract with."""

from connectors.memory.abilities import AbleMemoryConnector
from connectors.memory.connector import MemoryConnector, shared

__all__ = ["AbleMemoryConnector", "MemoryConnector", "shared"]
