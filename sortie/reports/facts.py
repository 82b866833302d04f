"""What a page shows of one flight, and how it is read from a DataFlash log: ours, or ArduPilot's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from math import hypot, nan
from pathlib import Path
from typing import Any, Final

from autopilot.geo import GeoPoint
from autopilot.mission.commands import has_position
from autopilot.mission.fence import Fence, parse_fence
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan

_HOME: Final = 1
"""Of ORGN, the type that is home; 0 is the estimator's origin."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One instant: s since boot; degrees, m above home; m/s over ground; V, and percent (nan: not known)."""

    time_s: float
    lat: float
    lon: float
    height: float
    speed: float
    volts: float
    percent: float


@dataclass(slots=True)
class FlightFacts:
    """`modes`, `texts`: (s since boot, name or text). `items`: the mission, with item numbers in `seq`. Fence and rally
    points are a plan's: no log has them."""

    vehicle: str = ""
    samples: list[Sample] = field(default_factory=list)
    modes: list[tuple[float, str]] = field(default_factory=list)
    texts: list[tuple[float, str]] = field(default_factory=list)
    items: tuple[MissionItem, ...] = ()
    fence: Fence = field(default_factory=Fence)
    rally: tuple[MissionItem, ...] = ()
    home: GeoPoint | None = None

    @property
    def span_s(self) -> tuple[float, float]:
        """First and last instant."""
        times = [sample.time_s for sample in self.samples] + [at_s for at_s, _ in (*self.modes, *self.texts)]
        return (min(times), max(times)) if times else (0.0, 0.0)

    def places(self) -> list[MissionItem]:
        """Items that are somewhere."""
        return [item for item in self.items if has_position(item.command) and (item.x, item.y) != (0.0, 0.0)]

    def take_plan(self, plan: Plan) -> None:
        """What the plan file says that a log does not."""
        self.items = tuple(replace(item, seq=number) for number, item in enumerate(plan.items, start=1))
        self.fence = parse_fence(plan.fence)
        self.rally = plan.rally


class _Reader:
    """Collects from a log's messages in their order."""

    def __init__(self) -> None:
        self.facts = FlightFacts()
        self._items: dict[int, MissionItem] = {}
        self._speed = self._volts = self._percent = nan
        self.takes: dict[str, Callable[[Any, float], None]] = {
            "POS": self._pos, "GPS": self._gps, "XKF1": self._estimate, "BAT": self._bat, "MSG": self._msg,
            "CMD": self._cmd, "ORGN": self._origin,
        }  # fmt: skip

    def _pos(self, m: Any, time_s: float) -> None:
        self.facts.samples.append(Sample(time_s, m.Lat, m.Lng, m.RelHomeAlt, self._speed, self._volts, self._percent))

    def _gps(self, m: Any, time_s: float) -> None:
        self._speed = m.Spd

    def _estimate(self, m: Any, time_s: float) -> None:
        self._speed = hypot(m.VN, m.VE)

    def _bat(self, m: Any, time_s: float) -> None:
        self._volts, self._percent = m.Volt, float(m.RemPct)

    def _msg(self, m: Any, time_s: float) -> None:
        self.facts.texts.append((time_s, m.Message))
        self.facts.vehicle = self.facts.vehicle or m.Message

    def _cmd(self, m: Any, time_s: float) -> None:
        if m.CNum > 0:
            params = (m.Prm1, m.Prm2, m.Prm3, m.Prm4, m.Lat, m.Lng, m.Alt)
            self._items[m.CNum] = MissionItem(m.CId, m.Frame, *params, seq=m.CNum)

    def _origin(self, m: Any, time_s: float) -> None:
        if m.Type == _HOME:
            self.facts.home = GeoPoint(m.Lat, m.Lng, m.Alt)

    def finish(self) -> FlightFacts:
        """All of it."""
        self.facts.items = tuple(self._items[seq] for seq in sorted(self._items))
        return self.facts


def read_log(path: Path) -> FlightFacts:
    """The facts of a DataFlash log (.bin). OSError when it cannot be read; one that ends early gives what is there."""
    from pymavlink import mavutil
    from pymavlink.DFReader import DFReader_binary

    reader = _Reader()
    with closing(DFReader_binary(str(path), zero_time_base=True)) as log:
        wanted = [*reader.takes, "MODE"]
        while (message := log.recv_match(type=wanted)) is not None:
            kind, time_s = message.get_type(), message.TimeUS / 1e6
            if kind == "MODE":
                names = mavutil.mode_mapping_bynumber(log.mav_type) or {}
                reader.facts.modes.append((time_s, names.get(message.ModeNum, str(message.ModeNum))))
            else:
                reader.takes[kind](message, time_s)
    return reader.finish()
