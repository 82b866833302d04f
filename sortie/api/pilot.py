"""What a session can tell its vehicle to do: the commands that a ground station has, as methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from autopilot.cockpit import Cockpit
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from autopilot.modes.mode import Mode
from autopilot.modes.table import ModeSpec
from autopilot.outcome import Outcome
from sortie.api.timeline import TimedVehicle
from sortie.config.errors import RefusedError, UserError, nearest
from sortie.nodes.flight import ARMABLE_WITHIN_MS
from sortie.nodes.plan_file import check_plan, load_plan, read_plan


class PilotedVehicle(TimedVehicle):
    """Each command is carried out at once, without a link; what is refused raises RefusedError with the reason."""

    # --- parameters -----------------------------------------------------------------------------------------------
    def param(self, name: str) -> float:
        """The value of a parameter; KeyError when unknown."""
        return self.service.parameters[name]

    def set_param(self, name: str, value: float) -> float:
        """Set a parameter; returns what then holds (clamped to its type). KeyError: unknown; ValueError: refused."""
        outcome = self.service.parameters.set(name, value)
        if not outcome.accepted:
            raise ValueError(outcome.warning)
        self._clock.settle()
        return outcome.value

    # --- commands -------------------------------------------------------------------------------------------------
    def upload(self, plan: Plan | Iterable[MissionItem] | Path | str) -> Plan:
        """Load a plan file, a plan, or mission items (without the home item) and replace mission, fence and rally
        points with it. Returns the plan. UserError for what an upload would refuse."""
        if isinstance(plan, str | Path):
            plan = read_plan(Path(plan))
        else:
            plan = plan if isinstance(plan, Plan) else Plan(items=tuple(plan))
            check_plan(plan, Path("plan"))
        load_plan(self.service, plan)
        self._clock.settle()
        return plan

    def start(self) -> None:
        """Wait until the vehicle can be armed (some seconds of its time), arm, and fly the mission in AUTO."""
        self.wait_armable()
        self.set_mode("GUIDED")
        self.arm()
        self._checked(self.autopilot.start_mission(self.service.now_ms))

    def wait_armable(self, timeout_s: float = ARMABLE_WITHIN_MS / 1000.0) -> None:
        """Let time pass until the pre-arm checks pass; TimeoutError names what is missing."""
        try:
            self.run_until(lambda session: session.autopilot.prearm_ok, timeout_s)
        except TimeoutError as error:
            reasons = ", ".join(self.autopilot.vehicle.armable_reasons) or "see the events"
            raise TimeoutError(f"not armable after {timeout_s:g} s: {reasons}") from error

    def set_mode(self, name: str) -> None:
        """Change the flight mode ("GUIDED", "LOITER", ...). UserError: no such mode; RefusedError: not now."""
        spec = self.autopilot.modes.find(name)
        if spec is None:
            known = self.autopilot.modes.names()
            raise UserError(f"unknown mode {name}{nearest(name.upper(), known)}; known are {', '.join(known)}")
        self._checked(self.autopilot.set_mode(spec.number, self.service.now_ms))

    def add_mode(self, spec: ModeSpec, build: Callable[[Cockpit, ModeSpec], Mode]) -> Mode:
        """Register a flight mode of your own (`build` is usually its class); then `set_mode`, or any ground station
        by its number, flies it. ValueError when number or name is taken."""
        return self.autopilot.modes.add(spec, build)

    def arm(self, *, force: bool = False) -> None:
        """Arm. RefusedError says why not."""
        self._checked(self.autopilot.arm(self.service.now_ms, force=force))

    def disarm(self, *, force: bool = False) -> None:
        """Stop the motors; in the air only by force."""
        self._checked(self.autopilot.disarm(self.service.now_ms, force=force))

    def takeoff(self, height: float) -> None:
        """Climb to `height` m above home (in GUIDED, armed)."""
        self._checked(self.autopilot.takeoff(height, self.service.now_ms))

    def goto(self, lat: float, lon: float, height: float) -> None:
        """Fly to a place (degrees; m above home) in GUIDED and hold it."""
        home = self.autopilot.home
        altitude = height + (0.0 if home is None else home.alt)
        self._checked(self.autopilot.reposition(lat, lon, altitude, self.service.now_ms))

    def land(self) -> None:
        """Land here (mode LAND)."""
        self._checked(self.autopilot.land(self.service.now_ms))

    def rtl(self) -> None:
        """Return to home or the nearest rally point, and land (mode RTL)."""
        self._checked(self.autopilot.return_to_launch(self.service.now_ms))

    def _checked(self, outcome: Outcome) -> None:
        self._clock.settle()
        if not outcome.ok:
            raise RefusedError(outcome)

    def go(self) -> None:
        """GO to the flight manager: it resets, arms, counts down (FM_ parameters) and flies the mission by itself.
        RefusedError in any other state than IDLE, or without a mission."""
        if self.autopilot.flights is not None:
            self._checked(self.autopilot.flights.go(self.service.now_ms))

    def abort(self) -> None:
        """ABORT to the flight manager: call the flight off while it counts down. RefusedError in any other state."""
        if self.autopilot.flights is not None:
            self._checked(self.autopilot.flights.abort(self.service.now_ms))
