"""Links that lose, a crowd of clients, and frames passed from one peer to another."""

from __future__ import annotations

import multiprocessing
import os
import select
import socket
import time
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.vehicle import HOME, Served, dialect

if TYPE_CHECKING:
    from mavlink_bridge.routing.service import Message

LOSS = 0.25
ITEMS = 50
SEEDS = 11
CLIENTS = 64
CROWD_S = 12.0
ROUTED_S = 4.0
RADIO_S = 600
RETRY_MS = 250


def lossy_mission() -> tuple[float, float]:
    """(seconds up, seconds down) of a mission of 50 items at 25 % loss each way, medians over seeds, on link time; the
    client repeats after 250 ms and asks for one item at a time."""
    from autopilot.interface.geo import GeoPoint
    from autopilot.mission.items import MissionItem
    from mavlink_bridge.clients import MissionDownload, MissionUpload, Retry, Target, TransferOutcome
    from sortie import Session

    home = GeoPoint(*HOME)
    first = MissionItem(16, 3, x=home.lat, y=home.lon, z=20.0)
    plan = [replace(first, seq=seq, x=home.lat + 1e-4 * seq) for seq in range(1, ITEMS + 1)]
    retry = Retry(RETRY_MS, 200)
    ups, downs = [], []
    for seed in range(SEEDS):
        with Session(home=home) as session:
            link = session.connect(loss=LOSS, seed=seed)
            began_s = session.link_time_s
            up = link.ask(MissionUpload(Target(), plan, home=home, retry=retry))
            ups.append(session.link_time_s - began_s)
            began_s = session.link_time_s
            down = link.ask(MissionDownload(Target(), window=1, retry=retry))
            downs.append(session.link_time_s - began_s)
            if up.outcome is not TransferOutcome.ACCEPTED or down.outcome is not TransferOutcome.ACCEPTED:
                raise RuntimeError(f"seed {seed}: {up.outcome}, {down.outcome}")
    return median(ups), median(downs)


def crowd() -> float:
    """ms by which the latest HEARTBEAT of 64 clients at default rates was late at speedup 1, the service on one core.
    Late: after its client's earliest one plus whole seconds."""
    from mavlink_bridge.wire.framing import FrameReader

    with Served("--speedup", "1") as served:
        os.sched_setaffinity(served.process.pid, {max(os.sched_getaffinity(0))})
        sockets = [_connect(served.port) for _ in range(CLIENTS)]
        readers = {one.fileno(): (one, FrameReader(), list[float]()) for one in sockets}
        poll = select.poll()
        for descriptor in readers:
            poll.register(descriptor, select.POLLIN)
        end_s = time.monotonic() + CROWD_S
        while time.monotonic() < end_s:
            for descriptor, _ in poll.poll(100):
                one, reader, beats = readers[descriptor]
                now_s = time.monotonic()
                beats += [now_s for frame in reader.receive(one.recv(65536)) if frame.msg_id == 0]
        late = [_lateness(beats[2:]) for _, _, beats in readers.values()]
        for one in sockets:
            one.close()
        return max(late) * 1000.0


def _connect(port: int) -> socket.socket:
    end_s = time.monotonic() + 20.0
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError:
            if time.monotonic() > end_s:
                raise
            time.sleep(0.01)


def _lateness(beats: list[float]) -> float:
    """Seconds by which the latest came after the pace that the most punctual one sets."""
    if len(beats) < CROWD_S - 5:
        raise RuntimeError(f"only {len(beats)} heartbeats in {CROWD_S:g} s")
    offsets = [beat - number for number, beat in enumerate(beats)]
    return max(offsets) - min(offsets)


def router() -> float:
    """Messages a second of one core's time that go in by UDP and out by UDP to another peer: an endpoint with its hub,
    as `serve` has them, in a process of its own, flooded with COMMAND_LONG for the other system."""
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_route, args=(there,), daemon=True)
    child.start()
    port = here.recv()
    sender, receiver = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for one in (sender, receiver):
        one.connect(("127.0.0.1", port))
    receiver.send(_packed(dialect.MAVLink_heartbeat_message(2, 3, 0, 0, 4, 3), 2))
    time.sleep(0.2)
    frame = _packed(dialect.MAVLink_command_long_message(2, 1, 512, 0, 148, 0, 0, 0, 0, 0, 0), 255)
    end_s = time.monotonic() + ROUTED_S
    while time.monotonic() < end_s:
        for _ in range(200):
            sender.send(frame)
    here.send("stop")
    routed, core_s = here.recv()
    child.join(10)
    return float(routed / core_s)


def _packed(message: Message, system: int) -> bytes:
    return bytes(message.pack(dialect.MAVLink(None, srcSystem=system, srcComponent=1)))


def _route(pipe: multiprocessing.connection.Connection) -> None:
    from mavlink_bridge.links.hub import LinkHub
    from mavlink_bridge.routing.endpoint import Endpoint

    endpoint = Endpoint(1)
    hub = LinkHub(endpoint)
    port = hub.open("udpin:127.0.0.1:0", 0)
    pipe.send(int(port.name.rpartition(":")[2]))
    began_s = 0.0
    while not pipe.poll(0):
        for _ in range(100):
            hub.wait(0.01)
            hub.receive(0, 0)
            hub.flush()
        if not began_s:
            began_s, before = time.process_time(), endpoint.totals().frames_out
    pipe.send((endpoint.totals().frames_out - before, time.process_time() - began_s))


def radio() -> float:
    """Messages a second of a core that a SiK with its losses and reports carries between two links in memory: ATTITUDE
    as much as the air takes, one way, for `RADIO_S` of link time."""
    from mavlink_bridge.links.radio.model import RadioLink
    from mavlink_bridge.links.radio.profiles import PROFILES
    from mavlink_bridge.wire import codec
    from mavlink_bridge.wire.framing import FrameWriter

    link = RadioLink(PROFILES["sik-57600"])
    frame = FrameWriter(1, 1).frame(*codec.payload(dialect.MAVLink_attitude_message(1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)))
    now_ms, size, began_s = 0, 0, time.process_time()
    while now_ms < RADIO_S * 1000:
        link.advance(now_ms)
        size += len(link.b.read() or b"")
        while not link.a.pending and link.free_percent(0) > 30:
            link.a.write(frame)
        due_ms = link.next_delivery_ms()
        now_ms = now_ms + 20 if due_ms is None else max(due_ms, now_ms + 1)
    return size / len(frame) / (time.process_time() - began_s)
