"""Builder of the scenario of a log. Each line has its origin; facts that the log does not contain are listed as
assumed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Final

import msgspec

from autopilot.interface.records import dataclass
from autopilot.mav import AutopilotType, Cmd, Frame
from autopilot.mission.commands import has_position
from autopilot.mission.plan import Plan, format_plan
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import vehicle_class
from sortie.config.errors import UserError
from sortie.config.installed import parameter_set
from sortie.incident.charge import emptied
from sortie.incident.diagnosis import diagnose, loss_of_frames
from sortie.incident.evidence import GUESSED, Evidence
from sortie.incident.happened import happened_in
from sortie.incident.scenario import Deed, Gust, Origin, Scenario, ScenarioFault, Stick
from sortie.incident.signals import Basis, FoundFault
from sortie.incident.tuning import AIR
from sortie.incident.weather import TUBE, measured
from sortie.reading.facts import Quantity
from sortie.reading.logs import LogForm
from sortie.reading.trace import read_trace
from sortie.rehearsal.fits import Calibration

_BEFORE_S: Final = -5.0
"""Time relative to arming at which earlier settings are made, s."""
_TELLING_SHARE: Final = 0.05
"""Used share of a battery below which its capacity cannot be seen in the voltage."""
_SPEEDS: Final = frozenset({"speed", "climbing", "sinking", "landing"})
"""Fits that parameters give more precisely."""
_STICK_STEP_US: Final = 4.0
_NOT_OURS: Final = (
    "SIM_", "STAT_", "LOG_", "SYSID_", "MAV_", "SERVO", "RELAY", "FM_", "SRT_", "SYS_", "MIS_TOTAL", "INITIAL_MODE",
    "FLTMODE", "BATT_CAPACITY", "COMPASS_", "RALLY_TOTAL", "FENCE_TOTAL", "GPS", "CAM", "MNT", "GRIP_", "PLND_",
    "PLDP_", "FRAME_", "RC9_", "RC1", "ARMING_", "BAT1_", "CA_", "COM_FLTMODE", "LND_FLIGHT_",
)  # fmt: skip
"""Prefixes of parameters without influence on the flight, or that the simulator has itself."""
_OF_AIRFRAME: Final = ("ATC_RAT_", "ATC_ANG_", "PSC_", "MOT_")
"""Gains for the airframe that was flown; the simulator has its own."""
_LANDS_FROM_M, _LANDS_TO_M, _LANDS_MPS = 5.0, 1.0, 3.0
"""Heights between which the speed of a landing is measured, m, and the speed above which it is no landing, m/s."""
_MINDED: Final = frozenset({"accel.garbage", "compass.wrong"})
"""Faults that ArduPilot's estimator may reject, but ours does not. They are flown only if the position suffered."""
_TUBE_OFF: Final = 0.005
"""Smallest error of a pitot tube that can be distinguished from wind."""
_NOT_AGAIN_AS_IT_WAS: Final = "that of the log would not come again as it was"
_LIKE: Final[Mapping[int, dict[str, tuple[float, str]]]] = {
    AutopilotType.ARDUPILOTMEGA: {
        "SIM_GPS_NOISE": (0.0, _NOT_AGAIN_AS_IT_WAS),
        "SIM_BARO_RND": (0.0, _NOT_AGAIN_AS_IT_WAS),
        "SIM_DRAG_FEED": (0.0, "ArduPilot does not know its drag, and lags behind"),
        "FM_CUT_TILT": (0.0, "ArduPilot does not cut its motors in the air"),
        "SIM_DRIVE_LINES": (0.0, "ArduRover goes after its reference, and not by the lines"),
    },
    AutopilotType.PX4: {  # with GPS noise, for which its reference waits
        "SIM_BARO_RND": (0.0, _NOT_AGAIN_AS_IT_WAS),
        "FM_CUT_TILT": (0.0, "PX4 does not cut its motors in the air"),
    },
}
"""Parameters that make our vehicle fly like others: (value, reason)."""
_MODES_AND_COMMANDS: Final = {
    LogForm.DATAFLASH: ("MODE", "MAVC"),
    LogForm.TELEMETRY: ("HEARTBEAT", "a command"),
    LogForm.ULOG: ("vehicle_status", "vehicle_command"),
}
"""Messages that show modes and commands of a station."""
_NOT_AGAIN: Final = frozenset(
    {
        Cmd.COMPONENT_ARM_DISARM,
        Cmd.DO_SET_MODE,
        Cmd.MISSION_START,
        Cmd.NAV_RETURN_TO_LAUNCH,
        Cmd.NAV_LAND,
        Cmd.REQUEST_MESSAGE,
        Cmd.SET_MESSAGE_INTERVAL,
        Cmd.REQUEST_AUTOPILOT_CAPABILITIES,
    }
)
"""Commands whose effects are visible, or that only request something."""


@dataclass(slots=True)
class Built:
    """Scenario with origins and plan."""

    scenario: Scenario
    origins: dict[str, Origin]
    plan: str | None


def build(found: Evidence, log: Path) -> Built:
    return Builder(found, log).build()


class Builder:
    """Builder of a scenario. `assumed` collects what the log does not contain."""

    def __init__(self, found: Evidence, log: Path) -> None:
        self._found = found
        self._log = log
        self._zero_s, self._end_s = found.flight_s
        self._sticks_moved = found.sticks_moved
        self._served = found.firmware.served_parameters(Parameters(parameter_set(found.kind)))
        self._origins: dict[str, Origin] = {}
        self.assumed: list[str] = []

    def build(self) -> Built:
        found = self._found
        faults = tuple(diagnose(found))
        calibration, gusts = self._measured(faults)
        faults += tuple(self._gusts(gusts))
        params = self._params(calibration) | self._endless()
        plan = self._plan()
        self._whole_log()
        scenario = Scenario(
            log=str(self._log),
            vehicle=f"sim:{found.kind}",
            home=self._home(),
            lasts_s=round(self._end_s - self._zero_s, 2),
            firmware=found.firmware.name.lower(),
            params=params,
            wind=tuple(gusts),
            do=tuple(self._deeds()),
            stick=tuple(self._sticks()),
            fault=tuple(self.flown_faults(faults)),
            happened=happened_in(found),
            assumed=tuple(self.assumed),
        )
        self._origins |= {
            "vehicle": Origin(found.facts.vehicle or "its messages"),
            "lasts_s": Origin(f"from arming at {self._zero_s:.2f} s"),
            "firmware": Origin("what wrote the log, or its HEARTBEATs"),
        }
        return Built(scenario, self._origins, plan)

    # --- where and what -----------------------------------------------------------------------------------------------
    def _home(self) -> str:
        facts = self._found.facts
        stood = next((s for s in facts.samples if s.time_s >= self._zero_s), facts.samples[-1])
        yaw = next((v for at_s, v in facts.series.get(Quantity.YAW, []) if at_s >= self._zero_s), None)
        if yaw is None:
            self.assumed.append("heading at the start: north")
        if facts.home is None:
            self.assumed.append("height of home above the sea: 0 m")
        alt = 0.0 if facts.home is None else facts.home.alt
        words = f"place at arming ({self._zero_s:.2f} s), height of home, yaw"
        self._origins["home"] = Origin(words, Basis.ASSUMED if facts.home is None else Basis.LOGGED)
        return f"{stood.lat:.7f},{stood.lon:.7f},{alt:.2f},{(yaw or 0.0) % 360.0:.1f}"

    def _plan(self) -> str | None:
        facts = self._found.facts
        if not facts.items and not facts.rally:
            if any(mode.name in ("AUTO", "Mission") for mode in self._found.modes):
                self.assumed.append("the mission: the log has none")
            return None
        if self._found.parameters.get("FENCE_TOTAL", 0.0) > 0.0:
            self.assumed.append("the fence's polygons and circles: no log has them; put them into plan.plan")
        untold = [item.frame == Frame.MISSION and has_position(item.command) for item in facts.items]
        if any(untold):
            self.assumed.append("heights of the mission: above home; before 2018 ArduPilot's logs did not tell")
        items = tuple(
            replace(item, frame=Frame.GLOBAL_RELATIVE_ALT) if unknown else item
            for item, unknown in zip(facts.items, untold, strict=True)
        )
        return format_plan(Plan(home=facts.home, items=items, rally=facts.rally))

    def _whole_log(self) -> None:
        facts, found = self._found.facts, self._found
        if facts.cut:
            self.assumed.append(f"what is missing in the log: {facts.cut}")
        if found.frame and "QUAD" not in found.frame.upper():
            self.assumed.append(f"a quad flies instead of {found.frame}")
        if (lost := loss_of_frames(found)) is not None and lost > 1.0:
            self.assumed.append(f"up to {lost:.0f} % of the frames were lost, to the station or to who logged")
        if any(mode.why in GUESSED for mode in found.modes):
            self.assumed.append("why a mode was entered: by itself where a warning stands beside it, else by wish")

    # --- parameters ---------------------------------------------------------------------------------------------------
    def _measured(self, faults: Iterable[FoundFault]) -> tuple[Calibration | None, list[Gust]]:
        if self._found.ours:
            return None, []
        try:
            calibration, gusts = measured(read_trace(self._log), faults, self._found.kind)
        except UserError as error:
            self.assumed.append(f"drag, power, battery and wind: {error}")
            return None, []
        return calibration, [msgspec.structs.replace(gust, at_s=round(gust.at_s - self._zero_s, 1)) for gust in gusts]

    def _gusts(self, gusts: Sequence[Gust]) -> Iterator[FoundFault]:
        """Return the strongest gust as a fault; all are flown as the scenario's wind."""
        if not gusts:
            self.assumed.append("no gusts of less than 3 m/s: the attitude does not show them")
            return
        most = max(gusts, key=lambda gust: gust.speed)
        words = f"ATT, XKF1: up to {most.speed:.0f} m/s from {most.from_deg:.0f} deg, by lean and drag"
        self._origins["wind"] = Origin(words, Basis.FITTED)
        yield FoundFault("wind.gust", gusts[0].at_s + self._zero_s, gusts[-1].at_s + self._zero_s, words, most.speed)

    def _params(self, calibration: Calibration | None) -> dict[str, float]:
        found, given = self._found, self._found.parameters
        params: dict[str, float] = {}
        if calibration is not None:
            for fit in calibration.fits:
                if given and fit.name in _SPEEDS:
                    continue
                if fit.value is None:
                    self.assumed.append(f"{fit.name}: {fit.reason}")
                elif fit.param:
                    params[fit.param] = float(f"{fit.setting:.6g}")
                    self._origins[f"params.{fit.param}"] = Origin(fit.words, Basis.FITTED)
        if not found.ours:
            params |= self._capacity(params)
            self.assumed.append("a full battery at the start, and the gains of the simulator's own airframe")
            params |= self._as_theirs()
        served = self._served
        names = served.names()
        left_out = ("STAT_", "SYSID_", "FM_", "SRT_") if found.ours else (*_NOT_OURS, *_OF_AIRFRAME)
        for name, value in sorted(given.items()):
            if name not in served or (name.startswith(left_out) and not self._of_sticks(name)):
                continue
            line = served.definition(served.target(name))
            if line.inert or line.read_only:
                continue
            if name in names and abs(value - line.default) <= 1e-6 * max(abs(value), 1.0):
                continue
            params[name] = float(f"{value:.7g}")
            self._origins[f"params.{name}"] = Origin("PARM" if found.form is LogForm.DATAFLASH else "parameter")
        params |= self._landing()
        params |= self._of_wings(calibration)
        if not given:
            self.assumed.append("all parameters: the log has none, those of a new vehicle are flown")
        return params

    def _landing(self) -> dict[str, float]:
        """Return the landing speed if it differed from LAND_SPEED, as ArduCopter's may without a position."""
        flown = [s for s in self._found.facts.samples if self._zero_s < s.time_s < self._end_s]
        high = max((i for i, s in enumerate(flown) if s.height > _LANDS_FROM_M), default=len(flown))
        low = next((i for i in range(high, len(flown)) if flown[i].height < _LANDS_TO_M), None)
        if low is None or "LAND_SPEED" not in self._served or self._found.ours:
            return {}
        sinks = (flown[high].height - flown[low].height) / (flown[low].time_s - flown[high].time_s)
        if not 1.5 * self._found.parameters.get("LAND_SPEED", 50.0) / 100.0 < sinks < _LANDS_MPS:
            return {}
        self._origins["params.LAND_SPEED"] = Origin(f"it came down at {sinks:.1f} m/s to the ground", Basis.FITTED)
        return {"LAND_SPEED": round(100.0 * sinks)}

    def _of_wings(self, calibration: Calibration | None) -> dict[str, float]:
        """Return parameters that make our plane fly like ArduPlane at the air density that the ground speed shows: in
        thin air a tube shows too little, and wings have less lift and drag."""
        found = self._found
        if found.ours or not vehicle_class(found.kind).has_stall_speed or "FS_EKF_THRESH" not in self._served:
            return {}
        self._origins["params.FS_EKF_THRESH"] = Origin("ArduPlane flies on without a place", Basis.ASSUMED)
        params = {"FS_EKF_THRESH": 0.0}
        fits = () if calibration is None else calibration.fits
        scale = next((fit.value for fit in fits if fit.name == TUBE and fit.value), 1.0)
        if abs(scale - 1.0) > _TUBE_OFF:
            words = f"the tube shows {abs(scale - 1.0):.1%} too {'little' if scale > 1.0 else 'much'}"
            self._origins[f"params.{AIR}"] = Origin(words, Basis.FITTED)
            params[AIR] = round(1.0 / (scale * scale), 4)
        return params

    def _as_theirs(self) -> dict[str, float]:
        """Return parameters that make our vehicle fly like the logged one."""
        table = {line.name for line in parameter_set(self._found.kind).definitions}
        theirs = _LIKE[self._found.firmware.autopilot]
        known = {name: row for name, row in theirs.items() if name in table}
        self._origins |= {f"params.{name}": Origin(words, Basis.ASSUMED) for name, (_, words) in known.items()}
        return {name: value for name, (value, _) in known.items()}

    def _of_sticks(self, name: str) -> bool:
        """True for a parameter of a stick's channel if sticks were moved."""
        return self._sticks_moved and name.startswith(("RC1_", "RC2_", "RC3_", "RC4_", "RCMAP_"))

    def _endless(self) -> dict[str, float]:
        """Keep the charge of a pack full if the log shows only its voltage, which is flown instead."""
        if self._found.ours or not emptied(self._found):
            return {}
        self._origins["params.SIM_BATT_CAP_AH"] = Origin(
            "nothing measured the current: its voltage is flown", Basis.ASSUMED
        )
        return {"SIM_BATT_CAP_AH": 0.0}

    def _capacity(self, params: Mapping[str, float]) -> dict[str, float]:
        """Return the capacity of a battery whose voltage hardly falls."""
        if "SIM_BATT_CAP_AH" in params or len(self._found.battery) < 2:
            return {}
        used_ah = 0.0
        rows = self._found.battery
        for (at_s, _, amps), (next_s, *_) in pairwise(rows):
            used_ah += amps * min(next_s - at_s, 1.0) / 3600.0 if isfinite(amps) else 0.0
        if used_ah <= 0.0:  # no current was measured
            return {}
        least_ah = max(used_ah / _TELLING_SHARE, self._found.parameters.get("BATT_CAPACITY", 0.0) / 1000.0, 1.0)
        words = f"{used_ah:.2f} Ah were used, and the voltage hardly fell"
        self._origins["params.SIM_BATT_CAP_AH"] = Origin(words, Basis.ASSUMED)
        return {"SIM_BATT_CAP_AH": round(min(least_ah, 100.0), 1)}

    # --- what was done ------------------------------------------------------------------------------------------------
    def _deeds(self) -> list[Deed]:
        found, zero_s = self._found, self._zero_s
        mode_words, command_words = _MODES_AND_COMMANDS[found.form]
        deeds: list[tuple[Deed, str]] = []
        before = [mode for mode in found.modes if mode.at_s <= zero_s]
        if before:
            first = before[-1]
            deeds.append((Deed(_BEFORE_S, mode=first.log_name or first.name), f"{mode_words} at {first.at_s:.2f} s"))
        else:
            self.assumed.append("the mode at arming: the log does not tell")
        deeds.append((Deed(0.0, arm=True), f"armed at {zero_s:.2f} s"))
        for mode in found.modes:
            if zero_s < mode.at_s < self._end_s and mode.wished:
                deed = Deed(round(mode.at_s - zero_s, 2), mode=mode.log_name or mode.name)
                deeds.append((deed, f"{mode_words} at {mode.at_s:.2f} s: {mode.why}"))
        for sent in found.commands:
            if zero_s <= sent.at_s < self._end_s and sent.command not in _NOT_AGAIN:
                deed = Deed(round(sent.at_s - zero_s, 2), None, None, sent.command, sent.frame, sent.params, sent.place)
                deeds.append((deed, f"{command_words} at {sent.at_s:.2f} s"))
        values = dict(found.parameters)
        for at_s, name, value in found.changes:
            if at_s < self._end_s and name in self._served and not name.startswith((*_NOT_OURS, *_OF_AIRFRAME)):
                if values.get(name) != value:
                    deeds.append((Deed(round(at_s - zero_s, 2), set={name: float(value)}), f"PARM at {at_s:.2f} s"))
                values[name] = value
        deeds.sort(key=lambda pair: pair[0].at_s)
        self._origins |= {f"do.{number}": Origin(words) for number, (_, words) in enumerate(deeds)}
        return [deed for deed, _ in deeds]

    def _sticks(self) -> list[Stick]:
        found, zero_s = self._found, self._zero_s
        if not self._sticks_moved:
            return []
        switch = round(found.parameters.get("FLTMODE_CH", 5.0))
        sticks: list[Stick] = []
        for at_s, *pulses in found.sticks:
            if not zero_s + _BEFORE_S <= at_s <= self._end_s:
                continue
            # the mode switch is represented by its modes
            us = tuple(0.0 if number == switch else pulse for number, pulse in enumerate(pulses, start=1))
            if not sticks or max(abs(a - b) for a, b in zip(us, sticks[-1].us, strict=True)) > _STICK_STEP_US:
                sticks.append(Stick(round(at_s - zero_s, 2), us))
        self._origins["stick"] = Origin("RCIN")
        return sticks

    def flown_faults(self, faults: Iterable[FoundFault]) -> list[ScenarioFault]:
        made = []
        for fault in faults:
            if fault.name == "wind.gust":
                continue
            if fault.name in _MINDED and (most := self._refused(fault)) is not None and most < 1.0:
                words = f"the position's test ratio stayed at {most:.2f} (XKF4)"
                self.assumed.append(
                    f"{fault.name} ({fault.why}) did nothing to the estimator, and is not flown: {words}"
                )
                continue
            until = None if fault.until_s is None else round(fault.until_s - self._zero_s, 2)
            made.append(ScenarioFault(fault.name, round(fault.from_s - self._zero_s, 2), until, fault.value))
            self._origins[f"fault.{len(made) - 1}"] = Origin(fault.why, Basis.FOUND)
            if fault.name == "gps.glitch":
                self.assumed.append("direction of a jump of the GPS place: the simulator's go north or south")
            if fault.name == "accel.garbage":
                self.assumed.append("how vibration acts on the sensors: noise of 5 m/s2")
        return made

    def _refused(self, fault: FoundFault) -> float | None:
        """Return the largest test ratio of the position during the fault; None: unknown."""
        until_s = self._end_s if fault.until_s is None else fault.until_s
        rows = self._found.facts.series.get(Quantity.ESTIMATE, [])
        return max((ratio for at_s, ratio in rows if fault.from_s <= at_s <= until_s), default=None)
