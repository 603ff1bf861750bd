"""A stateful stand-in for Microsoft Graph, Entra and Teams; it is not Microsoft's."""

from tests.servers.graph.server import GraphServer, graph_server

__all__ = ["GraphServer", "graph_server"]
