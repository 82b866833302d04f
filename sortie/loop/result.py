"""The JSON object of `sortie loop`, and the exit status that goes with it."""

from __future__ import annotations

from typing import Any

from depot.decisions.memory import DepotMemory
from depot.names import EndedBy
from depot.world.depot import DepotResources

EXIT = {
    EndedBy.SORTIES_DONE: 0, EndedBy.RETIRED: 1, EndedBy.LOST: 1, EndedBy.TOTAL_ABORT: 3, EndedBy.STOPPED: 0,
}  # fmt: skip


def result_of(
    profile: str, seed: int, sorties: list[dict[str, Any]], memory: DepotMemory, depot: DepotResources,
    ended_by: EndedBy,
) -> dict[str, Any]:  # fmt: skip
    """See docs/reference/sortie-loop.md, "Endings and restarts". `sorties`: all that have ended."""
    return {
        "profile": profile,
        "seed": seed,
        "sorties": sorties,
        "skimmer": {"state": memory.skimmer.value, "reason": memory.reason, "heard_again": memory.heard_again},
        "depot": {
            "state": "TOTAL_ABORT" if memory.leaving or memory.ended_by is EndedBy.TOTAL_ABORT else "NOMINAL",
            "tanks": {
                tank.name: {"species": tank.species, "kg": round(tank.kg, 3), "capacity_kg": tank.capacity_kg}
                for tank in depot.tanks
            },
        },
        "ended_by": ended_by.value,
    }
