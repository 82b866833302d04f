"""An autopilot that decides nothing: it writes down what it was asked for and gives the answers a test has put in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autopilot import report
from autopilot.geo import GeoPoint
from autopilot.mission.sequencer import MissionSequencer
from autopilot.mission.storage import MissionStorage
from autopilot.parameters import Parameters
from autopilot.result import ACCEPTED, Outcome
from autopilot.vehicle import Capabilities, ControlPart, Request, VehicleState
from autopilot.vehicles.kinds import vehicle_class

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


class RecordingAutopilot:
    """`calls` holds (method, positional arguments, named arguments); `outcomes` the answer of a method."""

    def __init__(self, kind: str = "copter") -> None:
        self.kind = kind
        self.mode_number = 4
        self.armed = False
        self.arm_request: Request | None = None
        self.home: GeoPoint | None = ORIGIN
        self.vehicle = StandingVehicle()
        self.vehicle_class = vehicle_class(kind)
        self.parameters = Parameters(self.vehicle_class.parameters)
        self.sequencer = MissionSequencer()
        self.mission, self.fence, self.rally = MissionStorage(first_index=1), MissionStorage(0), MissionStorage(0)
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.outcomes: dict[str, Outcome] = {}

    def __getattr__(self, name: str) -> Callable[..., Outcome]:
        if name.startswith("_"):
            raise AttributeError(name)

        def record(*arguments: Any, **named: Any) -> Outcome:
            self.calls.append((name, arguments, named))
            return self.outcomes.get(name, ACCEPTED)

        return record
