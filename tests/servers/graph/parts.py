"""The parts that answer requests, each of which joins the world by adding its routes."""

from __future__ import annotations

from tests.servers.graph import batch, delta, events, people, schedule, views
from tests.servers.graph.world import World


def install(world: World) -> None:
    for part in (people, events, views, delta, schedule, batch):
        part.install(world)
