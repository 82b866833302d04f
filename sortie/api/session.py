"""Sortie in a Python program: `with Session() as session: ...` flies a vehicle in this process, in virtual time.

No socket, no thread and no clock unless asked for: time passes in `run_for`, `run_until` and `start`, as fast as the
machine computes it, and the same seed gives the same flight. Own MAVLink goes over `connect` (memory); sockets are
opened by `add_link` and served while time passes, in real time by `serve`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from autopilot.cockpit import Cockpit
from autopilot.geo import GeoPoint
from autopilot.journal import NoJournal
from autopilot.mission.executor import MissionExecutor
from mavlink_bridge.links.memory import MemoryLink
from sortie.api.clock import SessionClock
from sortie.api.link import SessionLink
from sortie.api.pilot import PilotedVehicle
from sortie.api.watch import TimedEvent
from sortie.config.errors import UserError
from sortie.config.parameters import given_parameters
from sortie.config.settings import DEFAULT_HOME, parse_home, parse_vehicle
from sortie.logs.run_log import LOGGER
from sortie.nodes.build import VIRTUAL_EPOCH_US, build_service, make_vehicle, parse_faults, simulated_name
from sortie.storage.rows import StoredState
from sortie.storage.signing_keys import open_keys, sign_links
from sortie.storage.store import Store

Home = str | GeoPoint | tuple[GeoPoint, float]


class Session(PilotedVehicle):
    """A vehicle and its service; a context manager.

    `vehicle`: "sim:copter" or "sim:rover". `home`: "LAT,LON,ALT,HEADING" as on the command line, or a place (degrees,
    metres AMSL), with a heading in degrees. `params`: parameters by name, in ArduPilot's units. `faults`: as --fault
    has them ("gps.loss@30..60"). `state_dir`: where missions and parameters outlive the session; None: nowhere.
    `log_dir`: where flights are logged; None: nowhere. `links`: addresses as --link has them; see `add_link`.
    `insecure`: also such as the network can reach. `signing_key`: what these are signed with, 32 bytes or a file as
    --signing-key has it; None: the key in the state directory, if there is one. `executor`, called with the cockpit,
    makes a mission executor that is asked first. Raises UserError, with one line that says what is wrong. Not for
    several threads.
    """

    def __init__(
        self,
        vehicle: str = "sim:copter",
        *,
        home: Home | None = None,
        seed: int = 0,
        params: Mapping[str, float] | None = None,
        faults: Iterable[str] = (),
        state_dir: Path | str | None = None,
        log_dir: Path | str | None = None,
        links: Iterable[str] = (),
        insecure: bool = False,
        signing_key: Path | str | bytes | None = None,
        executor: Callable[[Cockpit], MissionExecutor] | None = None,
    ) -> None:
        self.seed = seed
        self.events: list[TimedEvent] = []
        self._stack = ExitStack()
        try:
            spec = parse_vehicle(vehicle)
            if spec.kind != "sim":
                raise UserError(f"vehicle {vehicle}: a session flies the simulator; use sim:copter or sim:rover")
            store = None if state_dir is None else Store(Path(state_dir))
            if store is not None:
                self._stack.callback(store.close)
            self._build(spec.frame, home, params or {}, faults, store)
            self._sign(store, signing_key)
            if log_dir is not None:
                self._log_to(Path(log_dir))
            if executor is not None:
                self.autopilot.use_executor(executor)
            for url in links:
                self.add_link(url, insecure=insecure)
        except UserError as error:
            self.close()
            raise UserError(str(error).removeprefix("--")) from error  # as the command line words it
        except BaseException:
            self.close()
            raise

    def _build(
        self, frame: str, home: Home | None, params: Mapping[str, float], faults: Iterable[str], store: Store | None
    ) -> None:
        place, heading = _standing(home)
        machine = make_vehicle(frame, place, heading, self.seed)
        struck = parse_faults(faults, machine.fault_names())
        self.service = build_service(
            frame, machine, store or NoJournal(), StoredState() if store is None else store.stored,
            _given(params, frame), name=simulated_name(frame, self.seed),
            epoch_us=VIRTUAL_EPOCH_US, on_error=_raise, faults=struck,
        )  # fmt: skip
        self.service.observers.append(self._observe)
        self._clock = SessionClock(self.service, store)
        self._stack.callback(self._clock.close)

    def _sign(self, store: Store | None, given: Path | str | bytes | None) -> None:
        """Links are signed with this key, the stored one, or one that SETUP_SIGNING sets."""
        keys, key, warnings = open_keys(store, Path(given) if isinstance(given, str) else given)
        for warning in warnings:
            LOGGER.warning("%s", warning)
        self._signing = sign_links(self.service.endpoint, keys, key)

    def _log_to(self, directory: Path) -> None:
        from sortie.logs.recorder import record_flights

        recorder = record_flights(self.service, directory)
        self._stack.callback(lambda: recorder.finish(self.service.now_ms))

    def _observe(self, events: list[object], now_ms: int) -> None:
        self.events += [TimedEvent(now_ms / 1000.0, event) for event in events]

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End logs, store and sockets. A second time does nothing."""
        self._stack.close()

    # --- links ----------------------------------------------------------------------------------------------------
    def connect(
        self, *, system: int = 255, component: int = 190, loss: float = 0.0, delay_ms: int = 0, seed: int | None = None
    ) -> SessionLink:
        """A new link in memory and a ground station's end of it. `loss`: probability for each frame, each way;
        `delay_ms`: how long it takes; `seed` decides the losses (None: the session's)."""
        memory = MemoryLink(self.seed if seed is None else seed, loss=loss, delay_ms=delay_ms)
        link = SessionLink(self._clock, self.service.endpoint, memory, system, component)
        self._clock.add(link)
        self._clock.settle()
        return link

    def add_link(self, url: str, *, insecure: bool = False) -> None:
        """Open a socket or serial link ("tcpin:127.0.0.1:5760"). From then on time passes with a look at the sockets,
        and link time (retries, timeouts) follows the wall. UserError when it cannot be opened, and for one that the
        network can reach unless there is a signing key, or `insecure`: whoever reaches it can command the vehicle."""
        self._clock.open(url, signed=self._signing.signing is not None, insecure=insecure)


def _standing(home: Home | None) -> tuple[GeoPoint, float]:
    """Place and heading in degrees."""
    if home is None:
        return GeoPoint(*DEFAULT_HOME[:3]), DEFAULT_HOME[3]
    if isinstance(home, str):
        return parse_home(home)
    return (home, 0.0) if isinstance(home, GeoPoint) else home


def _given(params: Mapping[str, float], kind: str) -> dict[str, float]:
    """`params`, checked as the command line's are."""
    values, _ = given_parameters([f"{name}={value!r}" for name, value in params.items()], kind)
    return values


def _raise(error: Exception, where: str) -> None:
    raise error
