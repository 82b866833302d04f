"""Fifty vehicles in flight, twenty clients that come and go, half a processor or four busy neighbours: no HEARTBEAT is
later than 2 s."""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from mavlink_bridge.wire.framing import FrameReader, FrameWriter
from tests.fakes.program import begin, resident_kb, wait_for

VEHICLES, CLIENTS = 50, 20
HEARTBEAT = dialect.MAVLink_heartbeat_message(6, 8, 0, 0, 0, 3)
PERIOD_S = 0.1


class Station:
    """A socket that speaks and reads frames."""

    def __init__(self, port: int, system: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10.0)
        self._writer, self._reader = FrameWriter(system, 190), FrameReader()
        self._beat_s = 0.0

    def say(self, *messages: dialect.MAVLink_message) -> None:
        frames = []
        for one in messages:
            packed = one.pack(dialect.MAVLink(None, 0, 0))
            frames.append(self._writer.frame(one.get_msgId(), packed[10:-2], one.crc_extra))
        self.socket.sendall(b"".join(frames))

    def hear(self, wait_s: float) -> list[tuple[int, int, bytes]]:
        """Message numbers, systems and payloads; a HEARTBEAT goes out each second."""
        if time.monotonic() - self._beat_s > 1.0:
            self._beat_s = time.monotonic()
            self.say(HEARTBEAT)
        if not select.select([self.socket], [], [], wait_s)[0]:
            return []
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionResetError
        return [(frame.msg_id, frame.system, bytes(frame.payload)) for frame in self._reader.receive(data)]


def watch(port: int, told: Connection) -> None:
    """Measure the longest silence of each vehicle and the longest pause of its own, s, from the first word on to the
    second. For a process of its own: among the clients' threads it would measure how these wait for each other."""
    station, last_s, worst_s = Station(port, 254), dict[int, float](), dict[int, float]()
    measuring, looked_s, pause_s = False, time.monotonic(), 0.0
    while True:
        if told.poll():
            told.recv()
            if measuring:
                break
            measuring, pause_s = True, 0.0
            worst_s.clear()
        heard, now_s = station.hear(0.1), time.monotonic()
        pause_s, looked_s = max(pause_s, now_s - looked_s), now_s
        for system in {system for number, system, _ in heard if number == 0 and system <= VEHICLES}:
            worst_s[system] = max(worst_s.get(system, 0.0), now_s - last_s.get(system, now_s))
            last_s[system] = now_s
    for system, beat_s in last_s.items():
        worst_s[system] = max(worst_s.get(system, 0.0), looked_s - beat_s)
    told.send((worst_s, pause_s))


def come_and_go(port: int, number: int, end_s: float) -> None:
    """Connect, ask for parameters, streams or an upload, and hang up after 0.1 to 20 s; some never read."""
    draw = random.Random(number)
    while time.monotonic() < end_s:
        station, until_s = Station(port, 200 + number), time.monotonic() + 0.1 * 200 ** draw.random()
        wish, target, everyone = draw.choice("plsur"), draw.randrange(1, VEHICLES + 1), range(1, VEHICLES + 1)
        with contextlib.suppress(OSError):  # the service may hang up on who does not read
            if wish in "pl":
                asked = [target] if wish == "p" else everyone
                station.say(*(dialect.MAVLink_param_request_list_message(one, 1) for one in asked))
            elif wish == "s":
                station.say(*(dialect.MAVLink_request_data_stream_message(one, 1, 0, 10, 1) for one in everyone))
            elif wish == "u":
                station.say(dialect.MAVLink_mission_count_message(target, 1, 200, 0))
            while time.monotonic() < min(until_s, end_s):
                if wish == "r":
                    time.sleep(0.1)
                    continue
                for message, _, payload in station.hear(0.1):
                    if message == dialect.MAVLINK_MSG_ID_MISSION_REQUEST_INT:
                        seq = int.from_bytes(payload[:2].ljust(2, b"\0"), "little")
                        station.say(
                            dialect.MAVLink_mission_item_int_message(
                                target, 1, seq, 3, 16, 0, 1, 0, 0, 0, 0, seq * 10, 1491652300, 20.0, 0
                            )
                        )
        station.socket.close()


def ration(pid: int, share: float) -> None:
    """A quota, as a container's: so much of each `PERIOD_S` and no more. For a process of its own, that is killed."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(PERIOD_S * (1.0 - share))
        os.kill(pid, signal.SIGCONT)
        time.sleep(PERIOD_S * share)


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """Processes that compute for nothing."""
    neighbours = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for neighbour in neighbours:
            neighbour.kill()
            neighbour.wait()


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("seconds", "share", "neighbours"),
    [(60.0, 0.5, 0), (600.0, 0.5, 0), (600.0, 1.0, 4)],
    ids=["a_minute_on_half_a_core", "ten_minutes_on_half_a_core", "ten_minutes_beside_four"],
)
def test_heartbeats_come_in_time_in_a_crowd(tmp_path: Path, seconds: float, share: float, neighbours: int) -> None:
    """And memory does not go on growing: what came and went leaves at most 80 MB."""
    with busy(neighbours):
        heartbeats_in_a_crowd(tmp_path, seconds, share)


def heartbeats_in_a_crowd(tmp_path: Path, seconds: float, share: float) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = begin(tmp_path, "serve", "--count", str(VEHICLES), "--link", f"tcpin:127.0.0.1:{port}")
    wait_for(process, "serving")
    others = get_context("spawn")
    told, telling = others.Pipe()
    watcher = others.Process(target=watch, args=(port, telling), daemon=True)
    rationer = others.Process(target=ration, args=(process.pid, share), daemon=True)
    try:
        watcher.start()
        pilot = Station(port, 255)
        time.sleep(10.0)
        for wish in ((176, 1.0, 4.0), (400, 1.0), (22, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 20.0)):
            number, *values = wish
            parameters = (*values, *[0.0] * (7 - len(values)))
            pilot.say(
                *(
                    dialect.MAVLink_command_long_message(one, 1, number, 0, *parameters)
                    for one in range(1, VEHICLES + 1)
                )
            )
            time.sleep(1.0)
        pilot.socket.close()
        before_mb = resident_kb(process.pid) / 1024.0
        told.send(None)
        end_s = time.monotonic() + seconds
        if share < 1.0:
            rationer.start()
        clients = [threading.Thread(target=come_and_go, args=(port, number, end_s)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        told.send(None)
        worst_s, pause_s = told.recv()
        after_mb = resident_kb(process.pid) / 1024.0
    finally:
        if rationer.is_alive():
            rationer.kill()
            rationer.join()
        os.kill(process.pid, signal.SIGCONT)
        process.terminate()
        process.communicate()
        watcher.kill()
    latest_s = max(worst_s.values())
    print(f"latest HEARTBEAT {latest_s:.2f} s, own pause {pause_s:.2f} s, memory {before_mb:.0f} to {after_mb:.0f} MB")
    assert len(worst_s) == VEHICLES
    assert latest_s - pause_s <= 2.0, worst_s
    assert after_mb - before_mb < 80.0
