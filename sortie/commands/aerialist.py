"""`sortie aerialist TEST.yaml`: fly a test description of Aerialist and measure the distances to its obstacles."""

from __future__ import annotations

import json
import sys
from math import inf
from pathlib import Path
from typing import Final

import numpy as np

from autopilot.interface.geo import GeoPoint, Ned, to_local
from autopilot.interface.records import dataclass, field
from autopilot.interface.targets import Sticks
from autopilot.mission.events import MissionComplete
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class
from sitl.vehicles.simulated import SimulatedMachine
from sortie.api.session import Session
from sortie.config.aerialist import AerialistTest, TimedStep, read_aerialist
from sortie.config.errors import RefusedError, UserError
from sortie.config.given import GivenOptions
from sortie.config.installed import parameter_set
from sortie.config.options import AERIALIST, JSON
from sortie.config.parameters import spoken_as
from sortie.nodes.plan_file import read_plan, start_of
from sortie.reading.logs import find_log, read_log

_LOOK_S: Final = 0.1
_MOST_S: Final = 900.0
_KIND, _FIRMWARE = "copter", "px4"
_TAKEOFF_M: Final = 2.5  # PX4's MIS_TAKEOFF_ALT
_MISSION, _TAKEOFF, _ARM, _DISARM, _SETPOINT = 3, 10, 20, 21, 100
_MODES: Final = {1: "ALT_HOLD", 2: "LOITER", 4: "LOITER", 5: "RTL", 8: "STABILIZE", 11: "LAND"}
"""Modes of the vehicle for PX4's mode numbers in a test."""


@dataclass(slots=True)
class AerialistFlight:
    """Result of a test. `nearest_m`: smallest distance to each obstacle, by name, from its surface to the vehicle's
    centre. `nearest_s`: its time since the start. `off_m`: largest distance from the expected track; None: no expected
    track."""

    result: str = "unfinished"
    reason: str = ""
    seconds: float = 0.0
    nearest_m: dict[str, float] = field(default_factory=dict)
    nearest_s: dict[str, float] = field(default_factory=dict)
    off_m: float | None = None

    @property
    def nearest(self) -> str | None:
        """Name of the obstacle with the smallest distance."""
        return min(self.nearest_m, key=lambda name: self.nearest_m[name], default=None)

    def as_json(self) -> dict[str, object]:
        name = self.nearest
        return {
            "result": self.result,
            "reason": self.reason,
            "seconds": round(self.seconds, 2),
            "nearest_m": None if name is None else round(self.nearest_m[name], 3),
            "nearest": name,
            "obstacles": {key: round(away, 3) for key, away in self.nearest_m.items()},
            "off_expected_m": None if self.off_m is None else round(self.off_m, 3),
        }

    def lines(self) -> list[str]:
        lines = [f"{self.result}{': ' if self.reason else ''}{self.reason}, after {self.seconds:.1f} s"]
        lines += [
            f"{name}: {away:.2f} m at its nearest, after {self.nearest_s[name]:.1f} s"
            for name, away in self.nearest_m.items()
        ]
        if self.off_m is not None:
            lines.append(f"{self.off_m:.2f} m off the expected track at most")
        return lines


def aerialist(given: GivenOptions) -> int:
    """Fly a test. Status 0: the mission was completed without a touch; 1: it was not; 2: bad input."""
    file: Path = given[AERIALIST]
    test = read_aerialist(file)
    flight, warnings = fly_test(test)
    for warning in warnings:
        print(f"sortie: {file}: {warning}", file=sys.stderr)
    if given[JSON]:
        print(json.dumps(flight.as_json()), flush=True)
    else:
        print("\n".join(flight.lines()), flush=True)
    return 0 if flight.result == "completed" else 1


def fly_test(test: AerialistTest) -> tuple[AerialistFlight, list[str]]:
    """Fly a test and return its result, with warnings about parts that have no effect here."""
    plan = read_plan(test.plan)
    known = spoken_as(_FIRMWARE, vehicle_class(_KIND)).served_parameters(Parameters(parameter_set(_KIND))).names()
    params = {name: value for name, value in test.params.items() if name in known}
    unknown = sorted(set(test.params) - set(params))
    warnings = [f"without effect here: {', '.join(unknown)}"] if unknown else []
    with Session(
        f"sim:{_KIND}",
        home=test.home or start_of(plan),
        params={**params, "OA_TYPE": float(test.avoids)},
        firmware=_FIRMWARE,
        obstacles=test.obstacles,
    ) as session:
        session.upload(plan)
        return _Flight(session, test).run(), warnings


class _Flight:
    """Running flight of a test: its steps at their times, and the distances."""

    def __init__(self, session: Session, test: AerialistTest) -> None:
        self._session = session
        self._test = test
        self._found = AerialistFlight()
        machine = session.service.vehicle
        assert isinstance(machine, SimulatedMachine) and machine.scanner is not None
        self._scanner = machine.scanner
        self._began_s = 0.0
        self._flew = False
        self._track: list[Ned] = []

    def run(self) -> AerialistFlight:
        session, found = self._session, self._found
        session.wait_armable()
        self._began_s = session.time_s
        try:
            for step in sorted(self._test.steps, key=lambda step: step.timestamp):
                self._fly_on(self._began_s + 1e-6 * step.timestamp)
                self._take(step)
            self._fly_on(self._began_s + _MOST_S)
        except RefusedError as error:
            found.reason = str(error)
        found.seconds = session.time_s - self._began_s
        touched = found.nearest is not None and found.nearest_m[found.nearest] <= session.param("SIM_COLLIDE_RAD")
        if touched:
            found.result, found.reason = "hit", found.nearest or ""
        elif session.events_of(MissionComplete) or (self._flew and not session.autopilot.facts.armed):
            found.result = "completed"
        elif not found.reason:
            found.reason = f"still flying after {_MOST_S:.0f} s"
        if self._test.expected is not None and self._track:
            found.off_m = _farthest(self._track, self._test.expected, session.stood[0])
        return found

    def _fly_on(self, until_s: float) -> None:
        """Fly until this time, or until the vehicle has flown and is disarmed, and measure distances."""
        while self._session.time_s < until_s and not (self._flew and not self._session.autopilot.facts.armed):
            self._session.run_for(min(_LOOK_S, until_s - self._session.time_s))
            self._flew = self._flew or self._session.autopilot.facts.armed
            self._look()

    def _look(self) -> None:
        at = self._scanner.place()
        self._track.append(at)
        for shape in self._test.obstacles.shapes:
            away = shape.distance(at)
            if away < self._found.nearest_m.get(shape.name, inf):
                self._found.nearest_m[shape.name] = away
                self._found.nearest_s[shape.name] = self._session.time_s - self._began_s

    def _take(self, step: TimedStep) -> None:
        """Carry out a step of the test. RefusedError: the vehicle refuses it."""
        session = self._session
        if step.mode == _SETPOINT:
            sticks = Sticks(roll=step.y, pitch=step.x, throttle=step.z, yaw=step.r)
            session.autopilot.sticks.move(sticks, session.service.now_ms)
        elif step.mode == _MISSION:
            if session.autopilot.facts.armed:
                session.set_mode("AUTO")
            else:
                session.start()
        elif step.mode in (_ARM, _DISARM):
            session.arm() if step.mode == _ARM else session.disarm()
        elif step.mode == _TAKEOFF:
            session.set_mode("GUIDED")
            session.takeoff(self._test.params.get("MIS_TAKEOFF_ALT", _TAKEOFF_M))
        elif step.mode in _MODES:
            session.set_mode(_MODES[step.mode])


def _farthest(track: list[Ned], log: Path, origin: GeoPoint) -> float:
    """Return the largest distance of a track from that of a log, m."""
    samples = read_log(find_log(log)).samples
    if not samples:
        raise UserError(f"{log}: the log has no position of the vehicle")
    first = samples[0].height
    points = np.array([to_local(origin, at.lat, at.lon, origin.alt + at.height - first) for at in samples])
    return max(float(np.sqrt(np.square(points - np.array(at)).sum(axis=1).min())) for at in track)
