"""An autopilot that decides nothing: it writes down what it was asked for and gives the answers a test has put in."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, altitude_amsl
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.interface.targets import Idle
from autopilot.interface.vehicle import Capabilities, ControlPart, Request, VehicleState
from autopilot.mav import Result
from autopilot.mission.sequencer import MissionSequencer
from autopilot.mission.storage import MissionStorage
from autopilot.modes.mode_switch import ModeSwitch
from autopilot.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class


class Plans(NamedTuple):
    """The storages of the three plans."""

    mission: MissionStorage
    fence: MissionStorage
    rally: MissionStorage


ORIGIN = GeoPoint(-35.363261, 149.165230, 584.0)


class StandingVehicle:
    """A vehicle at its origin that can be told where it is."""

    def __init__(self) -> None:
        self.state = VehicleState()
        self.state.report[report.EKF_FLAGS] = 831
        self.origin: GeoPoint | None = ORIGIN
        self.calibration = Request.accepted()
        self.capabilities = Capabilities()

    def place(self, north: float, east: float, down: float, yaw: float) -> None:
        self.state.report[[report.NORTH, report.EAST, report.DOWN, report.YAW]] = (north, east, down, yaw)

    def calibrate(self) -> Request:
        return self.calibration

    def clear(self, part: ControlPart) -> Request:
        return Request.accepted()


class Recorder:
    """One part of it. `facts`: what the part is asked for beside its methods."""

    def __init__(self, autopilot: RecordingAutopilot, part: str, **facts: Callable[[], Any]) -> None:
        self._autopilot = autopilot
        self._part = part
        self._facts = facts

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._facts:
            return self._facts[name]()
        return lambda *arguments, **named: self._autopilot.record(f"{self._part}.{name}", arguments, named)


class RecordingAutopilot:
    """`calls` holds (part.method, positional arguments, named arguments); `outcomes` the answer of a method."""

    def __init__(self, kind: str = "copter") -> None:
        self.kind = kind
        self.mode_number = 4
        self.armed = False
        self.arm_request: Request | None = None
        self.place: GeoPoint | None = ORIGIN
        """Its home."""
        self.vehicle = StandingVehicle()
        self.vehicle_class = vehicle_class(kind)
        self.parameters = Parameters(self.vehicle_class.parameters)
        self.sequencer = MissionSequencer()
        self.failsafe_sticks = False
        self.plans = Plans(MissionStorage(first_index=1), MissionStorage(0), MissionStorage(0))
        self.personality = SimpleNamespace(mission_shown=lambda: None)
        self.facts = Recorder(
            self,
            "facts",
            vehicle_class=lambda: self.vehicle_class,
            vehicle=lambda: self.vehicle,
            home=lambda: self.place,
            armed=lambda: self.armed,
            altitude=lambda: self._altitude,
            over_ground=lambda: lambda frame, z: None,
            param=lambda: lambda name, default=0.0: self.parameters[name],
            personality=lambda: self.personality,
        )
        self.modes = Recorder(self, "modes", number=lambda: self.mode_number)
        self.auto = Recorder(self, "auto", paused=lambda: False)
        self.mode_switch = ModeSwitch(cast(Any, self.facts), cast(Any, self.modes))
        self.mount = SimpleNamespace(gimbal=None)
        self.helm = SimpleNamespace(target=Idle())
        self.vehicle_arming = SimpleNamespace(switches=Recorder(self, "switches"))
        self.arming = Recorder(self, "arming", arm_request=lambda: self.arm_request)
        self.failsafes = Recorder(self, "failsafes", sticks=lambda: SimpleNamespace(lost=self.failsafe_sticks))
        self.announcer, self.auxiliary = Recorder(self, "announcer"), Recorder(self, "auxiliary")
        self.commands, self.mission_commands = Recorder(self, "commands"), Recorder(self, "mission_commands")
        self.fence, self.home = Recorder(self, "fence"), Recorder(self, "home")
        self.payload, self.prearm = (Recorder(self, name) for name in ("payload", "prearm"))
        self.sticks = Recorder(self, "sticks", radio_dead=lambda: False, overridden=lambda: False)
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.outcomes = {"announcer.refuse": Outcome(Result.FAILED)}  # as `Announcer.refuse` answers

    def _altitude(self, frame: int, z: float, lat: float, lon: float) -> float | None:
        return altitude_amsl(frame, z, self.place, None if self.place is None else self.place.alt)

    def record(self, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Outcome:
        self.calls.append((name, arguments, named))
        return self.outcomes.get(name, ACCEPTED)
