"""Code with planted bugs, for searches to find: executors, a mode and a client of somebody's own."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from autopilot.interface.targets import Circle, Hold, Leg, Yaw, YawMode
from autopilot.mission.executor import CommandStartResult
from autopilot.modes.mode import Mode
from autopilot.vehicles.mode_table import ModeSpec
from sortie.config.errors import RefusedError

NAV_SCRIPT_TIME = 42702
ORBIT = ModeSpec(100, "ORBIT", position=True, autopilot=True)


class Spiral:
    """Flies a square spiral: param3 turns, param4 spacing in m."""

    def __init__(self, context):
        self.context = context
        self.corners = []

    def start_command(self, cmd):
        if cmd.command != NAV_SCRIPT_TIME:
            return CommandStartResult.UNSUPPORTED
        north, east, down = self.context.facts.vehicle.state.position
        for side in range(1, 2 * int(cmd.param3) + 1):
            step = side * cmd.param4 * (1 if side % 2 else -1)
            down += self.sinks(cmd.param4)
            north += step
            self.corners.append((north, east, down))
            east += step
            self.corners.append((north, east, down))
        self.fly_on()
        return CommandStartResult.ACCEPTED

    def sinks(self, spacing):
        return 0.0

    def fly_on(self):
        self.since_ms = self.context.facts.now_ms
        self.context.helm.fly(Leg(self.corners.pop(0)))

    def there(self):
        return self.context.helm.arrived

    def verify_command(self, cmd):
        if self.there() and self.corners:
            self.fly_on()
        return self.there() and not self.corners

    def on_mission_complete(self):
        self.corners = []


class Impatient(Spiral):
    """The bug: after nine seconds it believes to have arrived."""

    def there(self):
        return super().there() or self.context.facts.now_ms - self.since_ms > 9000


class Sinking(Spiral):
    """The bug: it wants to climb as the spiral grows, and has the sign of NED wrong."""

    def sinks(self, spacing):
        return 0.1 * spacing


class Orbit(Mode):
    """Circles once where it was entered, as wide as its speed needs. The bug: the radius grows with the square."""

    def __init__(self, context, spec):
        super().__init__(context, spec)
        self.turned = False

    def refusal(self, now_ms):
        return None

    def enter(self, now_ms):
        state = self.facts.vehicle.state
        self.turned = False
        speed = float(np.hypot(*state.velocity[:2]))
        center = state.position
        turn = Yaw(YawMode.POINT, point=center)
        self.helm.fly(Circle(center, 4.0 + 0.6 * speed**2, turns=1.0, yaw=turn))

    def update(self, now_ms, events):
        if self.helm.arrived and not self.turned:
            self.turned = True
            self.helm.fly(Hold(None))


def orbit(session, inputs):
    """Orbit on the way to a place, `reach` m north, after so many seconds."""
    session.add_mode(ORBIT, Orbit)
    climb(session)
    go(session, inputs["reach"])
    session.run_for(inputs["after"])
    session.set_mode("ORBIT")
    session.run_for(25.0)
    session.rtl()


def stubborn(session, inputs):
    """The bug: it takes no failsafe for an answer and goes on in GUIDED as soon as it may."""
    climb(session)
    for _ in range(12):
        if session.state.mode != "GUIDED" and session.state.armed:
            with suppress(RefusedError):
                session.set_mode("GUIDED")
        if session.state.mode == "GUIDED" and session.state.armed:
            go(session, inputs["reach"])
        session.run_for(4.0)
    session.land()


def climb(session):
    session.wait_armable()
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(12.0)
    session.run_until(lambda s: s.state.height > 10.0)


def go(session, north):
    home = session.stood[0]
    session.goto(home.lat + north / 111_319.5, home.lon, 12.0)


def covers(signals, inputs):
    """m by which the spiral of two turns is wider than it must be: it may lack a tenth, and 18 m for wind."""
    return float(np.max(signals["home_distance"])) - 0.9 * 2.0 * 2.0**0.5 * inputs["spacing"] + 18.0
