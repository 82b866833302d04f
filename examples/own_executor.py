"""A mission executor of one's own: a mission item that flies an outward square spiral, for a search.

Run it: `python examples/own_executor.py`. The item is NAV_SCRIPT_TIME (42702), MAVLink's item for what a vehicle's own
scripts fly: param 3 is the number of turns, param 4 the spacing in metres. All other items are flown as usual.
"""

from __future__ import annotations

from autopilot.interface.geo import Ned
from autopilot.interface.targets import Leg
from autopilot.mission.executor import CommandStartResult
from autopilot.modes.mode import VehicleContext
from sortie import MissionItem, Session, events

NAV_SCRIPT_TIME = 42702
TAKEOFF, RETURN = 22, 20
RELATIVE_ALT = 3


class SpiralSearch:
    """A `MissionExecutor`: asked first for each item, it takes its own and leaves the others (UNSUPPORTED)."""

    def __init__(self, context: VehicleContext) -> None:
        self.context = context
        self.corners: list[Ned] = []

    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        if cmd.command != NAV_SCRIPT_TIME:
            return CommandStartResult.UNSUPPORTED
        self.corners = spiral(self.context.facts.vehicle.state.position, int(cmd.param3), cmd.param4)
        self._fly_on()
        return CommandStartResult.ACCEPTED

    def verify_command(self, cmd: MissionItem) -> bool:
        """Asked at every tick; `arrived` is about the target that was given last."""
        if self.context.helm.arrived and self.corners:
            self._fly_on()
        return self.context.helm.arrived

    def on_mission_complete(self) -> None:
        self.corners = []

    def _fly_on(self) -> None:
        self.context.helm.fly(Leg(self.corners.pop(0)))


def spiral(start: Ned, turns: int, spacing: float) -> list[Ned]:
    """The corners of a square spiral around `start`, NED metres, at its height."""
    north, east, down = start
    corners: list[Ned] = []
    for side in range(1, 2 * turns + 1):
        step = side * spacing * (1 if side % 2 else -1)
        north += step
        corners.append((north, east, down))
        east += step
        corners.append((north, east, down))
    return corners


def main() -> None:
    mission = [
        MissionItem(TAKEOFF, RELATIVE_ALT, z=20.0),
        MissionItem(NAV_SCRIPT_TIME, RELATIVE_ALT, param3=2.0, param4=15.0),
        MissionItem(RETURN, RELATIVE_ALT),
    ]
    with Session(executor=SpiralSearch) as session:
        session.upload(mission)
        session.start()
        while session.state.armed:
            session.run_for(5.0)
            state = session.state
            north, east, _ = state.position
            print(f"{state.time_s:6.1f} s  item {state.mission.item}  {north:6.1f} m north {east:6.1f} m east")
        reached = [event.seq for event in session.events_of(events.ItemReached)]
        print(f"landed; items reached: {reached}")


if __name__ == "__main__":
    main()
