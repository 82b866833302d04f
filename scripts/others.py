"""Sortie, ArduPilot SITL and PX4's SIH measured by one client (pymavlink), in alternating runs on one machine: how soon
they can be used, how fast they fly the same square, what a vehicle costs. Writes docs/others.md with the commands.

A run starts one of them at real time, waits, looks at its process for a while and ends it; then again as fast as it
goes, and flies. Times are wall times, of the processor where it says so, so that a loaded machine shows itself.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("MAVLINK20", "1")
from pymavlink import mavutil

from autopilot.mission.items import MissionItem
from autopilot.mission.plan import parse_plan
from scripts import generated_page as markdown
from sitl.child import SitlChild, SitlError, free_port
from sitl.launchers import LAUNCHERS

ROOT: Final = Path(__file__).resolve().parents[1]
PLAN: Final = ROOT / "examples" / "square.waypoints"
PAGE: Final = ROOT / "docs" / "others.md"
HOME: Final = (-35.363261, 149.165230, 584.0, 0.0)
WATCHED_S: Final = 10.0
LIMIT_S: Final = 300.0
_PREARM: Final = mavutil.mavlink.MAV_SYS_STATUS_PREARM_CHECK
_ARMED: Final = mavutil.mavlink.MAV_MODE_FLAG_SAFETY_ARMED
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Kind:
    """One of those that are measured. `fast`: the speed-up that it is asked for, 0: as fast as the client follows;
    `mode`: the parameters of DO_SET_MODE for its missions; `homeless`: its missions have no home item."""

    name: str
    word: str
    fast: float
    mode: tuple[float, float, float]
    homeless: bool
    command: str


SORTIE: Final = Kind("Sortie", "", 0.0, (1, 3, 0), False, "sortie serve --speedup 1 (--pace clients)")
KINDS: Final = (
    SORTIE,
    Kind("ArduPilot SITL", "ardupilot", 100.0, (1, 3, 0), False,
         "arducopter --model quad --speedup 1 (100) --defaults sitl/ardupilot/copter.parm --wipe"),
    Kind("PX4 SIH", "px4", 8.0, (1, 4, 4), True,
         "PX4_SIM_MODEL=sihsim_quadx PX4_SIM_SPEED_FACTOR=1 (8) px4 -d etc"),
)  # fmt: skip
ROWS: Final = (
    ("start to the first HEARTBEAT, s", "heartbeat_s"), ("start to armable at real time, s", "armable_s"),
    ("start to armable, as fast as possible, s", "fast_armable_s"),
    ("start to armable, processor time, s", "armable_processor_s"),
    ("the square, as fast as possible, s", "square_s"), ("the same, times real time", "speedup"),
    ("the same, processor time, s", "square_processor_s"),
    ("memory, MB", "memory_mb"), ("at real time, disarmed: % of a core", "core_percent"),
    ("vehicles per core, from the row above", "on_a_core"),
)  # fmt: skip


def started(kind: Kind, speedup: float, folder: Path) -> SitlChild:
    """The process. SitlError when there is none."""
    if kind.word:
        return LAUNCHERS[kind.word]("copter", "", HOME, speedup, folder, {})
    port = free_port()
    home = ",".join(str(value) for value in HOME)
    pace = ["--speedup", f"{speedup:g}"] if speedup else ["--pace", "clients"]
    command = [
        sys.executable,
        "-m",
        "sortie",
        "serve",
        "--home",
        home,
        *pace,
        "--link",
        f"tcpin:127.0.0.1:{port}",
        "--state-dir",
        str(folder / "state"),
    ]
    return SitlChild(kind.name, command, f"tcp:127.0.0.1:{port}", folder)


class Client:
    """A ground station, the same for all."""

    def __init__(self, address: str) -> None:
        began_s = time.monotonic()
        while True:
            try:
                self.link = mavutil.mavlink_connection(address, source_system=255, source_component=190, retries=0)
                break
            except OSError:
                if time.monotonic() > began_s + LIMIT_S:
                    raise
                time.sleep(0.01)
        self._beat_s = 0.0

    def next(self, *names: str) -> Any:
        """The next message of these kinds from the vehicle. TimeoutError."""
        message = self.heard(LIMIT_S, *names)
        if message is None:
            raise TimeoutError(f"none of {names}")
        return message

    def heard(self, within_s: float, *names: str) -> Any:
        """The next one, None when there is none so long; the vehicle hears of us each second meanwhile."""
        began_s = time.monotonic()
        while time.monotonic() < began_s + within_s:
            if time.monotonic() > self._beat_s + 1.0:
                self._beat_s = time.monotonic()
                self.link.mav.heartbeat_send(
                    mavutil.mavlink.MAV_TYPE_GCS, mavutil.mavlink.MAV_AUTOPILOT_INVALID, 0, 0, 4
                )
            message = self.link.recv_match(type=set(names), blocking=True, timeout=0.2)
            if message is not None and message.get_srcComponent() == 1:
                self.link.target_system, self.link.target_component = message.get_srcSystem(), 1
                return message
        return None

    def command(self, number: int, *params: float) -> int:
        """Its result; asked again when nothing comes for 2 s: a client that cannot follow loses messages."""
        while True:
            values = (*params, *[0.0] * (7 - len(params)))
            self.link.mav.command_long_send(self.link.target_system, 1, number, 0, *values)
            end_s = time.monotonic() + 2.0
            while time.monotonic() < end_s:
                ack = self.heard(end_s - time.monotonic(), "COMMAND_ACK")
                if ack is not None and ack.command == number and ack.result != mavutil.mavlink.MAV_RESULT_IN_PROGRESS:
                    return int(ack.result)

    def wait_armable(self) -> None:
        """Until its own checks have passed."""
        for name in ("SYS_STATUS", "GLOBAL_POSITION_INT"):
            self.command(
                mavutil.mavlink.MAV_CMD_SET_MESSAGE_INTERVAL, getattr(mavutil.mavlink, f"MAVLINK_MSG_ID_{name}"), 2e5
            )
        while not self.next("SYS_STATUS").onboard_control_sensors_health & _PREARM:
            pass

    def upload(self, items: Sequence[MissionItem]) -> None:
        """All of them; RuntimeError when they are refused."""
        mav, system = self.link.mav, self.link.target_system
        mav.mission_count_send(system, 1, len(items), 0)
        while True:
            message = self.heard(2.0, "MISSION_REQUEST", "MISSION_REQUEST_INT", "MISSION_ACK")
            if message is None:
                mav.mission_count_send(system, 1, len(items), 0)
            elif message.get_type() == "MISSION_ACK":
                if message.type != 0:
                    raise RuntimeError(str(message))
                return
            else:
                one = items[message.seq]
                mav.mission_item_int_send(
                    system,
                    1,
                    message.seq,
                    one.frame,
                    one.command,
                    0,
                    1,
                    one.param1,
                    one.param2,
                    one.param3,
                    one.param4,
                    round(one.x * 1e7),
                    round(one.y * 1e7),
                    one.z,
                    0,
                )

    def fly(self, kind: Kind) -> tuple[float, float]:
        """(wall seconds, vehicle seconds) from arming to disarming."""
        plan = parse_plan(PLAN.read_text(encoding="utf-8"), PLAN.name)
        home = MissionItem(command=mavutil.mavlink.MAV_CMD_NAV_WAYPOINT, frame=0, x=HOME[0], y=HOME[1], z=HOME[2])
        self.upload([_as_px4(item) for item in plan.items] if kind.homeless else (home, *plan.items))
        set_mode, arm = mavutil.mavlink.MAV_CMD_DO_SET_MODE, mavutil.mavlink.MAV_CMD_COMPONENT_ARM_DISARM
        if not kind.homeless:
            self._insist(set_mode, 1, 4, 0)  # GUIDED, in which it may be armed
        else:
            self._insist(set_mode, *kind.mode)
        self._insist(arm, 1)
        began_s, first_ms = time.monotonic(), self.next("GLOBAL_POSITION_INT").time_boot_ms
        if not kind.homeless:
            self._insist(set_mode, *kind.mode)
            self._insist(mavutil.mavlink.MAV_CMD_MISSION_START)
        while not self.next("HEARTBEAT").base_mode & _ARMED:
            pass
        while self.next("HEARTBEAT").base_mode & _ARMED:
            pass
        took_s = time.monotonic() - began_s
        return took_s, (self.next("GLOBAL_POSITION_INT").time_boot_ms - first_ms) / 1000.0

    def _insist(self, number: int, *params: float) -> None:
        """Until it is accepted: a vehicle that says that it may be armed may still need a moment."""
        began_s = time.monotonic()
        while self.command(number, *params) != 0:
            if time.monotonic() > began_s + 60.0:
                raise RuntimeError(f"command {number} is refused")
            time.sleep(0.05)


def _as_px4(item: MissionItem) -> MissionItem:
    """PX4 takes a return in the frame of no place, and a takeoff at 0, 0 would be one there."""
    if item.command == mavutil.mavlink.MAV_CMD_NAV_RETURN_TO_LAUNCH:
        return replace(item, frame=mavutil.mavlink.MAV_FRAME_MISSION)
    return replace(item, x=HOME[0], y=HOME[1]) if (item.x, item.y) == (0.0, 0.0) else item


@contextmanager
def running(kind: Kind, speedup: float) -> Iterator[tuple[SitlChild, float]]:
    """It, and when it was started."""
    with tempfile.TemporaryDirectory(prefix="sortie-others-") as folder:
        began_s = time.monotonic()
        child = started(kind, speedup, Path(folder) / "run")
        try:
            yield child, began_s
        finally:
            child.stop()


def measured(kind: Kind) -> dict[str, float]:
    """One run at real time and one as fast as it goes; see `ROWS`."""
    found: dict[str, float] = {}
    with running(kind, 1.0) as (child, began_s):
        client = Client(child.address)
        client.next("HEARTBEAT")
        found["heartbeat_s"] = time.monotonic() - began_s
        client.wait_armable()
        found["armable_s"] = time.monotonic() - began_s
        before_s, from_s = _processor_s(child.pid), time.monotonic()
        while time.monotonic() < from_s + WATCHED_S:
            client.next("SYS_STATUS")
        found["core_percent"] = 100.0 * (_processor_s(child.pid) - before_s) / (time.monotonic() - from_s)
        found["on_a_core"] = 100.0 / found["core_percent"]
        found["memory_mb"] = _memory_mb(child.pid)
        client.link.close()
    with running(kind, kind.fast) as (child, began_s):
        client = Client(child.address)
        client.next("HEARTBEAT")
        client.wait_armable()
        found["fast_armable_s"] = time.monotonic() - began_s
        found["armable_processor_s"] = before_s = _processor_s(child.pid)
        found["square_s"], vehicle_s = client.fly(kind)
        found["speedup"] = vehicle_s / found["square_s"]
        found["square_processor_s"] = _processor_s(child.pid) - before_s
        client.link.close()
    return found


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory_mb(pid: int) -> float:
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024.0


def _cell(values: Sequence[float]) -> str:
    value = statistics.median(values)
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2g}"


def table(runs: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Medians of all rounds, in Markdown; `runs`: by name."""
    rows = ((title, *(_cell([run[key] for run in found]) for found in runs.values())) for title, key in ROWS)
    return "\n".join(markdown.table(("", *runs), rows))


BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


def main() -> int:
    """Measure, and write the table into the page."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    runs: dict[str, list[dict[str, float]]] = {}
    for number in range(rounds):
        for kind in KINDS:
            try:
                found = measured(kind)
            except SitlError as error:
                print(f"others: {kind.name}: {error}", file=sys.stderr)
                continue
            runs.setdefault(kind.name, []).append(found)
            told = ", ".join(f"{key} {value:.3g}" for key, value in found.items())
            print(f"others: round {number + 1}, {kind.name}: {told}", file=sys.stderr, flush=True)
    load = os.getloadavg()[0]
    words = f"Medians of {rounds} alternating runs; load average at the end {load:.1f} on {os.cpu_count()} cores."
    commands = "\n".join(f"{kind.name + ':':<16}{kind.command}" for kind in KINDS if kind.name in runs)
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    PAGE.write_text(
        f"{before}{BEGIN}\n{words}\n\n{table(runs)}\n\n```\n{commands}\n```\n{END}{after}", encoding="utf-8"
    )
    print(f"others: wrote {PAGE}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
