"""Flight of a scenario in a `Session`: actions of pilot and station, weather and faults are repeated at their times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import ceil
from pathlib import Path
from typing import Final, TypedDict

from autopilot.context.events import ArmedChanged
from autopilot.mav import Cmd, ModeFlag, Result
from autopilot.mission.plan import Plan
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.wire.codec import dialect
from sortie.api.session import Session
from sortie.config.errors import RefusedError, UserError
from sortie.config.faults import Fault
from sortie.config.parameters import spoken_as
from sortie.incident.evidence import Evidence, read_evidence
from sortie.incident.scenario import PLAN, Deed, Scenario
from sortie.nodes.plan_file import read_plan

_AHEAD_S: Final = 10.0
"""Least vehicle time from ready-to-arm to the log's arming, s, for earlier actions."""
_LONGER_S: Final = 120.0
"""Time by which the flight may be longer than the log's, s."""
_ARMED_WITHIN_S: Final = 10.0
"""Longest vehicle time in which a real firmware must arm, s."""
_THEIR_LOGS: Final = frozenset({".bin", ".ulg"})
_TAKEOFF_MODE: Final = "GUIDED"
_MISSION_MODE: Final = "AUTO"


class SessionArguments(TypedDict):
    """Arguments of `Session` and of the pytest plugin's factory."""

    vehicle: str
    home: str
    seed: int
    params: dict[str, float]
    firmware: str
    strategy: str | None


def session_arguments(scenario: Scenario) -> SessionArguments:
    """Return the vehicle of a scenario."""
    return {
        "vehicle": scenario.vehicle,
        "home": scenario.home,
        "seed": scenario.seed,
        "params": dict(scenario.params),
        "firmware": scenario.firmware,
        "strategy": "native" if scenario.source.in_our_world else None,  # by the firmware itself
    }


def conduct(session: Session, scenario: Scenario, folder: Path) -> tuple[str, ...]:
    """Fly the scenario of `folder`, with its plan file, to its end, and return notes on refused commands."""
    plan = folder / PLAN
    return _Conductor(session, scenario, read_plan(plan) if plan.is_file() else None).run()


def read_flown(scenario: Scenario, logs: Path) -> Evidence:
    """Read the log of a repeated flight, with modes named as the logged vehicle names them. UserError."""
    flown = read_evidence(_log_of(scenario, logs))
    flown.name_modes(_firmware_of(scenario))
    return flown


def _log_of(scenario: Scenario, logs: Path) -> Path:
    """Return the log of the flight: a real firmware's own log, the largest one."""
    if not scenario.source.in_our_world:
        return logs
    theirs = [path for path in (logs / scenario.source.kind).rglob("*") if path.suffix.lower() in _THEIR_LOGS]
    return max(theirs, key=lambda path: path.stat().st_size, default=logs)


def _firmware_of(scenario: Scenario) -> Firmware:
    return spoken_as(scenario.firmware, scenario.kind)


class _Conductor:
    def __init__(self, session: Session, scenario: Scenario, plan: Plan | None) -> None:
        self._session = session
        self._scenario = scenario
        self._plan = plan
        self._notes: list[str] = []
        self._link = session.connect()
        self._firmware = _firmware_of(scenario)
        self._mode = ""
        self._as_station = False  # its mode has no name here: commands of a station select it, and arm in it

    def run(self) -> tuple[str, ...]:
        session, scenario = self._session, self._scenario
        if self._plan is not None:
            session.upload(self._plan)
        try:
            session.wait_armable()
        except TimeoutError as error:
            self._notes.append(f"ours was armed against its checks: {error}")
        zero_s = float(ceil(session.time_s + _AHEAD_S))
        for fault in scenario.fault:
            self._inject(fault.name, fault.value, zero_s, fault.from_s, fault.until_s)
        for at_s, act in sorted(self._deeds(), key=lambda deed: deed[0]):
            if (wait_s := zero_s + at_s - session.time_s) > 0.0:
                session.run_for(wait_s)
            self._try(at_s, act)
        end_s = zero_s + scenario.lasts_s + _LONGER_S
        over = lambda s: not s.state.armed and any(isinstance(e.event, ArmedChanged) for e in s.events)
        session.pass_until(over, max(end_s - session.time_s, 0.0), 1.0)
        session.run_for(1.0)
        return tuple(self._notes)

    def _inject(self, name: str, value: float | None, zero_s: float, from_s: float, until_s: float | None) -> None:
        begin_s = max(zero_s + from_s, self._session.time_s)
        end = None if until_s is None else f"{max(zero_s + until_s, begin_s + 0.02):.3f}"
        words = None if value is None else f"{value:g}"
        self._session.inject(str(Fault(name, words, f"{begin_s:.3f}", end)))

    def _try(self, at_s: float, act: Callable[[], object]) -> None:
        try:
            act()
        except (RefusedError, UserError, ValueError, KeyError) as error:
            self._notes.append(f"at {at_s:.1f} s ours refused: {error}")

    def _deeds(self) -> Iterator[tuple[float, Callable[[], object]]]:
        scenario = self._scenario
        for deed in scenario.do:
            if deed.arm is True:
                yield scenario.arm_s, self._arm
            elif deed.arm is False:
                yield deed.at_s, partial(self._session.disarm, force=True)
            elif deed.mode is not None:
                yield deed.at_s, partial(self._enter, deed.mode)
            elif deed.command is not None:
                yield deed.at_s, partial(self._command, deed)
            for name, value in deed.set.items():
                yield deed.at_s, partial(self._session.set_param, name, value)
        for gust in scenario.wind:
            yield gust.at_s, partial(self._session.set_wind, gust.speed, gust.from_deg)
        if scenario.stick and scenario.source.in_our_world:
            self._notes.append("what the pilot's sticks did is not given to a firmware that is not ours")
            return
        for stick in scenario.stick:
            yield stick.at_s, partial(self._move, stick.us)

    def _arm(self) -> None:
        """Arm if this was commanded, and start a mission in AUTO as a station does."""
        session, mission = self._session, self._mode == _MISSION_MODE
        if self._as_station:  # a PX4 in Mission begins to fly when it is armed
            self._command(Deed(session.time_s, command=Cmd.COMPONENT_ARM_DISARM, params=(1.0, 0.0, 0.0, 0.0)))
            if session.pass_until(lambda armed: armed.state.armed, _ARMED_WITHIN_S, 0.02):
                return
        if mission:
            session.set_mode(_TAKEOFF_MODE)
        try:
            session.arm()
        except RefusedError as error:
            self._notes.append(f"ours was armed against its checks: {error}")
            session.arm(force=True)
        session.pass_until(lambda armed: armed.state.armed, _ARMED_WITHIN_S, 0.02)
        if mission:
            self._begin_mission()

    def _begin_mission(self) -> None:
        outcome = self._session.autopilot.mission_commands.start(self._session.service.now_ms)
        self._session.runtime.settle()
        if not outcome.ok:
            raise RefusedError(outcome)

    def _enter(self, mode: str) -> None:
        custom = self._firmware.named_mode(mode) if self._session.autopilot.modes.find(mode) is None else None
        self._mode, self._as_station = mode, custom is not None
        if custom is not None:
            params = (float(ModeFlag.CUSTOM_MODE_ENABLED), *self._firmware.mode_params(custom), 0.0)
            self._command(Deed(self._session.time_s, command=Cmd.DO_SET_MODE, params=params))
            return
        if not self._session.state.armed:
            if mode != _MISSION_MODE:
                self._session.set_mode(mode)
            return
        if mode == _MISSION_MODE and self._session.autopilot.facts.landed:
            self._begin_mission()
        else:
            self._session.set_mode(mode)

    def _command(self, deed: Deed) -> None:
        assert deed.command is not None
        message = dialect.MAVLink_command_int_message(
            self._session.service.endpoint.system_id, 1, deed.frame, deed.command, 0, 0, *deed.params, *deed.place
        )
        self._link.send(message)
        acks = [ack for ack in self._link.messages("COMMAND_ACK") if ack.command == deed.command]
        if acks and acks[-1].result not in (Result.ACCEPTED, Result.IN_PROGRESS):
            self._notes.append(
                f"at {deed.at_s:.1f} s ours answered command {deed.command} with {Result(acks[-1].result).name}"
            )

    def _move(self, pulses: tuple[float, ...]) -> None:
        self._session.service.take_pulses([round(pulse) for pulse in pulses], self._session.runtime.link_ms)
