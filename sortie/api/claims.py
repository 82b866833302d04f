"""Claims of a test about a vehicle: assertions in vehicle time whose failures say what happened instead, in lines of
text for people.

A subclass gives access to a vehicle (`S`: a `Session`), in this thread or in that of a server, by `ask` and
`pass_until`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from autopilot.context.events import ArmedChanged, ModeChanged, StatusText
from autopilot.interface.geo import GeoPoint, distance, to_local
from autopilot.interface.mathematics import hypot
from autopilot.interface.reasons import ModeReason
from autopilot.mav import Severity
from autopilot.mission.events import ItemReached, MissionComplete
from sortie.api.begin import mode_of
from sortie.api.simulation import Truth, end_fault, inject, truth_of, wind_parameters

if TYPE_CHECKING:
    from autopilot.core.autopilot import Autopilot
    from sortie.api.snapshot import Snapshot
    from sortie.api.watch import TimedEvent
    from sortie.nodes.vehicle import VehicleService


class ObservedVehicle(Protocol):
    """Vehicle of a `Session`, as claims and stories look at it."""

    events: list[TimedEvent]

    @property
    def autopilot(self) -> Autopilot: ...

    @property
    def service(self) -> VehicleService: ...

    @property
    def time_s(self) -> float: ...

    @property
    def state(self) -> Snapshot: ...

    def set_param(self, name: str, value: float) -> float: ...


def standing(session: ObservedVehicle) -> str:
    """Describe the current state in one line."""
    state = session.state
    progress = f"item {state.mission.item} of {state.mission.items}" if state.mission.items else "no mission"
    fly = f"{state.height:.1f} m up, {state.ground_speed:.1f} m/s, {state.distance:.1f} m from its target"
    armed = "armed" if state.armed else "disarmed"
    battery = f"battery {100.0 * state.battery.remaining:.0f} %"
    faults = [str(fault) for fault in session.service.faults.active]
    fault_words = [f"faults {', '.join(faults)}"] if faults else []
    return f"at {state.time_s:.2f} s: " + ", ".join([state.mode, armed, progress, fly, battery, *fault_words])


def mode_name(session: ObservedVehicle, number: int) -> str:
    return next((spec.name for spec in session.autopilot.modes.available() if spec.number == number), str(number))


def line_of(session: ObservedVehicle, entry: TimedEvent) -> str | None:
    """Describe an event in a line with its time; None for kinds that people need not see."""
    event = entry.event
    match event:
        case StatusText(severity):
            line = f"text  {event.words}" + ("" if severity > Severity.WARNING else f"  [{severity.name.lower()}]")
        case ModeChanged(number, reason):
            why = "" if reason is ModeReason.UNKNOWN else f" ({reason.text})"
            line = f"mode  {mode_name(session, number)}{why}"
        case ArmedChanged(armed):
            line = "armed" if armed else "disarmed"
        case ItemReached(seq):
            line = f"item  {seq} reached"
        case MissionComplete():
            line = "item  mission complete"
        case _:
            return None
    return f"{entry.time_s:9.2f} s  {line}"


def story(session: ObservedVehicle, last: int) -> list[str]:
    """Return the last `last` lines about events."""
    lines: list[str] = []
    for entry in reversed(session.events):
        line = line_of(session, entry)
        if line is not None:
            lines.append(line)
            if len(lines) == last:
                break
    return lines[::-1]


__tracebackhide__ = True  # as in `session`
T = TypeVar("T")
S = TypeVar("S", bound=ObservedVehicle)
Place = GeoPoint | tuple[float, float]
"""Place; a pair is latitude and longitude in degrees."""
_SHOWN = 6
_LAND_WITHIN_S = 300.0
_HEIGHT_M = 0.5


class Claims(ABC, Generic[S]):
    """Claims about one vehicle. `reaches` also counts what has happened since the last claim, so that a test does not
    race a client that flies the vehicle."""

    _looked_at = 0
    """Index of the first event that no earlier claim has used."""
    flown_by: Thread | None = None
    """Thread that advances its time; None: the thread that waits."""

    @abstractmethod
    def ask(self, fact: Callable[[S], T]) -> T:
        """Return `fact(session)`, called in the session's thread."""

    @abstractmethod
    def pass_until(self, done: Callable[[S], bool], within_s: float, every_s: float = 0.1) -> bool:
        """Let vehicle time pass until `done`, called at every event and at least every `every_s`. False after
        `within_s`."""

    def sleep(self, seconds: float) -> None:
        """Let `seconds` of vehicle time pass."""
        self.pass_until(lambda session: False, seconds)

    def hints(self) -> list[str]:
        """Return lines about possible causes of a failed claim."""
        return []

    # --- the simulator ------------------------------------------------------------------------------------------------
    @property
    def truth(self) -> Truth:
        """True state of the simulated vehicle."""
        return self.ask(lambda session: truth_of(session.service))

    def inject(self, fault: str) -> None:
        """Begin a fault in the form of --fault ("gps.loss", "motor1.loss=0.4"), now or at the given time
        ("gps.loss@60..90", s since boot). UserError names the nearest known fault."""
        self.ask(lambda session: inject(session.service, fault))

    def clear(self, fault: str) -> None:
        """End an active fault."""
        self.ask(lambda session: end_fault(session.service, fault))

    def set_wind(self, speed: float, from_deg: float, turbulence: float = 0.0) -> None:
        """Set the wind: `speed` m/s from `from_deg` degrees, with gusts of `turbulence` m/s."""

        def blow(session: S) -> None:
            for name, value in wind_parameters((speed, from_deg, turbulence)).items():
                session.set_param(name, value)

        self.ask(blow)

    # --- claims -------------------------------------------------------------------------------------------------------
    def wait(self, condition: Callable[[S], bool], within_s: float = 60.0, every_s: float = 0.1) -> float:
        """Claim that `condition` becomes true within `within_s` of vehicle time; called at every event and at least
        every `every_s`. Returns the vehicle time, s."""
        if not self.pass_until(condition, within_s, every_s):
            raise self._failure(f"the condition was not true within {within_s:g} s")
        return self._time_s()

    def reaches(
        self,
        *,
        item: int | None = None,
        mode: str | None = None,
        height: float | None = None,
        place: Place | None = None,
        radius: float = 2.0,
        within_s: float = 60.0,
    ) -> float:
        """Claim that the vehicle reaches something within `within_s` of vehicle time: a mission item, a mode, a height
        (m above home; passed, or within 0.5 m), or a place (degrees; within `radius` m). Returns the vehicle time,
        s."""
        goals = [goal for goal in (item, mode, height, place) if goal is not None]
        if len(goals) != 1:
            raise TypeError("reaches: give one of item=, mode=, height=, place=")
        if item is not None:
            return self._reaches_item(item, within_s)
        if mode is not None:
            self.ask(lambda session: mode_of(session.autopilot.modes, mode))
            return self._comes(f"mode {mode}", lambda s: s.state.mode == mode.upper(), within_s, lambda: "")
        if height is not None:
            return self._passes_height(height, within_s)
        assert place is not None
        return self._comes_to(place, radius, within_s)

    def holds(self, condition: Callable[[S], bool], *, for_s: float, every_s: float = 0.1) -> None:
        """Claim that `condition` is true now and at every check in the next `for_s` of vehicle time."""
        since_s = self._time_s()
        if self.pass_until(lambda session: not condition(session), for_s, every_s):
            raise self._failure(f"it held for {self._time_s() - since_s:.2f} s of {for_s:g} s")

    def never(self, condition: Callable[[S], bool], *, for_s: float, every_s: float = 0.1) -> None:
        """Claim that `condition` is false now and at every check in the next `for_s` of vehicle time."""
        since_s = self._time_s()
        if self.pass_until(condition, for_s, every_s):
            raise self._failure(f"it was so after {self._time_s() - since_s:.2f} s of {for_s:g} s")

    def lands_within(self, metres: float, *, of: Place | None = None, within_s: float = _LAND_WITHIN_S) -> float:
        """Claim that within `within_s` of vehicle time the vehicle has flown, stands, is disarmed, and is truly at most
        `metres` from `of` (None: home). Returns its distance, m."""
        if not self.pass_until(_has_landed, within_s):
            flown = (
                "" if self.ask(_has_flown) else "; it never flew" if self.ask(_has_armed) else "; it was never armed"
            )
            raise self._failure(f"it did not land within {within_s:g} s{flown}")
        aim = self.ask(lambda session: session.autopilot.facts.home) if of is None else _geo(of)
        if aim is None:
            raise self._failure("it has no home to land at")
        north, east, _ = to_local(aim, self.truth.place.lat, self.truth.place.lon, aim.alt)
        away = hypot(north, east)
        if away > metres:
            raise self._failure(
                f"it landed {away:.2f} m from {'home' if of is None else _degrees(aim)}, not within {metres:g} m: "
                f"{_towards(north, east)}"
            )
        return away

    # --- inside -------------------------------------------------------------------------------------------------------
    def _time_s(self) -> float:
        return self.ask(lambda session: session.time_s)

    def _failure(self, claim: str) -> AssertionError:
        def lines(session: S) -> list[str]:
            return [standing(session), *story(session, _SHOWN), *self.hints()]

        return AssertionError("\n".join([claim, *self.ask(lines)]))

    def _comes(self, what: str, done: Callable[[S], bool], within_s: float, instead: Callable[[], str]) -> float:
        if not self.pass_until(done, within_s):
            raise self._failure(f"{what}: not within {within_s:g} s{instead()}")
        self._looked_at = self.ask(lambda session: len(session.events))
        return self._time_s()

    def _reaches_item(self, item: int, within_s: float) -> float:
        reached: list[tuple[int, float]] = []

        def look(session: S) -> bool:
            events = session.events
            while self._looked_at < len(events):
                entry = events[self._looked_at]
                self._looked_at += 1
                if isinstance(entry.event, ItemReached):
                    reached.append((entry.event.seq, entry.time_s))
                    if entry.event.seq == item:
                        return True
            return False

        if not self.pass_until(look, within_s):
            others = ", ".join(f"{seq} at {time_s:.2f} s" for seq, time_s in reached)
            raise self._failure(f"item {item}: not reached within {within_s:g} s; reached: {others or 'none'}")
        return reached[-1][1]

    def _passes_height(self, height: float, within_s: float) -> float:
        began = self.ask(lambda session: session.state.height)
        nearest = [began]

        def look(session: S) -> bool:
            now = session.state.height
            if abs(now - height) < abs(nearest[0] - height):
                nearest[0] = now
            return abs(now - height) <= _HEIGHT_M or (now > height if began < height else now < height)

        return self._comes(f"{height:g} m", look, within_s, lambda: f"; {nearest[0]:.2f} m was nearest")

    def _comes_to(self, place: Place, radius: float, within_s: float) -> float:
        aim = _geo(place)
        nearest = [float("inf")]

        def look(session: S) -> bool:
            nearest[0] = min(nearest[0], distance(aim, truth_of(session.service).place))
            return nearest[0] <= radius

        return self._comes(
            f"{_degrees(aim)} within {radius:g} m", look, within_s, lambda: f"; {nearest[0]:.2f} m was nearest"
        )


def _has_armed(session: ObservedVehicle) -> bool:
    return any(isinstance(entry.event, ArmedChanged) and entry.event.armed for entry in session.events)


def _has_landed(session: ObservedVehicle) -> bool:
    return not session.autopilot.facts.armed and session.autopilot.vehicle.state.landed and _has_flown(session)


def _has_flown(session: ObservedVehicle) -> bool:
    """True if it took off since its last arming; what drives was armed."""
    return session.autopilot.vehicle_arming.flew or (
        not session.autopilot.facts.vehicle_class.flies and _has_armed(session)
    )


def _geo(place: Place) -> GeoPoint:
    return place if isinstance(place, GeoPoint) else GeoPoint(*place)


def _degrees(place: GeoPoint) -> str:
    return f"{place.lat:.7f},{place.lon:.7f}"


def _towards(north: float, east: float) -> str:
    """Write an offset in words."""
    along, across = "north" if north >= 0.0 else "south", "east" if east >= 0.0 else "west"
    return f"{abs(north):.2f} m {along}, {abs(east):.2f} m {across}"
