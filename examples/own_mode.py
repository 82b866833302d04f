"""A flight mode of one's own: ORBIT circles the place where it was entered, then holds there.

Run it: `python examples/own_mode.py`. In a service that ground stations connect to, they fly it by its number.
"""

from __future__ import annotations

from autopilot.interface.targets import Circle, Hold, Yaw, YawMode
from autopilot.interface.vehicle import VehicleEvent
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.vehicles.mode_table import ModeSpec
from sortie import Session, events

ORBIT = ModeSpec(100, "ORBIT", position=True, autopilot=True)
RADIUS_M = 12.0
TURNS = 1.0


class Orbit(Mode):
    """A mode sets targets and reads the vehicle's events; it never looks at a clock by itself."""

    def __init__(self, context: VehicleContext, spec: ModeSpec) -> None:
        super().__init__(context, spec)
        self.turned = False

    def refusal(self, now_ms: int) -> str | None:
        return "needs to fly 5 m high" if self.facts.height < 5.0 else None

    def enter(self, now_ms: int) -> None:
        self.turned = False
        center = self.facts.vehicle.state.position
        self.helm.fly(Circle(center, RADIUS_M, turns=TURNS, yaw=Yaw(YawMode.POINT, point=center)))

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if events & VehicleEvent.ARRIVED and not self.turned:
            self.turned = True
            self.helm.fly(Hold(None))


def main() -> None:
    with Session() as session:
        session.add_mode(ORBIT, Orbit)
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(10.0)
        session.run_until(lambda s: s.state.height > 9.5)
        session.set_mode("ORBIT")
        while session.state.mode == "ORBIT":
            session.run_for(4.0)
            state = session.state
            north, east, _ = state.position
            print(f"{state.time_s:6.1f} s  {state.mode}  {north:6.1f} m north {east:6.1f} m east")
            if state.time_s > 60.0:
                session.rtl()
        session.run_until(events.ArmedChanged)
        print("landed")


if __name__ == "__main__":
    main()
