"""The small "Outlook" of the stand-in: pages on which a person plays the employee."""

from tests.servers.graph.outlook.pages import install

__all__ = ["install"]
