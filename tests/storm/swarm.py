"""Storms drawn from a seed: vehicles, stations, what these do, and what fails. Which faults and acts are possible at
all in a storm is drawn first ("Swarm Testing", Groce and others, ISSTA 2012), so that rare combinations come.

A plan is data: it can be printed, made smaller, and run again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from tests.storm.medium import Air
from tests.storm.models import MAVPROXY, MAVSDK, STATIONS

TICK_MS = 20
STILL = Air()


@dataclass(frozen=True)
class VehiclePlan:
    """`firmware`: the face that it shows."""

    kind: str = "copter"
    firmware: str = "ardupilot"
    seed: int = 0
    params: tuple[str, ...] = ()


@dataclass(frozen=True)
class StationPlan:
    """A station of `model` at a vehicle; over `air`. `trusted`: on loopback; `signs`: with the storm's key, an
    `intruder` with one of his own. `radio`: between radios of this profile; "": none."""

    model: str
    vehicle: int = 0
    air: Air = STILL
    trusted: bool = True
    signs: bool = False
    intruder: bool = False
    radio: str = ""


@dataclass(frozen=True)
class ActPlan:
    """What a station does, from `at_ms` on; `seed` draws the rest."""

    at_ms: int
    station: int
    what: str
    seed: int = 0


@dataclass(frozen=True)
class FaultPlan:
    """What fails, from `at_ms` on for `lasts_ms`; `target`: a station's or vehicle's number."""

    at_ms: int
    what: str
    lasts_ms: int = 0
    target: int = 0
    value: int = 0


@dataclass(frozen=True)
class StormPlan:
    """All that happens in a storm of `minutes`. What is left open is drawn from the `seed`s of its parts."""

    seed: int
    minutes: float
    vehicles: tuple[VehiclePlan, ...]
    stations: tuple[StationPlan, ...] = ()
    acts: tuple[ActPlan, ...] = ()
    faults: tuple[FaultPlan, ...] = ()
    power: bool = False
    """A death is a loss of power: what was not synced may be gone."""
    signed: bool = False
    """The vehicles have a key."""
    age_ms: int = 0
    """Vehicle time at which each process of it begins: of a machine that has been up for so long."""
    epoch_ms: int = 0
    """By which it is later than the virtual epoch."""
    package: bool = False
    """A package is installed whose code raises (`tests.storm.packages`)."""

    @property
    def summary(self) -> str:
        return (
            f"{len(self.vehicles)} vehicles, {len(self.stations)} stations, {len(self.acts)} acts, "
            f"{len(self.faults)} faults, {self.minutes:.1f} minutes"
        )


ACTS = (
    "greet", "list parameters", "upload mission", "upload mission", "upload mission", "upload fence", "upload rally",
    "upload, then hang up", "download mission", "download fence", "clear", "clear all", "set parameter",
    "set parameter", "read parameter", "set current", "fly", "fly", "take off", "go to", "set home", "sticks", "mode",
    "disarm", "RTL", "GO", "ABORT", "STATUS", "hang up", "come back as another", "come back with an old sequence",
    "garbage", "speed", "reboot", "log list", "file", "burst", "burst", "strange command", "time", "replay", "fence on",
    "fence off",
)  # fmt: skip
FAULTS = (
    "partition", "deaf", "mute", "bad air", "disk slow", "disk full", "write fails", "kill", "kill", "die in a write",
    "die before telling", "kill at a frame", "gps.loss", "actor", "station gone", "rc.loss", "link.loss", "clock jumps",
    "own clock jumps", "night",
)  # fmt: skip
OF_LINKS = frozenset(("partition", "deaf", "mute", "bad air", "kill at a frame", "station gone", "clock jumps"))
"""Faults whose target is a station, and no vehicle."""
WITH_RADIOS = 0.2
"""Share of storms."""
RADIOS = ("sik-57600", "sik-air-16", "rfd900x", "crossfire-50", "wifi-lossy", "lte")
KINDS = ("copter", "copter", "copter", "rover", "boat", "plane")


STAGED = 7
"""Seeds that leave this rest, divided by 16, are storms of stages: what fails, and what is asked for right then."""
BEGIN_MS, STAGE_MS = 25_000, 50_000
Stage = tuple[tuple[tuple[int, str, int, int], ...], tuple[tuple[int, int, str], ...]]
STAGES: tuple[Stage, ...] = (
    (((0, "actor", 40_000, 4),), ((-4_000, 0, "upload mission"), (500, 0, "GO"))),
    (((0, "actor", 20_000, 2),), ((300, 0, "arm, then burst"),)),
    (((0, "disk slow", 9_000, 3),), ((100, 0, "many sets"), (400, 1, "list parameters"))),
    (((15_000, "gps.loss", 30_000, 0),), ((0, 0, "take off"),)),
    (((0, "gps.loss", 30_000, 0),), ((14_000, 0, "arm by hand"),)),
    ((), ((0, 0, "clear all"), (1_500, 0, "fly"))),
    (
        (),
        ((0, 0, "upload mission"), (4_000, 0, "GO"), (6_500, 0, "ABORT"), (9_000, 0, "clear all"), (12_000, 0, "fly")),
    ),
    ((), ((0, 1, "fence off"), (500, 0, "take off"), (12_000, 0, "go far"), (16_000, 1, "fence on"))),
    ((), ((0, 0, "upload, then hang up"), (300, 1, "stray items"))),
    ((), ((0, 0, "upload mission"), (4_000, 0, "fly"), (14_000, 0, "disarm"))),
    (
        (),
        ((0, 0, "upload mission"), (4_000, 0, "GO"), (6_500, 1, "disarm"), (9_000, 0, "clear all"), (12_000, 0, "fly")),
    ),
)
"""(after, what, for how long, value) of faults and (after, station, what) of acts, ms."""


def tick(ms: float) -> int:
    """To the nearest tick."""
    return round(ms / TICK_MS) * TICK_MS


def _air(random: Random) -> Air:
    if random.random() < 0.3:
        return Air(delay_ms=random.choice((0, 20)))
    return Air(
        loss=random.choice((0.0, 0.02, 0.1, 0.3)),
        duplicate=random.choice((0.0, 0.0, 0.05, 0.3)),
        reorder=random.choice((0.0, 0.0, 0.1, 0.4)),
        damage=random.choice((0.0, 0.0, 0.02, 0.1)),
        delay_ms=random.choice((0, 5, 40, 200, 900)),
    )


def draw(seed: int, *, minutes: float | None = None, vehicles: int | None = None) -> StormPlan:
    """The storm of a seed."""
    if seed % 16 == STAGED:
        return _staged(seed, minutes or 3.0)
    random = Random(f"storm {seed}")
    length = minutes or random.choice((2.0, 3.0, 4.0, 6.0))
    end_ms = length * 60_000
    count = vehicles or random.choice((1, 1, 1, 1, 1, 1, 2, 3, 6, 20))
    craft = tuple(_vehicle(random, count) for _ in range(count))
    signed = random.random() < 0.25
    stations = tuple(_station(random, count, signed=signed) for _ in range(random.choice((1, 1, 2, 2, 3, 4, 6))))
    if signed:
        stations += (_intruder(random, count),)
    acts_possible = [act for act in ACTS if random.random() < 0.6] or ["fly"]
    faults_possible = [fault for fault in FAULTS if random.random() < 0.35]
    every_ms = random.choice((2_000, 5_000, 15_000)) / len(stations) ** 0.5
    acts, at_ms = [], 3_000.0
    while at_ms < end_ms - 10_000:
        acts.append(
            ActPlan(
                tick(at_ms), random.randrange(len(stations)), random.choice(acts_possible), random.randrange(1 << 30)
            )
        )
        at_ms += random.expovariate(1.0 / every_ms)
    faults, at_ms = [], random.uniform(0.0, 20_000.0)
    pause_ms = random.choice((5_000, 15_000, 60_000))
    while faults_possible and at_ms < end_ms - 10_000:
        faults.append(_fault(random, faults_possible, at_ms, len(stations), count))
        at_ms += random.expovariate(1.0 / pause_ms)
    return StormPlan(seed, length, craft, stations, tuple(acts), tuple(faults), random.random() < 0.5, signed)


def with_radios(plan: StormPlan) -> StormPlan:
    """The plan with radios between some of its stations and their vehicles, as its seed has them."""
    random = Random(f"radios {plan.seed}")
    if random.random() > WITH_RADIOS:
        return plan
    stations = (replace(each, radio=random.choice(("", *RADIOS))) for each in plan.stations)
    return replace(plan, stations=tuple(stations))


def _staged(seed: int, minutes: float) -> StormPlan:
    """A vehicle and two stations with good links, and one stage after the other; which, follows from the seed."""
    random, number = Random(f"stages {seed}"), seed // 16
    params = ("FENCE_ENABLE=1", "FENCE_TYPE=2", "FENCE_RADIUS=60", "FM_COUNTDOWN=5")
    kind = "rover" if number % 4 == 3 else "copter"
    one, other = random.choice(STATIONS), random.choice(STATIONS)
    if (one.system, one.component) == (other.system, other.component):  # an upload may go on from whoever has its ids
        other = MAVPROXY if one is MAVSDK else MAVSDK
    stations = StationPlan(one.name), StationPlan(other.name)
    acts, faults = list[ActPlan](), list[FaultPlan]()
    for stage, at_ms in enumerate(range(BEGIN_MS, round(minutes * 60_000) - STAGE_MS, STAGE_MS), 3 * number):
        failing, asked = STAGES[stage % len(STAGES)]
        faults += [FaultPlan(tick(at_ms + after), what, lasts, 0, value) for after, what, lasts, value in failing]
        acts += [ActPlan(tick(at_ms + after), who, what, random.randrange(1 << 30)) for after, who, what in asked]
    vehicle = VehiclePlan(kind, seed=random.randrange(1 << 20), params=params if kind == "copter" else params[:3])
    return StormPlan(seed, minutes, (vehicle,), stations, tuple(acts), tuple(faults))


def _station(random: Random, vehicles: int, *, signed: bool) -> StationPlan:
    model, vehicle, air = random.choice(STATIONS).name, random.randrange(vehicles), _air(random)
    trusted = not signed or random.random() < 0.4
    return StationPlan(model, vehicle, air, trusted, signed and (not trusted or random.random() < 0.5))


def _intruder(random: Random, vehicles: int) -> StationPlan:
    return StationPlan(
        random.choice(STATIONS).name,
        random.randrange(vehicles),
        trusted=False,
        signs=random.random() < 0.3,
        intruder=True,
    )


def _vehicle(random: Random, count: int) -> VehiclePlan:
    kind = random.choice(KINDS)
    firmware = "px4" if kind == "copter" and random.random() < 0.2 else "ardupilot"
    params: list[str] = []
    if random.random() < 0.25 and kind != "plane" and firmware == "ardupilot":
        params += ["FENCE_ENABLE=1", "FENCE_TYPE=2", f"FENCE_RADIUS={random.choice((60, 100))}"]
    if random.random() < 0.3 and kind == "copter" and firmware == "ardupilot":
        params.append("FM_COUNTDOWN=5")
    if random.random() < 0.4 and firmware == "ardupilot":
        params.append("FS_GCS_ENABLE=1")
    seed = random.randrange(1 << 20)
    kind = "quadplane" if kind == "plane" and seed % 3 == 0 else kind  # a third of the planes
    return VehiclePlan(kind, firmware, seed, tuple(params))


def _fault(random: Random, possible: list[str], at_ms: float, stations: int, vehicles: int) -> FaultPlan:
    what = random.choice(possible)
    lasts = random.choice((400, 2_000, 6_000, 12_000, 40_000))
    if what == "night":
        lasts = random.choice((20, 20, 60)) * 60_000 // vehicles
        possible.remove(what)  # one is enough
    target = random.randrange(stations) if what in OF_LINKS else random.randrange(vehicles)
    return FaultPlan(tick(at_ms), what, lasts, target, random.randrange(1 << 20))
