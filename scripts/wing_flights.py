"""One mission flown by wings, on the simulator and on ArduPlane SITL: track, items and energy since liftoff."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import degrees
from pathlib import Path
from typing import Any

from autopilot.interface import report as R
from autopilot.interface.geo import to_local
from autopilot.mav import Cmd, MissionType, ModeFlag
from autopilot.mission.events import CurrentChanged
from autopilot.mission.plan import Plan
from mavlink_bridge.clients.base import Target
from mavlink_bridge.clients.command import CommandClient, CommandOutcome, command_long
from mavlink_bridge.clients.mission_upload import MissionUpload
from mavlink_bridge.clients.outcome import TransferOutcome
from scripts.wing_missions import HOME, Action, WingMission
from sitl.ardupilot.launcher import launch
from sortie import Session
from sortie.nodes.client import Listener, Remote
from sortie.reading.dataflash_messages import MessageLog

LIFTED_M = 2.0
AFTER_TAKEOFF = 2
LOOK_S = 0.2
LONGEST_S = 2400.0
AUTO = 10
BEGINS = "Mission: "
LANDS = (Cmd.NAV_LAND, Cmd.NAV_VTOL_LAND)
SPEEDUP = 25.0

KEPT = Path(__file__).resolve().parents[1] / "tests" / "data" / "arduplane-sitl.json"
"""ArduPlane's flights, a row each second."""
Row = tuple[float, float, float, float, float, float, float]
"""s since the takeoff's end, m north, east and up of home, m/s airspeed, deg bank, Wh used."""


@dataclass
class WingFlight:
    """A flight. `items`: s at which each item to fly began, by its number; `acted_s`: when the command came."""

    track: list[Row]
    items: dict[int, float]
    acted_s: float | None = None

    @classmethod
    def of(cls, rows: list[Row], began: list[tuple[float, int]], acted_s: float | None) -> WingFlight:
        """From times since boot; times count from the end of the takeoff, the energy from liftoff."""
        lifted = next(row for row in rows if row[3] > LIFTED_M)
        start = next(at_s for at_s, seq in began if seq >= AFTER_TAKEOFF and at_s >= lifted[0])
        track = [(row[0] - start, *row[1:6], row[6] - lifted[6]) for row in rows if row[0] >= lifted[0]]
        items: dict[int, float] = {}
        for at_s, seq in began:
            if at_s >= start:
                items.setdefault(seq, at_s - start)
        return cls(track, items, None if acted_s is None else acted_s - start)


def keep(flights: dict[str, WingFlight]) -> None:
    """Write ArduPlane's flights down."""
    lines = []
    for name, flight in flights.items():
        step = max(round(1.0 / LOOK_S), 1)
        track = [[round(value, 2) for value in row[:6]] + [round(row[6], 3)] for row in flight.track[::step]]
        items = {str(seq): round(at_s, 2) for seq, at_s in flight.items.items()}
        kept_one = {"items": items, "acted_s": flight.acted_s, "track": track}
        lines.append(f"{json.dumps(name)}: {json.dumps(kept_one, separators=(',', ':'))}")
    KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def kept() -> dict[str, WingFlight]:
    """ArduPlane's flights as they were written down; none before the first time."""
    if not KEPT.is_file():
        return {}
    return {
        name: WingFlight(
            [tuple(row) for row in one["track"]], {int(seq): at_s for seq, at_s in one["items"].items()}, one["acted_s"]
        )
        for name, one in json.loads(KEPT.read_text()).items()
    }


def is_over(mission: WingMission, began: dict[int, float], acted_s: float | None, now_s: float) -> bool:
    """Has it been looked at for long enough, where it never lands?"""
    last = mission.at or max(seq for seq, entry in enumerate(mission.items, 1) if entry.command < Cmd.NAV_LAST)
    since = acted_s if mission.action is not None else began.get(last)
    if mission.action is None and mission.items[last - 1].command in LANDS:
        return False
    return since is not None and now_s - since > (mission.on_s if mission.on_s else LONGEST_S)


# --- the simulator ----------------------------------------------------------------------------------------------------
def fly_ours(mission: WingMission, acted_s: float | None = None) -> WingFlight:
    """By the simulator; `acted_s`: s since the takeoff's end at which the command is given."""
    params = {"FM_COUNTDOWN": 0.0, **mission.params}
    rows: list[Row] = []
    began: list[tuple[float, int]] = []
    acted: list[float] = []
    with Session(f"sim:{mission.kind}", home=(HOME, mission.heading), params=params) as session:
        session.upload(Plan(items=tuple(mission.items), fence=tuple(mission.fence), rally=tuple(mission.rally)))
        link = session.connect()
        session.start()
        seen = 0
        lifted: list[float] = []

        def look(session: Session) -> bool:
            nonlocal seen
            r = session.autopilot.vehicle.state.report
            now_s = session.time_s
            place = (float(r[R.TRUE_N]), float(r[R.TRUE_E]), -float(r[R.TRUE_D]))
            rows.append((now_s, *place, float(r[R.TRUE_AIR_SPEED]), degrees(r[R.TRUE_ROLL]), float(r[R.BATT_WH])))
            if not lifted and rows[-1][3] > LIFTED_M:
                lifted.append(now_s)
            fresh = session.events[seen:]
            began.extend((timed.time_s, timed.event.seq) for timed in fresh if isinstance(timed.event, CurrentChanged))
            seen = len(session.events)
            up_s = next((at_s for at_s, seq in began if seq == AFTER_TAKEOFF and lifted), None)
            due = up_s is not None and acted_s is not None and now_s - up_s >= acted_s
            if mission.action is not None and due and not acted:
                acted.append(now_s)
                ask = mission.action
                outcome = link.ask(_command_of(Target(), ask)).outcome
                if outcome is not CommandOutcome.ACCEPTED:
                    raise SystemExit(f"{mission.name}: command {ask.command} by ours: {outcome}")
            link.read()
            over = is_over(mission, {seq: at_s for at_s, seq in began}, acted[0] if acted else None, now_s)
            return bool(lifted) and (over or not session.state.armed)

        session.run_until(look, LONGEST_S, LOOK_S)
    return WingFlight.of(rows, began, acted[0] if acted else None)


def _command_of(target: Target, action: Action) -> CommandClient:
    if action.mode is not None:
        return command_long(target, Cmd.DO_SET_MODE, float(ModeFlag.CUSTOM_MODE_ENABLED), float(action.mode))
    return command_long(target, action.command, *action.params)


# --- ArduPlane --------------------------------------------------------------------------------------------------------
def tell(m):
    if m.get_type() == "STATUSTEXT":
        print(m.text)


class ArduPlane:
    """A running SITL and a ground station's link to it."""

    def __init__(self, remote: Remote, listener: Listener) -> None:
        self.remote, self.listener = remote, listener

    @property
    def now_s(self) -> float:
        """Since boot."""
        message = self.listener.latest.get("SYSTEM_TIME")
        return 0.0 if message is None else message.time_boot_ms / 1000.0

    def ask(self, action: Action) -> CommandOutcome | None:
        """Give a command."""
        client = _command_of(self.remote.target, action)
        self.remote.ask(client)
        return client.outcome

    def upload(self, items: list[Any], kind: int) -> None:
        """Give it a plan."""
        client = MissionUpload(self.remote.target, items, kind=kind, home=HOME)
        self.remote.ask(client)
        if client.outcome is not TransferOutcome.ACCEPTED:
            raise SystemExit(f"plan of type {kind} was not taken: {client.outcome}")

    def wait(self, condition: Any, patience_s: float, what: str) -> None:
        """Until something is so."""
        if not self.remote.run_until(condition, patience_s):
            raise SystemExit(f"ArduPlane: {what}")


@contextmanager
def ardu_plane(mission: WingMission, binary: str, folder: Path) -> Iterator[ArduPlane]:
    """SITL with the mission's parameters, heard."""
    home = (HOME.lat, HOME.lon, HOME.alt, mission.heading)
    params = {"SIM_WIND_T": 1.0, "LOG_BITMASK": 65535.0, **mission.params}
    child = launch(mission.kind, binary, home, SPEEDUP, folder, params)
    try:
        with Remote(child.address) as remote:
            listener = Listener(
                frozenset(("SYSTEM_TIME", "MISSION_CURRENT", "SYS_STATUS", "STATUSTEXT")), remote.watch, tell
            )
            remote.endpoint.add_service(listener)
            plane = ArduPlane(remote, listener)
            for number in (2, 42, 1):
                plane.ask(Action(0, 0.0, Cmd.SET_MESSAGE_INTERVAL, (float(number), 100_000.0)))
            yield plane
    finally:
        child.stop()


def fly_theirs(mission: WingMission, binary: str) -> WingFlight:
    """By ArduPlane SITL in its own AUTO."""
    with tempfile.TemporaryDirectory(prefix="sortie-wings-") as name:
        folder = Path(name)
        acted_s = None
        with ardu_plane(mission, binary, folder) as plane:
            plane.wait(lambda: plane.now_s > 5.0, 60.0, "it does not start")  # before, its storage has no room
            plane.upload(mission.items, MissionType.MISSION)
            for items, kind in ((mission.fence, MissionType.FENCE), (mission.rally, MissionType.RALLY)):
                if items:
                    plane.upload(items, kind)
            plane.wait(
                lambda: getattr(plane.listener.latest.get("SYS_STATUS"), "onboard_control_sensors_health", 0) & 1 << 28,
                60.0,
                "never ready to arm",
            )
            plane.ask(Action(0, 0.0, mode=AUTO))
            while plane.ask(Action(0, 0.0, Cmd.COMPONENT_ARM_DISARM, (1.0,))) is not CommandOutcome.ACCEPTED:
                if plane.now_s > 120.0:
                    raise SystemExit(f"{mission.name}: ArduPlane does not arm")
                plane.remote.run_until(lambda: False, 0.3)
            began: dict[int, float] = {}
            acted: list[float] = []

            def look() -> bool:
                current = plane.listener.latest.get("MISSION_CURRENT")
                if current is not None:
                    began.setdefault(int(current.seq), plane.now_s)
                action = mission.action
                if action is not None and not acted and plane.now_s - began.get(action.at, 1e9) >= action.after_s:
                    return True
                watch = plane.remote.watch
                over = is_over(mission, began, acted[0] if acted else None, plane.now_s)
                return over or not watch.armed or plane.now_s > LONGEST_S

            plane.wait(lambda: plane.remote.watch.armed, 20.0, "not armed")
            plane.wait(look, 600.0, "the flight does not end")
            if mission.action is not None:
                acted_s = plane.now_s
                outcome = plane.ask(mission.action)
                if outcome is not CommandOutcome.ACCEPTED:
                    raise SystemExit(f"{mission.name}: its command by ArduPlane: {outcome}")
                acted.append(acted_s)
                plane.wait(look, 600.0, "the flight does not end")
        return read_log(folder, acted_s)


def read_log(folder: Path, acted_s: float | None) -> WingFlight:
    """The flight in the log of a SITL that ran in `folder`."""
    (log,) = sorted(folder.glob("logs/*.BIN"))[-1:]
    rows: list[Row] = []
    began: list[tuple[float, int]] = []
    speed = used = 0.0
    with log.open("rb") as file:
        for name, m in MessageLog(file).read({"SIM", "SIM2", "BAT", "MSG", "MAVC"}):
            at_s = m.TimeUS / 1e6
            if name == "SIM2":
                speed = m.As
            elif name == "BAT":
                used = m.EnrgTot
            elif name == "MSG" and m.Message.startswith(BEGINS):  # MISE is lost when much is logged
                began.append((at_s, int(m.Message.removeprefix(BEGINS).split()[0])))
            elif name == "MAVC" and acted_s is not None and at_s >= acted_s - 2.0:
                acted_s = at_s
            elif name == "SIM" and (not rows or at_s - rows[-1][0] >= LOOK_S - 0.001):
                north, east, down = to_local(HOME, m.Lat, m.Lng, m.Alt)
                rows.append((at_s, north, east, -down, speed, m.Roll, used))
    return WingFlight.of(rows, began, acted_s)
