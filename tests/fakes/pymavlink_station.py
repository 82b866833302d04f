"""A ground station made of pymavlink alone, on a TCP port of the running program: what a script of a user does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from pymavlink import mavutil

from autopilot.mission.items import MissionItem

mavlink = mavutil.mavlink
LIMIT_S = 240.0
_AGAIN_S = 1.5


class PymavlinkStation:
    """`heard` is all that came in, in order. Waiting never takes longer than LIMIT_S; a test fails then."""

    def __init__(self, port: int, *, system: int = 255, story: Callable[[], str] = str) -> None:
        self._story = story
        end_s = time.monotonic() + LIMIT_S
        while True:
            try:
                self.link: Any = mavutil.mavlink_connection(
                    f"tcp:127.0.0.1:{port}", source_system=system, source_component=190, retries=0, autoreconnect=False
                )
                break
            except OSError:
                assert time.monotonic() < end_s, story()
                time.sleep(0.1)
        self.heard: list[Any] = []
        self.beats = True
        """Does it send HEARTBEAT by itself?"""
        self._beat_s = 0.0

    def pump(self, wait_s: float = 0.05) -> None:
        """Take in what is there, or comes within the time; send HEARTBEAT once a second while it `beats`."""
        if self.beats and time.monotonic() - self._beat_s >= 1.0:
            self._beat_s = time.monotonic()
            self.link.mav.heartbeat_send(6, 8, 0, 0, 4)
        message = self.link.recv_match(blocking=True, timeout=wait_s)
        while message is not None:
            self.heard.append(message)
            message = self.link.recv_match(blocking=False)

    def until(self, condition: Callable[[], bool], again: Callable[[], None] | None = None) -> None:
        """Until it holds; `again` is called at once and every 1.5 s."""
        end_s, ask_s = time.monotonic() + LIMIT_S, 0.0
        while not condition():
            assert time.monotonic() < end_s, f"{self.texts()[-12:]}\n{self._story()}"
            if again is not None and time.monotonic() >= ask_s:
                ask_s = time.monotonic() + _AGAIN_S
                again()
            self.pump()

    def of(self, name: str, component: int = 1) -> list[Any]:
        """What the vehicle's component has said under this name."""
        return [m for m in self.heard if m.get_type() == name and m.get_srcComponent() == component]

    def texts(self) -> list[str]:
        return [m.text for m in self.of("STATUSTEXT")]

    def said(self, part: str) -> bool:
        return any(part in text for text in self.texts())

    @property
    def mode(self) -> int:
        """custom_mode of the last HEARTBEAT, -1 before the first."""
        beat = self._beat()
        return -1 if beat is None else int(beat.custom_mode)

    @property
    def armed(self) -> bool:
        beat = self._beat()
        return beat is not None and bool(beat.base_mode & 128)

    def _beat(self) -> Any:
        """The last HEARTBEAT of the vehicle."""
        beats = (m for m in reversed(self.heard) if m.get_type() == "HEARTBEAT" and m.get_srcComponent() == 1)
        return next(beats, None)

    def reached(self) -> list[int]:
        return [m.seq for m in self.of("MISSION_ITEM_REACHED")]

    def command(self, number: int, *params: float) -> int:
        """COMMAND_LONG, asked again until it is acknowledged; the last result that is not "in progress"."""
        begin = len(self.heard)
        filled = (*params, *[0.0] * (7 - len(params)))

        def results() -> list[int]:
            return [
                m.result
                for m in self.heard[begin:]
                if m.get_type() == "COMMAND_ACK" and m.command == number and m.result != 5
            ]

        self.until(lambda: bool(results()), lambda: self.link.mav.command_long_send(1, 1, number, 0, *filled))
        return results()[-1]

    def upload(self, items: Sequence[MissionItem], kind: int = 0) -> int:
        """By the mission protocol, home first in a mission; the MAV_MISSION_RESULT."""
        rows = [MissionItem(16, 0), *items] if kind == 0 else list(items)
        served, results = len(self.heard), list[int]()
        self.link.mav.mission_count_send(1, 1, len(rows), kind)

        def done() -> bool:
            nonlocal served
            new, served = self.heard[served:], len(self.heard)
            for m in new:
                if m.get_type() in ("MISSION_REQUEST", "MISSION_REQUEST_INT") and m.mission_type == kind:
                    self._send_item(m.seq, rows[m.seq], kind)
                elif m.get_type() == "MISSION_ACK" and m.mission_type == kind:
                    results.append(m.type)
            return bool(results)

        self.until(done)
        return results[0]

    def _send_item(self, seq: int, row: MissionItem, kind: int) -> None:
        self.link.mav.mission_item_int_send(
            1,
            1,
            seq,
            row.frame,
            row.command,
            0,
            1,
            row.param1,
            row.param2,
            row.param3,
            row.param4,
            round(row.x * 1e7),
            round(row.y * 1e7),
            row.z,
            kind,
        )

    def ready(self) -> None:
        """Until it can be armed: its checks pass, and it has a position."""
        healthy, placed = 0x10000000, 16 | 512

        def can() -> bool:
            checks, filters = self.of("SYS_STATUS"), self.of("EKF_STATUS_REPORT")
            return bool(
                checks
                and checks[-1].onboard_control_sensors_health & healthy
                and filters
                and filters[-1].flags & placed
            )

        self.until(can)

    def close(self) -> None:
        self.link.close()
