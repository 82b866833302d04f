"""`flight.bin`: the DataFlash log of one flight.

It begins with formats, all parameters and the mission. Then come events, samples of the state (at most ten a second),
and changes without an event: failsafes (ERR) and leaving the ground (EV). Samples are taken when the vehicle has a pass
of its own, and no pass is made for the log. So logging changes neither speed nor decisions, and clients do not change
the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from math import isfinite, nan
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from autopilot.context.events import (
    ArmedChanged,
    CameraTriggered,
    ErrorLogged,
    Event,
    FenceChanged,
    HomeChanged,
    ModeChanged,
    StatusText,
)
from autopilot.context.turns import next_multiple
from autopilot.interface import report as R
from autopilot.interface.layout import ON_GROUND
from autopilot.interface.reasons import ErrorSubsystem
from autopilot.mav import Cmd, FirmwareVersion, Frame, Sensor
from autopilot.mission.commands import has_position
from autopilot.mission.events import CurrentChanged
from autopilot.mission.items import MissionItem
from autopilot.mission.rally import points
from autopilot.parameters.parameter_set import ParameterSet
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.identity import GIT_HASH
from sortie.logs import dataflash_kinds as K
from sortie.logs.dataflash import MessageFormat, Value, description, preamble
from sortie.logs.dataflash_columns import UNKNOWN_OF_A_REAL_VEHICLE, UNMEASURED
from sortie.logs.dataflash_samples import NOTHING, Sampler, fields, table, take
from sortie.nodes.sensed import SensorRows
from sortie.nodes.vehicle import VehicleService

_OCCURRED, _BAD_VARIANCE, _UNHEALTHY = 1, 2, 4  # LogErrorCode; 0: resolved
_ALARMS = (
    (ErrorSubsystem.FAILSAFE_RADIO, _OCCURRED), (ErrorSubsystem.FAILSAFE_BATT, _OCCURRED),
    (ErrorSubsystem.FAILSAFE_GCS, _OCCURRED), (ErrorSubsystem.EKFCHECK, _BAD_VARIANCE),
    (ErrorSubsystem.FAILSAFE_EKFINAV, _OCCURRED), (ErrorSubsystem.COMPASS, _UNHEALTHY),
    (ErrorSubsystem.BARO, _UNHEALTHY),
)  # fmt: skip
_MAG, _BARO = int(Sensor.MAG), int(Sensor.ABSOLUTE_PRESSURE)
_LAND_COMPLETE, _NOT_LANDED = 18, 28  # LogEvent


class LogWatch:
    """State at the last check, first at the opening of the log."""

    def __init__(self, service: VehicleService) -> None:
        self._vehicle = service.vehicle
        self._failsafes = service.autopilot.failsafes
        self.alarms = (False,) * len(_ALARMS)
        self._state: tuple[object, ...] = ()
        self._landed = self._is_landed()

    def look(self, now_us: int) -> bytes:
        """Return the messages about changes."""
        failsafes, figure = self._failsafes, self._vehicle.state.report.item
        present, healthy = figure(R.SENSORS_PRESENT), figure(R.SENSORS_HEALTHY)
        state = (
            failsafes.sticks.lost,
            failsafes.battery_low or failsafes.battery_critical,
            failsafes.ground_station.lost,
            failsafes.estimator,
            present,
            healthy,
            figure(R.LANDED_STATE),
        )
        if state == self._state:
            return b""
        self._state = state
        failed, landed = int(present) & ~int(healthy), self._is_landed()
        sensors = (failed & _MAG != 0, failed & _BARO != 0)
        before, self.alarms = self.alarms, (*state[:4], failsafes.estimator, *sensors)  # as `_ALARMS`
        rows = zip(_ALARMS, self.alarms, before, strict=True)
        found = b"".join(K.ERR.pack(now_us, kind, code * on) for (kind, code), on, was in rows if on is not was)
        if landed is not self._landed:
            self._landed = landed
            found += K.EV.pack(now_us, _LAND_COMPLETE if landed else _NOT_LANDED)
        return found

    def _is_landed(self) -> bool:
        return bool(self._vehicle.state.report[R.LANDED_STATE] == ON_GROUND)


PERIOD_MS = 100
_TEXT = 64
_BUFFER = 1 << 18
_EV_ARMED, _EV_DISARMED, _EV_SET_HOME = 10, 11, 25  # ArduPilot's LogEvent
_ORIGIN_EKF, _ORIGIN_HOME = 0, 1
_BOARD_SITL = 3  # HAL_BOARD


@cache
def _parameter_rows(known: ParameterSet) -> npt.NDArray[np.void]:
    """Return the PARM messages of a kind of vehicle without times and values; each log begins with all of them."""
    rows = np.zeros(len(known.definitions), np.dtype(fields(K.PARM)))
    rows["PARM.head"] = np.frombuffer(K.PARM.head, np.uint8)
    rows["PARM.Name"] = [definition.name for definition in known.definitions]
    rows["PARM.Default"] = [definition.default for definition in known.definitions]
    return rows


class BinLog:
    """Log from arming to disarming. Only the constructor raises; `error` has the reason of an early end. `written`:
    bytes."""

    def __init__(self, folder: Path, service: VehicleService, now_ms: int) -> None:
        """Open the file. OSError when that fails."""
        self.path = folder / "flight.bin"
        self.error: str | None = None
        self.written = 0
        self._service = service
        self._next_ms = now_ms
        self._file: IO[bytes] = self.path.open("wb", buffering=_BUFFER)
        self._identity = replace(service.telemetry.identity, speaks=OWN)  # modes and parameters here are ArduPilot's
        autopilot, parameters = service.autopilot, service.parameters
        simulated = isfinite(service.vehicle.state.report[R.TRUE_LAT])
        samples = K.samples(autopilot.facts.vehicle_class, simulated=simulated)
        if not autopilot.airspeed.fitted:
            samples = tuple(kind for kind in samples if kind != K.ARSP)
        hover = parameters["MOT_THST_HOVER"] if "MOT_THST_HOVER" in parameters else float("nan")
        self.unmeasured = np.array(UNMEASURED.get(autopilot.facts.param("BATT_MONITOR", nan), NOTHING), np.int64)
        unknown = self.unmeasured if simulated else UNKNOWN_OF_A_REAL_VEHICLE
        self._watch = LogWatch(service)
        self._sensors = SensorRows(service)
        self._described: set[MessageFormat] = set()
        self._sampler = Sampler(samples, service.epoch_us, hover, unknown)
        now_us = now_ms * 1000
        rally = points(autopilot.plans.rally.items())
        events = (*K.EVENTS, K.RALY) if rally else K.EVENTS
        pieces = [preamble((*events, *samples), now_us), self._version(now_us)]
        pieces += [K.MSG.pack(now_us, line) for line in self._identity.banner()]
        pieces.append(self._parameters(now_us))
        home = autopilot.facts.home
        items = [*autopilot.plans.mission.items()]
        if home is not None:
            items.insert(0, MissionItem(Cmd.NAV_WAYPOINT, Frame.GLOBAL, x=home.lat, y=home.lon, z=home.alt, seq=0))
        pieces.append(table(K.CMD, [self._command(item, now_us) for item in items]))
        pieces += [_rally_point(item, len(rally), now_us) for item in rally]
        pieces += [*self._origins(now_us), K.MODE.pack(now_us, autopilot.modes.number, autopilot.modes.number, 0)]
        self._write(b"".join(pieces))

    # --- facts ----------------------------------------------------------------------------------------------------
    def sample(self, now_ms: int) -> None:
        """Write the current state, at most every `PERIOD_MS`, and the changes found by `LogWatch`."""
        self._notice(now_ms)
        if now_ms < self._next_ms:
            return
        self._next_ms = next_multiple(now_ms, PERIOD_MS)
        autopilot, report = self._service.autopilot, self._service.vehicle.state.report
        home, used, pulses = autopilot.facts.home, autopilot.airspeed.used, autopilot.sticks.pulses
        self._sampler.add(report, now_ms, 0.0 if home is None else home.alt, tube_used=used, pulses=pulses)
        for kind, values in self._sensors.rows(now_ms):
            self._insert(self._rare(kind, values, now_ms * 1000))
        if self._sampler.full:
            self._write(self._sampler.take())

    def event(self, event: Event, now_ms: int) -> None:
        """Write an event; kinds without a message in the format are ignored."""
        self._notice(now_ms)
        self._insert(self._messages(event, now_ms * 1000))
        if isinstance(event, CameraTriggered):  # pictures are geotagged from it during the flight
            self.flush()

    def _notice(self, now_ms: int) -> None:
        """Write the changes found by `LogWatch`. Errors are flushed at once, because the flight may end soon."""
        before = self._watch.alarms
        found = self._watch.look(now_ms * 1000)
        if found:
            self._insert(found)
            if self._watch.alarms != before:
                self.flush()

    def parameter(self, name: str, value: float, now_ms: int) -> None:
        default = self._service.parameters.definition(name).default
        self._insert(K.PARM.pack(now_ms * 1000, name, value, default))

    def flush(self) -> None:
        """Flush the log (`flush_all`)."""
        flush_all([self])

    def close(self) -> None:
        """Write the rest and close the file."""
        self._write(self._sampler.take())
        try:
            self._file.close()
        except OSError as problem:
            self.error = self.error or f"flight log {self.path}: {problem.strerror}"

    # --- inside ---------------------------------------------------------------------------------------------------
    def _messages(self, event: Event, now_us: int) -> bytes:
        autopilot = self._service.autopilot
        match event:
            case ModeChanged(number, reason):
                return K.MODE.pack(now_us, number, number, int(reason))
            case StatusText():
                data = event.words.encode("ascii", "replace")
                return b"".join(K.MSG.pack(now_us, data[at : at + _TEXT]) for at in range(0, len(data), _TEXT))
            case ErrorLogged(subsystem, code):
                return K.ERR.pack(now_us, subsystem, code)
            case ArmedChanged(armed, method):
                checks, forced = int(self._service.parameters["ARMING_CHECK"]), autopilot.vehicle_arming.forced
                what = K.EV.pack(now_us, _EV_ARMED if armed else _EV_DISARMED)
                return what + K.ARM.pack(now_us, int(armed), checks, int(forced), int(method))
            case HomeChanged():
                return K.EV.pack(now_us, _EV_SET_HOME) + b"".join(self._origins(now_us))
            case FenceChanged(types):
                return K.ERR.pack(now_us, ErrorSubsystem.FAILSAFE_FENCE, types)
            case CameraTriggered():
                return self._rare(K.CAM, self._sensors.photo(event, self._sampler.gps_at_boot_ms), now_us)
            case CurrentChanged(seq):
                item = autopilot.plans.mission.get(seq)
                return b"" if item is None else K.CMD.pack(*self._command(item, now_us))
        return b""

    def _parameters(self, now_us: int) -> bytes:
        parameters = self._service.parameters
        rows = _parameter_rows(parameters.known).copy()
        rows["PARM.TimeUS"] = now_us
        rows["PARM.Value"] = list(parameters.values())
        return rows.tobytes()

    def _version(self, now_us: int) -> bytes:
        identity = self._identity
        numbers = *identity.speaks.version, FirmwareVersion.OFFICIAL, int(GIT_HASH, 16)
        build = identity.vehicle_class.face.build
        return K.VER.pack(now_us, _BOARD_SITL, 0, *numbers, identity.banner()[0], 0, build, 0)

    def _command(self, item: MissionItem, now_us: int) -> tuple[float, ...]:
        """Return the columns of an item's CMD message. Like ArduPilot's, it has params 5 and 6 of a command without a
        place as if they were degrees x 1e7."""
        scale = 1.0 if has_position(item.command) else K.PLAIN_IN_CMD
        total = self._service.autopilot.plans.mission.count()
        params = item.param1, item.param2, item.param3, item.param4
        place = item.x * scale, item.y * scale, item.z
        return now_us, total, item.seq, item.command, *params, *place, item.frame

    def _origins(self, now_us: int) -> list[bytes]:
        origin, home = self._service.vehicle.origin, self._service.autopilot.facts.home
        places = ((_ORIGIN_EKF, origin), (_ORIGIN_HOME, home))
        return [K.ORGN.pack(now_us, what, at.lat, at.lon, at.alt) for what, at in places if at is not None]

    def _rare(self, kind: MessageFormat, values: Sequence[Value], now_us: int) -> bytes:
        """Pack a message of a rare kind, after its description if it is the first."""
        known, row = kind in self._described, kind.pack(now_us, *values)
        self._described.add(kind)
        return row if known else description(kind, now_us) + row

    def _insert(self, data: bytes) -> None:
        if data:
            self._sampler.insert(data)

    def _write(self, data: bytes, *, flush: bool = False) -> None:
        if self.error is None:
            try:
                self._file.write(data)
                self.written += len(data)
                if flush:
                    self._file.flush()
            except OSError as problem:
                self.error = f"flight log {self.path}: {problem.strerror}"


def _rally_point(item: MissionItem, total: int, now_us: int) -> bytes:
    """Return the RALY message of a rally point: metres, and their reference."""
    flags = K.RALLY_FRAME_KNOWN | K.rally_frame(item.frame) << K.RALLY_FRAME_SHIFT
    height = max(-0x8000, min(round(item.z), 0x7FFF))
    return K.RALY.pack(now_us, min(total, 255), min(item.seq, 255), item.x, item.y, height, flags)


def flush_all(logs: Sequence[BinLog]) -> None:
    for log, data in zip(logs, take([log._sampler for log in logs]), strict=True):
        log._write(data, flush=True)
