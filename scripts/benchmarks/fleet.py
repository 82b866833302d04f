"""Many vehicles: the kernel's rows by themselves, and whole fleets."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np


def kernel_speed(vehicles: int, seconds: float, kind: str = "copter") -> float:
    """Vehicle seconds that the kernel with its estimator flies in a second of one core: `vehicles` of a kind hold their
    places 20 m up (what has wings circles them) in 5 m/s of gusty wind for `seconds` of vehicle time each, after a
    takeoff that is not measured."""
    from autopilot.interface.geo import GeoPoint
    from autopilot.interface.targets import Hold, Pilot, PilotKind, TakeOff
    from sitl.kernel import layout as M
    from sitl.vehicles.kinds import make_simulated
    from sitl.vehicles.rows import MachineRows

    home = GeoPoint(-35.363261, 149.165230, 584.0)
    rows = MachineRows([make_simulated(kind, home, 353.0, seed) for seed in range(vehicles)])
    rows.settings[:, M.P_MEAN_N], rows.settings[:, M.P_MEAN_E], rows.settings[:, M.P_GUST] = -4.0, 3.0, 1.0
    rows.settings[:, M.P_BATTERY_AH] = 0.0  # never empty: on the ground another kernel would be measured

    def run(until_ms: float) -> None:
        while rows.advance(np.full(vehicles, float(until_ms))):
            rows.events[:] = 0.0

    for machine in rows.machines:
        machine.set_target(Pilot(PilotKind.LOITER))
    run(4000)
    for machine in rows.machines:
        machine.arm(force=True)
        machine.set_target(TakeOff(-20.0, pitch=None if kind == "copter" else 0.2))
    run(20_000)
    for index, machine in enumerate(rows.machines):
        machine.set_target(Hold((float(index % 40), float(index // 40), -20.0)))
    run(30_000)
    begin = perf_counter()
    run(30_000 + 1000.0 * seconds)
    return vehicles * seconds / (perf_counter() - begin)


#: Endless batteries: the figures are about speed, not endurance.
BATTERY = ("--param", "SIM_BATT_CAP_AH=0", "--param", "FM_COUNTDOWN=1")
HEARTBEAT, ATTITUDE = 0, 30
ARMED = 128  # MAV_MODE_FLAG_SAFETY_ARMED
SQUARE_M, PLANES_SQUARE_M = 60.0, 800.0
SETTLING_S = 3.0  # after all are armed, before they are watched


def write_square(folder: str, rounds: int, side_m: float = SQUARE_M) -> str:
    """A plan file: takeoff, `rounds` squares, return."""
    from benchmarks.vehicle import HOME, METRES_PER_DEGREE

    lat, lon, alt = HOME
    rows = [[0, 1, 0, 16, 0, 0, 0, 0, lat, lon, alt, 1], [1, 0, 3, 22, 0, 0, 0, 0, lat, lon, 20, 1]]
    side = side_m / METRES_PER_DEGREE
    for _ in range(rounds):
        for north, east in ((1, 0), (1, 1), (0, 1), (0, 0)):
            rows.append([len(rows), 0, 3, 16, 0, 0, 0, 0, lat + side * north, lon + side * east, 20, 1])
    rows.append([len(rows), 0, 3, 20, 0, 0, 0, 0, 0, 0, 0, 1])
    path = Path(folder) / "square.waypoints"
    path.write_text("QGC WPL 110\n" + "".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="ascii")
    return str(path)


class Draining:
    """A client of one link that takes the bytes and looks at frame headers, and at the armed bit of HEARTBEATs, only.
    `beats`: for each vehicle when its last HEARTBEAT came, and the longest gap between two of them so far, s; `armed`:
    who has been armed."""

    def __init__(self, port: int) -> None:
        from benchmarks.vehicle import Client

        self.client = Client(port)
        self.beats: dict[int, tuple[float, float]] = {}
        self.armed: set[int] = set()
        self.bytes = 0
        self._rest = b""

    def ask_for_streams(self, hz: int) -> None:
        """Of all vehicles: a request without a target is everybody's."""
        from benchmarks.vehicle import dialect

        self.client.send(dialect.MAVLink_request_data_stream_message(0, 0, 0, hz, 1))

    def take(self) -> None:
        """What there is, waiting for some."""
        data = self.client.socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the service closed the link")
        self.bytes += len(data)
        now_s = perf_counter()
        data = self._rest + data
        at, end = 0, len(data)
        while at + 12 <= end and at + data[at + 1] + 12 <= end:
            if data[at + 7] == HEARTBEAT and data[at + 8 : at + 10] == b"\0\0":
                last_s, worst_s = self.beats.get(data[at + 5], (now_s, 0.0))
                self.beats[data[at + 5]] = now_s, max(worst_s, now_s - last_s)
                if data[at + 16] & ARMED:
                    self.armed.add(data[at + 5])
            at += data[at + 1] + 12
        self._rest = data[at:]


def flown(count: int, *, client: bool, rounds: int = 6) -> float:
    """How many times real time `count` copters fly a mission each: `sortie fly --count`, its own figure over the whole
    of the flights. `client`: one drains all streams at 4 Hz from the shared link, and logs are written."""
    import json
    import subprocess
    import sys
    import tempfile
    import threading

    from benchmarks.vehicle import free_port

    with tempfile.TemporaryDirectory(prefix="sortie-bench-") as folder:
        port = free_port()
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sortie",
                "fly",
                write_square(folder, rounds),
                "--count",
                str(count),
                "--speedup",
                "0",
                "--json",
                "--state-dir",
                folder,
                "--link",
                f"tcpin:127.0.0.1:{port}",
                *BATTERY,
                "--telemetry-log" if client else "--no-telemetry-log",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

        def drain() -> None:
            try:
                draining = Draining(port)
                draining.ask_for_streams(4)
                while True:
                    draining.client.socket.recv(1 << 20) or sys.exit()
            except OSError:
                return  # it has flown

        if client:
            threading.Thread(target=drain, daemon=True).start()
        out, _ = process.communicate()
        result = json.loads(out.splitlines()[-1])
        if result["result"] != "completed":
            raise RuntimeError(f"{result['result']}")
        return float(result["speedup"])


def thousand(
    kind: str = "copter", count: int = 1000, networks: int = 4, watched_s: float = 20.0
) -> tuple[float, float, float, float]:
    """`count` vehicles of a kind on missions at real time, all streams at 4 Hz to one client program (a connection for
    each network): per cent of a core; the latest HEARTBEAT, ms behind its second; start to the last first HEARTBEAT, s;
    memory for each further vehicle, MB. Watched are the climb, the end of the takeoff, which all reach within half a
    second, and the first leg."""
    import os
    import select
    import subprocess
    import sys
    import tempfile

    from benchmarks.vehicle import free_port, processor_s

    def resident_mb(pid: int) -> float:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def run(vehicles: int, spread: int) -> tuple[float, float, float, float]:
        with tempfile.TemporaryDirectory(prefix="sortie-bench-") as folder:
            first = free_port()
            began_s = perf_counter()
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "sortie",
                    "fly",
                    write_square(folder, 40, SQUARE_M if kind == "copter" else PLANES_SQUARE_M),
                    "--vehicle",
                    f"sim:{kind}",
                    "--count",
                    str(vehicles),
                    "--networks",
                    str(spread),
                    "--speedup",
                    "1",
                    "--state-dir",
                    folder,
                    *BATTERY,
                    "--link",
                    f"tcpin:127.0.0.1:{{{first}+m}}",
                ],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                clients = [Draining(first + number) for number in range(spread)]
                sockets = {one.client.socket: one for one in clients}
                for one in clients:
                    one.ask_for_streams(4)

                def serve_until(end_s: float) -> None:
                    while perf_counter() < end_s:
                        for ready in select.select(list(sockets), [], [], 0.1)[0]:
                            sockets[ready].take()

                while sum(len(one.beats) for one in clients) < vehicles:
                    serve_until(perf_counter() + 0.01)
                started_s = perf_counter() - began_s
                while sum(len(one.armed) for one in clients) < vehicles:
                    serve_until(perf_counter() + 0.1)
                serve_until(perf_counter() + SETTLING_S)
                for one in clients:
                    one.beats = {system: (last_s, 0.0) for system, (last_s, _) in one.beats.items()}
                before = os.times().elapsed, processor_s(process.pid)
                serve_until(perf_counter() + watched_s)
                after = os.times().elapsed, processor_s(process.pid)
                worst_s = max(worst for one in clients for _, worst in one.beats.values())
                return (
                    100.0 * (after[1] - before[1]) / (after[0] - before[0]),
                    1000.0 * max(worst_s - 1.0, 0.0),
                    started_s,
                    resident_mb(process.pid),
                )
            finally:
                process.kill()
                process.wait()

    core, late_ms, started_s, memory_mb = run(count, networks)
    alone_mb = run(1, 1)[3]
    return core, late_ms, started_s, (memory_mb - alone_mb) / (count - 1)


def _wait_for_all(client: Any, vehicles: int) -> None:
    """Until vehicle time passes at all: what is compiled is loaded, and each has said how it lies."""
    heard: set[int] = set()
    rest = b""
    while len(heard) < vehicles:
        data = rest + client.socket.recv(1 << 18)
        at = 0
        while at + 12 <= len(data) and at + data[at + 1] + 12 <= len(data):
            if data[at + 7] == ATTITUDE and data[at + 8 : at + 10] == b"\0\0":
                heard.add(data[at + 5])
            at += data[at + 1] + 12
        rest = data[at:]


def uploads(vehicles: int = 250, items: int = 50) -> float:
    """Items a second: missions of `items` items to each of `vehicles`, one after the other, over one shared link, by a
    client that answers requests from a prepared frame and parses nothing else; once all of them are up."""
    import struct

    from benchmarks.vehicle import Client, Served, dialect

    requests, acknowledged = (40, 51), 47
    with Served("--count", str(vehicles), "--speedup", "1", "--no-telemetry-log") as served:
        client = Client(served.port)
        _wait_for_all(client, vehicles)
        client.send(dialect.MAVLink_request_data_stream_message(0, 0, 0, 0, 0))
        began_s = perf_counter()
        rest = b""
        for system in range(1, vehicles + 1):
            client.send(dialect.MAVLink_mission_count_message(system, 1, items + 1, 0))
            done = False
            while not done:
                data = rest + client.socket.recv(1 << 18)
                at = 0
                while at + 12 <= len(data) and at + data[at + 1] + 12 <= len(data):
                    size, sender, msg_id = data[at + 1], data[at + 5], data[at + 7] | data[at + 8] << 8
                    payload = data[at + 10 : at + 10 + size]
                    if sender == system and msg_id in requests:
                        (seq,) = struct.unpack_from("<H", payload.ljust(2, b"\0"))
                        client.send(
                            dialect.MAVLink_mission_item_int_message(
                                system, 1, seq, 3, 16, 0, 1, 0, 0, 0, 0, -353632610 + 1000 * seq, 1491652300, 20.0
                            )
                        )
                    elif sender == system and msg_id == acknowledged:
                        done = True
                    at += size + 12
                rest = data[at:]
        return vehicles * items / (perf_counter() - began_s)
