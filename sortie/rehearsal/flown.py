"""Simulated flights of a plan in many winds and with many batteries: times, energy, success rate.

The first flight is calm, with the full battery. Every other one draws weather and battery (`drawn`) from its number and
the seed only, whatever the number of processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autopilot.context.events import ArmedChanged, CameraTriggered, Event, ModeChanged
from autopilot.interface import report as R
from autopilot.interface.footprint import Numbers, footprint
from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import hypot
from autopilot.interface.reasons import BY_WISH, ModeReason
from autopilot.interface.records import dataclass
from autopilot.mission.commands import spec_of
from autopilot.mission.events import ItemReached
from autopilot.mission.plan import Plan
from autopilot.mission.plan_types import Survey
from autopilot.mount.gimbal import optical_axis
from autopilot.mount.rotation import Quaternion, turn
from autopilot.rehearsal.findings import Finding, found
from autopilot.rehearsal.photos import LEAST_GAP_M, PhotoCamera, PhotoGap, find_gap, ground_below, nearest_item
from autopilot.rehearsal.room import Segments as Legs
from autopilot.rehearsal.room import distances
from autopilot.rehearsal.rules import PACK_V
from autopilot.rehearsal.way import FlyingField, Way
from sortie.api.session import Session
from sortie.api.simulation import truth_of, wind_parameters
from sortie.config.vehicle_spec import VehicleSpec, texts_of
from sortie.config.wind import STILL, ProfileAxis, Wind, WindProfile
from sortie.nodes.flight import Flight
from sortie.runtime.workers import in_processes

_PEAK: Final = 3.0  # standard deviations of a gust above the mean
_WORST_PACK: Final = 0.9  # share of the given capacity: age and cold
LOOK_S: Final = 2.0
LONG_LOOK_S: Final = 4.0
"""Interval of samples for plans longer than `LONG_S`, s; every sample is a pass of Python."""
LONG_S: Final = 600.0
_LEAST_S: Final = 2.0  # of a flight, before its mean power has a meaning
_SAMPLED: Final = [R.NORTH, R.EAST, R.DOWN, R.BATT_WH]
_SINKS_MPS: Final = 0.5
_AXES: Final = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))  # of a camera
_ENOUGH: Final = 0.95
_EXPECTED: Final = BY_WISH | {ModeReason.UNKNOWN, ModeReason.MISSION_END}


@dataclass(frozen=True, slots=True, eq=False)
class ExaminedSurvey:
    """Survey whose photos are examined: its area, m north and east of home, and the camera."""

    survey: Survey
    area: Numbers
    camera: PhotoCamera


@dataclass(frozen=True, slots=True)
class RehearsedFlight:
    """Flight to fly. `spec`: its vehicle, with the seed of flight 0. `limit_s`: longest vehicle time. `speed_mps`: of
    the way home. `battery_wh`: 0 is endless. `look_s`: interval of samples."""

    plan: Plan
    spec: VehicleSpec
    number: int
    limit_s: float
    speed_mps: float
    wind: WindProfile
    battery_wh: float
    surveys: tuple[ExaminedSurvey, ...] = ()
    look_s: float = LOOK_S


Track = NDArray[np.float32]
"""(n, 6): s since arming, north, east, up in m from home, Wh used, current item."""


@dataclass(frozen=True, slots=True, eq=False)
class FlownFlight:
    """Result of a flight. `items`: (number, s since arming, Wh used, Wh left, Wh left after the way home) when each is
    first reached. `item`: the last one. `failsafe`: its text and item. `off_way_m`: largest distance from the plan's
    legs. `gaps`: areas that photos have missed, by number of the survey."""

    result: str
    reason: str
    item: int
    time_s: float
    energy_wh: float
    items: tuple[tuple[int, float, float, float, float], ...]
    failsafe: tuple[str, int] | None
    off_way_m: float
    track: Track
    gaps: tuple[tuple[int, PhotoGap], ...]


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Percentiles over all flights."""

    p5: float
    p50: float
    p95: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Percentiles:
        low, middle, high = np.percentile(list(values), (5.0, 50.0, 95.0))
        return cls(float(low), float(middle), float(high))

    def text(self, digits: int = 0) -> str:
        """Return the three numbers with so many decimals."""
        return " / ".join(f"{value:.{digits}f}" for value in (self.p5, self.p50, self.p95))


@dataclass(frozen=True, slots=True)
class AtItem:
    """State when an item is reached: time (s since arming), energy used, energy left, energy left after the way
    home."""

    time_s: Percentiles
    energy_wh: Percentiles
    left_wh: Percentiles
    reserve_wh: Percentiles


@dataclass(frozen=True, slots=True)
class FlightsFlown:
    """Statistics of all flights. `completed`: share, 0 to 1. `items`: by number. `off_way_m`: largest distance from the
    plan's legs. `has_end`: the battery is finite."""

    flights: tuple[FlownFlight, ...]
    completed: float
    time_s: Percentiles
    energy_wh: Percentiles
    off_way_m: float
    items: dict[int, AtItem]
    has_end: bool
    surveys: tuple[ExaminedSurvey, ...]


def drawn(order: RehearsedFlight) -> RehearsedFlight:
    """Return the order with weather and battery drawn by its number; 0 is calm with the full battery."""
    if order.number == 0:
        return replace(order, wind=STILL)
    chance = Random(f"{order.spec.seed}/{order.number}")
    wind = order.wind.drawn(chance)
    return replace(order, wind=wind, battery_wh=order.battery_wh * chance.uniform(_WORST_PACK, 1.0))


def fly(order: RehearsedFlight, legs: Legs) -> FlownFlight:
    """Fly once. `legs`: those of the plan, m around home."""
    spec = order.spec
    params = {"FM_COUNTDOWN": 0.0, "SIM_BATT_CAP_AH": order.battery_wh / PACK_V, **_blowing(order.wind.at(0.0, 0.0))}
    with Session(replace(spec, seed=spec.seed + order.number, param=(*spec.param, *texts_of(params)))) as session:
        session.upload(order.plan)
        return _Log(session, order, legs).run()


def _blowing(wind: Wind) -> dict[str, float]:
    """Return the simulator's parameters of a wind."""
    gusts = (wind.gust_mps - wind.mean_mps) / _PEAK
    return wind_parameters((wind.mean_mps, wind.from_deg or 0.0, gusts))


class _Log:
    """Record of a flight in progress."""

    def __init__(self, session: Session, order: RehearsedFlight, legs: Legs) -> None:
        self._session = session
        self._order = order
        self._legs = legs
        self._flight = Flight(session.service)
        self._track: list[tuple[float, float, float, float, float, int]] = []
        self._items: dict[int, tuple[float, float, float, float]] = {}
        self._failsafe: tuple[str, int] | None = None
        self._photos: list[tuple[int, Ned, Quaternion]] = []
        self._up_s: float | None = None
        self._item = 0

    def run(self) -> FlownFlight:
        """Fly to the end, or to the limit."""
        service = self._session.service
        service.watchers.follow(self._flight)
        service.observers.append(self._observe)
        ended = self._session.pass_until(self._look, self._order.limit_s, self._order.look_s)
        result = self._flight.result
        return FlownFlight(
            result.result if ended else "failed",
            result.reason if ended else f"not ended after {self._order.limit_s:.0f} s",
            self._item,
            result.flight_time_s if ended else self._since_s,
            self._wh,
            tuple((seq, *values) for seq, values in self._items.items()),
            self._failsafe,
            self._off_way(),
            np.array(self._track, np.float32).reshape(-1, 6),
            tuple(self._gaps()),
        )

    @property
    def _wh(self) -> float:
        return float(self._session.autopilot.vehicle.state.report[R.BATT_WH])

    @property
    def _since_s(self) -> float:
        return 0.0 if self._up_s is None else self._session.time_s - self._up_s

    def _look(self, session: Session) -> bool:
        """Take a sample during the mission, and update the wind for this place."""
        if self._order.wind.along is not ProfileAxis.NOTHING:
            for name, value in _blowing(self._order.wind.at(self._since_s, session.state.height)).items():
                if session.param(name) != value:
                    session.set_param(name, value)
        autopilot = session.autopilot
        r = autopilot.vehicle.state.report
        if r[R.ARMED] and autopilot.modes.spec.number in autopilot.facts.vehicle_class.modes.autos:
            self._item = autopilot.sequencer.current_nav_index()
            north, east, down, wh = r[_SAMPLED].tolist()  # not `session.state`, which would take a tenth of the flight
            self._track.append((self._since_s, north, east, autopilot.facts.home_ned[2] - down, wh, self._item))
        return self._flight.done

    def _observe(self, events: list[Event], now_ms: int) -> None:
        for event in events:
            if isinstance(event, ArmedChanged) and event.armed and self._up_s is None:
                self._up_s = now_ms / 1000.0
            elif isinstance(event, ItemReached) and event.seq not in self._items:
                self._items[event.seq] = (self._since_s, self._wh, self._remaining_wh, self._reserve_wh(event.seq))
            elif isinstance(event, CameraTriggered) and self._order.surveys:
                self._take_photo()
            elif isinstance(event, ModeChanged) and event.reason not in _EXPECTED and self._failsafe is None:
                self._failsafe = (event.reason.text, self._session.autopilot.sequencer.current_nav_index())

    def _take_photo(self) -> None:
        """Note the true position and camera direction of a photo."""
        autopilot = self._session.autopilot
        position, camera = truth_of(self._session.service).position, self._order.surveys[0].camera
        looks = optical_axis(autopilot.vehicle, autopilot.mount.gimbal, camera.pitch)
        self._photos.append((autopilot.sequencer.current_nav_index(), position, looks))

    def _gaps(self) -> Iterator[tuple[int, PhotoGap]]:
        facts, home_up = self._session.autopilot.facts, -self._session.autopilot.facts.home_ned[2]
        for number, survey in enumerate(self._order.surveys):
            photos = [row for row in self._photos if survey.survey.first <= row[0] <= survey.survey.last]
            field = FlyingField(
                facts.vehicle_class, facts.parameters, self._order.spec.home, ground=facts.terrain.ground
            )
            ground = ground_below(field, [(north, east, -down - home_up) for _, (north, east, down), _ in photos])
            quads = [
                footprint((north, east, down + home_up), axes.T, survey.camera.lens, ground)
                for _, (north, east, down), looks in photos
                for axes in (np.array([turn(looks, axis) for axis in _AXES]),)
            ]
            gap = find_gap(survey.area, np.array(quads).reshape(-1, 4, 2), survey.survey.corridor_m)
            if gap is not None and gap.wide_m >= LEAST_GAP_M:
                yield number, gap

    def _reserve_wh(self, seq: int) -> float:
        """Return the energy left after a way home from here at the mean power so far, Wh; after a landing, the energy
        left."""
        spec = spec_of(self._order.plan.items[seq - 1].command)
        if spec is not None and spec.comes_down:
            return self._remaining_wh
        north, east, _ = self._session.autopilot.vehicle.state.position
        way_s = hypot(north, east) / self._order.speed_mps + self._session.state.height / _SINKS_MPS
        power_w = self._wh / max(self._since_s, _LEAST_S)
        return self._remaining_wh - power_w * way_s

    @property
    def _remaining_wh(self) -> float:
        return self._order.battery_wh - self._wh

    def _off_way(self) -> float:
        """Return the largest distance from the nearest leg, m."""
        if not self._track or not len(self._legs.begin):
            return 0.0
        places = np.array(self._track)[:, 1:3]
        return float(np.max(np.min(distances(places, self._legs.begin, self._legs.end), axis=0)))


def fly_all(order: RehearsedFlight, count: int, legs: Legs, processes: int = 1) -> FlightsFlown:
    orders = [drawn(replace(order, number=number)) for number in range(count)]
    return _gathered(in_processes(partial(fly, legs=legs), orders, processes), order)


def _gathered(flights: list[FlownFlight], order: RehearsedFlight) -> FlightsFlown:
    items: dict[int, list[tuple[float, ...]]] = {}
    for flight in flights:
        for seq, *values in flight.items:
            items.setdefault(seq, []).append(tuple(values))
    spread = {seq: tuple(map(Percentiles.of, zip(*rows, strict=True))) for seq, rows in sorted(items.items())}
    return FlightsFlown(
        tuple(flights),
        sum(flight.result == "completed" for flight in flights) / len(flights),
        Percentiles.of([flight.time_s for flight in flights]),
        Percentiles.of([flight.energy_wh for flight in flights]),
        max(flight.off_way_m for flight in flights),
        {seq: AtItem(*four) for seq, four in spread.items()},
        order.battery_wh > 0.0,
        order.surveys,
    )


def judge(flown: FlightsFlown, way: Way) -> Iterator[Finding]:
    """Yield the findings of the flights, each at its most frequent item."""
    count = len(flown.flights)
    lost = [attempt for attempt in flown.flights if attempt.result != "completed"]
    if lost:
        item, times = Counter(attempt.item for attempt in lost).most_common(1)[0]
        first = next(attempt for attempt in lost if attempt.item == item)
        text = f"{len(lost)} of {count} flights were not completed, {times} of them ended here: {first.reason}"
        yield found("flown-incomplete" if flown.completed < _ENOUGH else "flown-seldom", text, item or None)
    acted = Counter(attempt.failsafe for attempt in flown.flights if attempt.failsafe is not None)
    if acted:
        (words, item), times = acted.most_common(1)[0]
        yield found(
            "flown-failsafe", f"{words} in {sum(acted.values())} of {count} flights, {times} here", item or None
        )
    short = next((seq for seq, at_item in flown.items.items() if flown.has_end and at_item.reserve_wh.p5 < 0.0), None)
    if short is not None:
        reserve = flown.items[short].reserve_wh.p5
        yield found("flown-reserve", f"one flight of twenty lacks {-reserve:.1f} Wh for the way home from here", short)
    for number, survey in enumerate(flown.surveys):
        gaps = [gap for flight in flown.flights for at, gap in flight.gaps if at == number]
        if len(gaps) > (1.0 - _ENOUGH) * count:
            widest = max(gaps, key=lambda gap: gap.wide_m)
            text = f"in {len(gaps)} of {count} flights photos leave gaps, up to {widest.wide_m:.1f} m wide near here"
            yield found("flown-gap", text, nearest_item(way, survey.survey, widest))
