"""A group of clients hears what any client listens to, without loading them all."""

from __future__ import annotations

from importlib import import_module

from mavlink_bridge import clients
from mavlink_bridge.clients.base import Client
from mavlink_bridge.clients.group import ANSWERS


def test_a_group_hears_what_its_clients_listen_to() -> None:
    for name in clients.__all__:
        assert getattr(clients, name).__module__.startswith("mavlink_bridge.clients.")
    import_module("mavlink_bridge.clients.parameters")
    kinds = [kind for kind in Client.__subclasses__() if kind.__module__.startswith("mavlink_bridge.clients.")]
    assert len(kinds) >= 9 and frozenset[str]().union(*(kind.handles for kind in kinds)) == ANSWERS
