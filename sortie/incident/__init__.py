"""Incidents: logs of flights, replayed as they were or flown again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sortie.incident.again import fly_again as fly_again


def __getattr__(name: str) -> Any:
    if name == "fly_again":  # a replay needs no session
        from sortie.incident.again import fly_again

        return fly_again
    raise AttributeError(name)
