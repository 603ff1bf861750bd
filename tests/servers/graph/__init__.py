"""A stateful stand-in for Microsoft Graph, Entra and Teams; it is not Microsoft's.

In a test::

    with graph_server(tmp_path) as graph:
        box = graph.add_mailbox("anna@kavala.example", name="Άννα")
        connector = connector_for(graph.connection(), office_zone=ATHENS)
        event = box.put(start, end, "oof")      # what the employee does in Outlook: ``staff.py``
        graph.clock.advance(timedelta(hours=1))
        graph.switches.teams_link = "later"     # what Microsoft does not document: ``switches.py``
        graph.faults.add(...)                   # what goes wrong: ``faults.py``
        assert graph.requests.count("POST", r"/events$") == 1

By hand: ``python -m tests.servers.graph --directory DIR --port P --tls-port T``.

Where things are: ``world`` is the state with its hooks, ``mailbox`` and ``items`` what is stored,
``series`` the recurrence, ``rendering`` and ``writing`` an event on its way out and in; ``events``,
``views``, ``delta``, ``schedule``, ``people`` answer the paths of calendars, ``meetings``,
``mail``, ``settings``, ``subscriptions``, ``batch`` those of everything else.
"""

from tests.servers.graph.server import GraphServer, graph_server

__all__ = ["GraphServer", "graph_server"]
