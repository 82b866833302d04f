"""Recorder of a log for each flight, on request of the flight manager's logger; it also limits the size of the
directory.

The logger opens a log in PREFLIGHT and closes it after LANDED (`autopilot.flight.flight_context.LogFiles`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from autopilot.context.events import Event
from autopilot.interface import report
from autopilot.mav import Severity
from autopilot.mission.events import ItemReached
from sortie.logs.directory import new_flight_folder, prune
from sortie.logs.flight_log import FlightLog
from sortie.logs.run_log import LOGGER
from sortie.logs.served import ServedDirectory
from sortie.nodes.log_shelf import ArduPilotLogs, BootLog, FlightShelf, NumberedLogs

if TYPE_CHECKING:
    from mavlink_bridge.routing.open_link import OutQueue
    from sortie.nodes.bin_log import BinLog  # loaded with the first flight
    from sortie.nodes.vehicle import VehicleService

TLOG_HZ = 4.0


class FlightRecorder:
    """Observer that records flights. `directory`: log directory. `telemetry` False: without flight.tlog, flight.bin and
    telemetry.csv (events and summary are always written). `name`: name of a fleet's vehicle. `latest`: folder of the
    newest flight."""

    def __init__(self, service: VehicleService, directory: Path, *, telemetry: bool = True, name: str = "") -> None:
        self._prefix = f"vehicle {name}: " if name else ""
        self.service = service
        self.directory = directory
        self.telemetry = telemetry
        self.latest: Path | None = None
        self._log: FlightLog | None = None
        self._bin: BinLog | None = None
        self._link: int | None = None
        self._queue: OutQueue | None = None
        self._began_ms = 0
        self._odometer = 0.0
        self._reached = 0
        self._begins = False
        """True when the log must begin with the current state."""
        self._ending = False
        self.boot = BootLog(service, directory)
        """Log on the ground."""
        if telemetry and (service.logs_from_boot or self._logs_disarmed):
            self.boot.begin(service.now_ms)
        service.parameters.listeners.append(self._parameter_changed)

    @property
    def open(self) -> Path | None:
        """Folder of the current flight's log, or None."""
        return None if self._log is None else self._log.folder

    def observe(self, events: list[Event], now_ms: int) -> None:
        self.boot.observe(events, now_ms)
        for event in events:
            if self._log is not None:
                self._log.write_event(event, now_ms)
                if self._bin is not None:
                    self._bin.event(event, now_ms)
                self._reached += isinstance(event, ItemReached)
        if self._log is not None:
            self._write(now_ms)
            if self._ending:
                self._tell(self._end(now_ms))
                if self.telemetry and self._logs_disarmed:
                    self.boot.begin(now_ms)

    def sample(self, now_ms: int) -> None:
        """Sample the vehicle, which has moved without a decision."""
        if self._log is not None:
            self._write(now_ms)
        else:
            self.boot.sample(now_ms)

    def flush(self) -> list[BinLog]:
        """Flush text files and telemetry log, and return the binary logs, which `keep_flights` packs together with
        those of other vehicles."""
        if self._log is not None:
            self._log.flush()
        return [binary for binary in (self._bin, self.boot.binary) if binary is not None]

    # --- LogFiles -------------------------------------------------------------------------------------------------
    def reopen(self, now_ms: int) -> str | None:
        """Close the files of the last flight and open new ones. Returns the reason when that is impossible."""
        self.finish(now_ms)
        return self._open(now_ms)

    def close(self) -> None:
        """End the flight: its files are closed after this pass's events."""
        self._ending = True

    # --- inside ---------------------------------------------------------------------------------------------------
    def _open(self, now_ms: int) -> str | None:
        try:
            self.latest = new_flight_folder(self.directory)
            if self.telemetry:
                from sortie.nodes.bin_log import BinLog

                self._bin = BinLog(self.latest, self.service, now_ms)
            unmeasured = () if self._bin is None else self._bin.unmeasured
            self._log = FlightLog(self.latest, self.service.epoch_us, now_ms, unmeasured)
        except OSError as error:
            LOGGER.error("flight log: %s: %s", self.directory, error.strerror)
            self._bin = None
            return f"{error.strerror}: {self.directory}"
        LOGGER.info("%sflight %s begins", self._prefix, self.latest.name)
        self._began_ms = now_ms
        self._begins = True
        self._odometer = self.service.vehicle.state.odometer
        self._reached = 0
        if self.telemetry:
            self._link = self.service.open_log_link("flight.tlog", TLOG_HZ, self._log.write_stamped)
            self._queue = self.service.endpoint.out_queue(self._link)
        return None

    def _write(self, now_ms: int) -> None:
        log = self._log
        assert log is not None
        if self._queue is not None and self._queue.size:
            log.write_frames(self._queue.take(), now_ms)
        error = log.error
        if self._bin is not None:
            if self.service.sampled or self._begins:
                self._begins = False
                log.write_state(self.service.vehicle.state, now_ms)
                self._bin.sample(now_ms)
            error = log.error or self._bin.error
        if error is not None:
            self._tell(self._end(now_ms))

    def _tell(self, error: str | None) -> None:
        """Report an early end as a text of the vehicle, because people read these, not run.log on the same full
        disk."""
        if error is not None:
            self.service.autopilot.announcer.say(Severity.ERROR, error)

    def _parameter_changed(self, name: str, value: float) -> None:
        binary = self._bin or self.boot.binary
        if binary is not None:
            binary.parameter(name, value, self.service.now_ms)
        if name == "LOG_DISARMED" and self.telemetry and self._log is None:
            if self._logs_disarmed:
                self.boot.begin(self.service.now_ms)
            else:
                self.boot.close()

    @property
    def _logs_disarmed(self) -> bool:
        """Return LOG_DISARMED; a firmware without this parameter has its own rule."""
        return "LOG_DISARMED" in self.service.parameters and self.service.parameters["LOG_DISARMED"] != 0.0

    def finish(self, now_ms: int) -> None:
        """End the log of the flight, if there is one."""
        error = self._end(now_ms)
        if error is not None:
            LOGGER.error("%s", error)

    def _end(self, now_ms: int) -> str | None:
        """End the log, and return the reason of an early or failed end."""
        self._ending = False
        log, self._log = self._log, None
        self.boot.close()
        self.boot.shown = self.boot.shown and log is None
        if log is None:
            return None
        if self._link is not None:
            self.service.endpoint.close_link(self._link)
            self._link = self._queue = None
        binary, self._bin = self._bin, None
        if binary is not None:
            binary.close()
            log.error = log.error or binary.error
        state = self.service.vehicle.state.report
        flown_s, flown_m = (now_ms - self._began_ms) / 1000.0, self.service.vehicle.state.odometer - self._odometer
        LOGGER.info(
            "%sflight %s ends: %.0f s, %.0f m, %d items", self._prefix, log.folder.name, flown_s, flown_m, self._reached
        )
        log.close(
            {
                "start_s": self._began_ms / 1000.0,
                "end_s": now_ms / 1000.0,
                "flight_time_s": flown_s,
                "distance_m": round(flown_m, 1),
                "items_reached": self._reached,
                "battery_v": round(float(state[report.BATT_V]), 2),
                "battery_mah": round(float(state[report.BATT_MAH]), 1),
                "vehicle": self.service.autopilot.facts.vehicle_class.name,
            }
        )
        try:
            prune(self.directory)
        except OSError as error:
            LOGGER.error("old flight logs not deleted: %s", error)
        return log.error


def keep_flights(recorders: Iterable[FlightRecorder]) -> None:
    """Pass the logs of current flights to the operating system, so that they survive the death of this process. They
    are not forced to disk, because a vehicle would have to wait for its memory card; a power loss may lose the last
    data."""
    binaries = []
    for recorder in recorders:
        binaries += recorder.flush()
    if binaries:
        from sortie.nodes.bin_log import flush_all  # loaded already: they are of its kind

        flush_all(binaries)


def record_flights(
    service: VehicleService, directory: Path, *, telemetry: bool = True, name: str = ""
) -> FlightRecorder:
    """Log the flights of `service` in `directory`, and serve the logs to ground stations: DataFlash logs by the log
    protocol, the whole directory as `@MAV_LOG`, `@LOGS` and `/APM/LOGS` by MAVFTP. Pictures of the camera are there
    too."""
    recorder = FlightRecorder(service, directory, telemetry=telemetry, name=name)
    service.observers.append(recorder.observe)
    service.samplers.append(recorder.sample)
    if service.autopilot.flights is not None:
        service.autopilot.flights.context.log_files = recorder
    shelf = service.logs.files = FlightShelf(directory, lambda: recorder.open, recorder.boot)
    tree = ServedDirectory(directory)
    service.files.mount("@LOGS", tree)
    logs = NumberedLogs(tree, shelf)
    service.files.mount("@MAV_LOG", logs)  # MAVFTP's own name; QGroundControl asks a PX4 for no other
    service.files.mount("APM", ArduPilotLogs(logs))
    if service.camera is not None:
        service.camera.keep_in(directory / "camera")
    return recorder
