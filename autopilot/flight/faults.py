"""Faults of actors: `ACTOR.reset`, `motor.arm`, `motor.disarm`, `ACTOR.raise`; values `fail` (default) and `hang`.

`ACTOR.raise=fail` makes the actor raise once, when the fault begins; `hang` stops it during the fault. The others apply
to every such request during the fault.
"""

from __future__ import annotations

from typing import Final

from autopilot.flight.kernel import ActorKernel

FAIL, HANG = "fail", "hang"
ACTORS: Final = (
    "sensor",
    "estimator",
    "waypoint",
    "altitude",
    "position",
    "attitude",
    "rate",
    "motor",
    "flight_manager",
    "battery",
    "comms",
    "logger",
)
"""All actors in the order in which they run (docs/reference/flight-lifecycle.md, "Actors")."""

FAULT_NAMES: Final = (
    *(f"{actor}.reset" for actor in ACTORS if actor != "flight_manager"),
    "motor.arm",
    "motor.disarm",
    *(f"{actor}.raise" for actor in ACTORS),
)


def inject(kernel: ActorKernel, name: str, value: str | None, *, active: bool) -> bool:
    """Begin or end a fault; False when name or value is unknown."""
    effect = FAIL if value is None else value
    if name not in FAULT_NAMES or effect not in (FAIL, HANG):
        return False
    actor, _, what = name.partition(".")
    if what != "raise":
        if active:
            kernel.faults[name] = effect
        else:
            kernel.faults.pop(name, None)
    elif effect == HANG:
        kernel.hang(actor, active)
    elif active:
        kernel.poison(actor)
    return True
