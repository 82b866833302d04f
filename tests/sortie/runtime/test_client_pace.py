"""What is seen of real clients, by TCP and UDP, and time that waits for them, in a test's process and by `--pace`."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest
from pymavlink import mavutil
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from mavlink_bridge.links.base import Link
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.network import Network
from sortie import Session
from sortie.config.values import PaceBounds
from sortie.runtime import onlooker
from sortie.runtime.client_pace import ClientPace
from sortie.runtime.followers import ClientSight, Followers
from sortie.runtime.onlooker import Onlooker
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import never
from sortie.runtime.sockets import Sockets
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import served

LAND = 9


class Side:
    """An endpoint with one address, and what is seen of those who are on it."""

    def __init__(self, url: str) -> None:
        self.sockets = Sockets()
        self.endpoint = Endpoint(1)
        self.address = self.sockets.open(self.endpoint, url, 0).split(":", 1)[1]
        self.hub = self.sockets.hub(self.endpoint)
        self.looker = Onlooker()

    def pass_until(self, done: Callable[[], bool]) -> None:
        """Let bytes come and go."""
        end_s = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end_s
            self.sockets.poll.wait(0.01)
            self.hub.receive(0, 0)
            self.sockets.flush()

    def say(self) -> None:
        self.endpoint.send(mavlink.MAVLink_heartbeat_message(2, 3, 0, 0, 0, 3))
        self.sockets.flush()

    def look(self) -> list[ClientSight]:
        return list(self.looker.look([self.hub], {}).values())

    @property
    def links(self) -> list[Link]:
        return list(self.hub.links().values())


@pytest.fixture(params=["tcpin", "udpin", "udpout"])
def met(request: pytest.FixtureRequest):
    """A side, and a client of it that has said something."""
    kind = request.param
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcpin" else socket.SOCK_DGRAM)
    client.bind(("127.0.0.1", 0))
    client.settimeout(PATIENCE_S)
    port = client.getsockname()[1] if kind == "udpout" else 0
    side = Side(f"{kind}:127.0.0.1:{port}")
    if kind == "udpout":
        assert side.look() == []  # nobody is known to be there
        side.say()
        address = client.recvfrom(1000)[1]
    else:
        address = ("127.0.0.1", int(side.address.rpartition(":")[2]))
    client.connect(address)
    client.send(mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 0, 3).pack(mavlink.MAVLink(None, 255, 190)))
    side.pass_until(lambda: any(link.present for link in side.links))
    yield side, client
    side.looker.close()
    side.sockets.close()
    client.close()


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="only Linux tells of others' unread bytes")
def test_what_a_client_has_not_read_is_seen(met) -> None:
    """By TCP and, where datagrams are waited for nowhere else, by UDP; it is this process's own client."""
    side, client = met
    (sight,) = side.look()
    assert not sight.unread and sight.ours
    side.say()
    side.pass_until(lambda: side.look()[0].unread > 0)
    client.recv(1000)
    (sight,) = side.look()
    assert not sight.unread


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="only Linux tells of others' unread bytes")
def test_a_client_that_is_behind_is_asked_how_long_it_waited_for_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only while it is behind, and from then on: another process, which has not read."""
    waits: list[int] = []
    monkeypatch.setattr(onlooker, "COUNTED_EACH_S", 0.0)
    monkeypatch.setattr(onlooker, "waits_s", lambda pid: waits.append(pid) or {pid: 100.0 + len(waits)})
    side = Side("tcpin:127.0.0.1:0")
    reader = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); sys.stdin.readline(); s.recv(1000)"
    with socket.create_connection(("127.0.0.1", int(side.address.rpartition(":")[2]))) as client:
        words = [sys.executable, "-c", f"{reader}; sys.stdin.readline()", str(client.fileno())]
        child = subprocess.Popen(words, stdin=subprocess.PIPE, pass_fds=[client.fileno()])
    assert child.stdin is not None
    side.pass_until(lambda: bool(side.look()))
    side.pass_until(lambda: side.look()[0].follows)
    waits.clear()
    said_s = time.monotonic()
    side.say()
    side.pass_until(lambda: side.look()[0].unread > 0)
    side.pass_until(lambda: side.look()[0].starved_s > 0.01)
    assert side.look()[0].starved_s <= time.monotonic() - said_s, "a second more at each count, but none has passed"
    assert set(waits) == {child.pid}
    child.stdin.write(b"\n")
    child.stdin.flush()
    side.pass_until(lambda: side.look()[0].follows)
    assert side.look()[0].starved_s == 0.0
    child.communicate(b"\n", PATIENCE_S)
    side.looker.close()
    side.sockets.close()


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="only Linux tells of others' threads")
def test_stillness_is_proved_of_a_connection(met) -> None:
    """Not of datagrams, which nobody counts. A byte that was said and not taken yet, by either side, ends it, and a
    thread that only waits for the interpreter's lock."""
    side, client = met
    if client.type == socket.SOCK_DGRAM:
        side.pass_until(lambda: not side.look()[0].at_work)
        assert not side.look()[0].still
        return
    side.pass_until(lambda: side.look()[0].still)
    client.send(b"answer")
    for _ in range(3):
        (sight,) = side.look()
        assert sight.at_work and not sight.still
    side.pass_until(lambda: side.look()[0].still)
    ending = threading.Event()
    thread = threading.Thread(target=count_until, args=(ending,))
    thread.start()
    for _ in range(20):
        assert not side.look()[0].still
    ending.set()
    thread.join()
    side.pass_until(lambda: side.look()[0].still)


def count_until(ending: threading.Event) -> None:
    """Without letting go of the interpreter's lock but when it is asked to."""
    while not ending.is_set():
        sum(range(1000))


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="only Linux tells of others' sockets")
def test_a_client_that_has_gone_is_not_there(met) -> None:
    """By UDP nobody says goodbye; the system knows."""
    side, client = met
    assert len(side.look()) == 1
    client.close()
    side.pass_until(lambda: not side.look())


def test_another_thread_that_works_is_seen(met) -> None:
    """It may be the client's; one that sleeps is not at work."""
    side, _ = met
    ending = threading.Event()
    thread = threading.Thread(target=count_until, args=(ending,))
    side.pass_until(lambda: not side.look()[0].at_work)
    thread.start()
    side.pass_until(lambda: side.look()[0].at_work)
    ending.set()
    thread.join()
    side.pass_until(lambda: not side.look()[0].at_work)


def test_a_vehicle_whose_time_stands_still_is_heard_all_the_same() -> None:
    """A client that does not follow gets a HEARTBEAT a second of the wall, at one and the same vehicle time."""
    with Session() as session:
        session.wait_armable()
        runtime = session.runtime
        port = int(session.add_link("tcpin:127.0.0.1:0").rpartition(":")[2])
        runtime.clients = ClientPace(Followers(PaceBounds(limit_s=1e9)))
        link = mavutil.mavlink_connection(f"tcp:127.0.0.1:{port}", source_system=255)
        link.port.setblocking(False)
        sight = ClientSight(at_work=True)
        runtime.clients._onlooker.look = lambda hubs, owing: {"a": sight}  # type: ignore[method-assign]
        beats, stands_at_s, end_s = 0, None, time.monotonic() + PATIENCE_S
        while beats < 3:
            runtime.turn(never)
            while (message := link.recv_msg()) is not None:
                beats += message.get_type() == "HEARTBEAT" and stands_at_s is not None
            stands_at_s = session.time_s if stands_at_s is None and runtime.clients.wait_s else stands_at_s
            assert time.monotonic() < end_s
        assert session.time_s == stands_at_s
        link.close()


def test_of_several_vehicles_on_a_link_the_first_asks() -> None:
    """Behind what any of them says; once for all of them."""
    sockets, endpoints = Sockets(), (Endpoint(1), Endpoint(2))
    network = Network(endpoints)
    port = int(sockets.open(network, "tcpin:127.0.0.1:0", 0).rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as client:
        hub, pace = sockets.hub(network), ClientPace()
        while not hub.links():
            sockets.poll.wait(0.01)
            hub.receive(0, 0)
        endpoints[1].send(mavlink.MAVLink_heartbeat_message(2, 3, 0, 0, 0, 3))
        pace.will_send([hub], 10.0, 5000, 0)
        assert pace.rule.until_ms == 5000
        sockets.flush()
        parser, heard = mavlink.MAVLink(None), []
        while len(heard) < 3:
            heard += parser.parse_buffer(client.recv(1000)) or []
    sockets.close()
    assert [(one.get_type(), one.get_srcSystem()) for one in heard] == [("HEARTBEAT", 2), ("PING", 1), ("TIMESYNC", 1)]


BETWEEN = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
vehicle = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
print(listener.getsockname()[1], flush=True)
program = listener.accept()[0]
vehicle.recv(1)
"""
PROGRAM = """
import socket, sys
library = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
while word := sys.stdin.readline():
    if word.strip() == "ask":
        library.send(b"takeoff")
        continue
    end = sum(range(30_000_000))
"""


def told(stdin: IO[str] | None, words: str) -> bool:
    """Tell a program something, again for as long as a look has missed what it did."""
    assert stdin is not None
    stdin.write(words)
    stdin.flush()
    return True


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="only Linux tells whose sockets they are")
def test_a_program_behind_the_process_of_its_library_is_seen_at_work() -> None:
    """As that of MAVSDK: the vehicle's client is a server process, which does nothing while the program thinks."""
    side = Side("tcpin:127.0.0.1:0")
    command = [sys.executable, "-c", BETWEEN, side.address.rpartition(":")[2]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as between:
        assert between.stdout is not None
        side.pass_until(lambda: bool(side.links))
        port = between.stdout.readline().strip()
        with subprocess.Popen([sys.executable, "-c", PROGRAM, port], stdin=subprocess.PIPE, text=True) as program:
            side.pass_until(lambda: not side.look()[0].at_work)
            side.pass_until(lambda: told(program.stdin, "ask\n") and side.look()[0].at_work)
            side.pass_until(lambda: not side.look()[0].at_work)
            told(program.stdin, "think\n" * 1000)
            side.pass_until(lambda: side.look()[0].at_work)
            program.kill()
        side.pass_until(lambda: not side.look()[0].at_work)
        between.kill()
    side.sockets.close()


def test_time_waits_for_an_answer_that_is_due() -> None:
    """A client that answers PING, has read all and does nothing: vehicle time stands still until it answers."""
    with Session() as session:
        session.wait_armable()
        runtime, clients = session.runtime, ClientPace(Followers(PaceBounds(limit_s=1e9)))
        port = int(session.add_link("tcpin:127.0.0.1:0").rpartition(":")[2])
        runtime.clients = clients
        link = mavutil.mavlink_connection(f"tcp:127.0.0.1:{port}", source_system=255)
        link.port.setblocking(False)

        def heard(name: str) -> mavlink.MAVLink_message | None:
            """The last one, while turns pass."""
            last = None
            for _ in range(20):
                runtime.turn(never)
                while (message := link.recv_msg()) is not None:
                    last = message if message.get_type() == name and not message.target_system else last
            return last

        def answered(question: mavlink.MAVLink_message) -> None:
            link.mav.ping_send(question.time_usec, question.seq, 1, 1)

        end_s = time.monotonic() + PATIENCE_S
        while (asked := heard("PING")) is None:
            assert time.monotonic() < end_s
        answered(asked)
        while (due := heard("PING")) is None or due.seq == asked.seq:
            assert time.monotonic() < end_s
        stood_s = session.time_s
        for _ in range(10):
            assert heard("PING") is None
        assert session.time_s == stood_s
        answered(due)
        while session.time_s == stood_s:
            heard("PING")
            assert time.monotonic() < end_s
        link.close()


def test_a_runtime_that_ends_looks_at_clients_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has open of them stayed open, of each run in one process."""
    closed: list[ClientPace] = []
    monkeypatch.setattr(ClientPace, "close", lambda pace: closed.append(pace))
    runtime = Runtime(Sockets())
    runtime.clients = ClientPace()
    runtime.close()
    assert closed == [runtime.clients]


@pytest.mark.parametrize("speedup", ["0", "100"])
def test_serve_waits_for_a_slow_client(tmp_path: Path, speedup: str) -> None:
    """`--pace clients`, as fast as it goes and a hundred times the wall: a client thinks for 0.1 s before it reacts to
    a height, and the reaction is there within a HEARTBEAT of the vehicle."""
    with served(tmp_path, "--pace", "clients", speedup=speedup) as service:
        link = mavutil.mavlink_connection(service.tcp, source_system=255)
        assert link.wait_heartbeat(timeout=PATIENCE_S) is not None
        for command in ((176, 1, 4, 0, 0, 0, 0, 0), (400, 1, 0, 0, 0, 0, 0, 0), (22, 0, 0, 0, 0, 0, 0, 60)):
            link.mav.command_long_send(1, 1, command[0], 0, *command[1:])
            assert link.recv_match(type="COMMAND_ACK", blocking=True, timeout=PATIENCE_S).result == 0
        while (seen := position(link)).relative_alt < 5000:
            pass
        think(0.1)
        link.set_mode("LAND")
        while link.recv_match(type="HEARTBEAT", blocking=True, timeout=PATIENCE_S).custom_mode != LAND:
            pass
        assert position(link).time_boot_ms - seen.time_boot_ms < 2500
        link.close()


def position(link: Any) -> Any:
    return link.recv_match(type="GLOBAL_POSITION_INT", blocking=True, timeout=PATIENCE_S)


def think(seconds: float) -> None:
    """Processor time."""
    began_s = time.thread_time()
    while time.thread_time() - began_s < seconds:
        mavutil.mavlink.x25crc(bytes(range(250)))
