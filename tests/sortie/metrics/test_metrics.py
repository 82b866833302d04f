"""Figures: what is counted, the page for Prometheus, and that its readers cannot harm the vehicle."""

from __future__ import annotations

import contextlib
import io
import json
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from autopilot.mission.items import MissionItem
from mavlink_bridge.clients import MissionUpload, Target
from mavlink_bridge.services.ftp.wire import DATA_BYTES
from mavlink_bridge.wire.codec import dialect
from sortie import Session
from sortie.commands.cli import run
from sortie.config.errors import UserError
from sortie.config.given import resolve
from sortie.config.settings import Settings
from sortie.config.values import parse_metrics
from sortie.metrics.load import Jitter
from sortie.nodes.metrics_server import LARGEST_REQUEST, READERS, BoundedStream, MetricsServer
from sortie.nodes.statistics import EVERY_MS, Board, MetricsSnapshot, Sample, Statistics
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import free_port, served

pytestmark = pytest.mark.waits

#: A line of the exposition format: comment, or name, labels, value.
LINE = re.compile(
    r"# (HELP|TYPE) [a-z_]+ .+|"
    r"(?P<name>[a-z_]+)(\{(?P<labels>([a-z_]+=\"(\\.|[^\"\\])*\",?)+)\})? (?P<value>[-+0-9.e]+)"
)


def parsed(text: str) -> dict[str, float]:
    """Sums of the samples by name; fails at a line that is not of the format, and at a name without its type."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        match = LINE.fullmatch(line)
        assert match, line
        if match["name"]:
            assert f"# TYPE {match['name']} " in text
            found[match["name"]] = found.get(match["name"], 0.0) + float(match["value"])
    return found


# --- what is counted --------------------------------------------------------------------------------------------------
def test_links_are_counted_and_summed_up() -> None:
    """What a link received and sent, while it is open; the sums keep what closed links have counted."""
    with Session() as session:
        statistics = Statistics(session.service)
        station = session.connect()
        station.send(dialect.MAVLink_ping_message(1, 1, 0, 0))
        session.run_for(2.0)
        (link,) = statistics.links()
        assert (link["frames_in"], link["trusted"], link["dropped"]) == (1, True, 0)
        assert link["frames_out"] > 10
        assert link["bytes_out"] > 300
        before = parsed(statistics.snapshot().prometheus())
        assert before["sortie_link_received_frames_total"] == before["sortie_all_links_received_frames_total"] == 1.0
        station.close()
        session.run_for(0.1)
        after = parsed(statistics.snapshot().prometheus())
        assert "sortie_link_received_frames_total" not in after
        assert after["sortie_all_links_received_frames_total"] == 1.0
        assert after["sortie_links"] == 0.0
        assert after["sortie_vehicle_time_seconds_total"] == pytest.approx(session.time_s)


def test_repeated_requests_are_counted() -> None:
    """An upload over a link that loses half of everything."""
    with Session(seed=3) as session:
        link = session.connect(loss=0.4)
        upload = MissionUpload(Target(), [MissionItem(16, 3, x=-35.0, y=149.0, z=10.0)] * 30)
        link.ask(upload)
        assert parsed(Statistics(session.service).snapshot().prometheus())["sortie_requests_repeated_total"] > 3


def test_names_of_links_are_escaped() -> None:
    """A label may hold anything."""
    with Session() as session:
        session.service.endpoint.open_link('odd "name"\\\nhere')
        assert 'name="odd \\"name\\"\\\\\\nhere"' in Statistics(session.service).snapshot().prometheus()
        parsed(Statistics(session.service).snapshot().prometheus())


def test_lateness_keeps_the_worst_since_it_was_read() -> None:
    """And the sum and the worst of all."""
    late = Jitter()
    for seconds in (0.001, 0.03, 0.002):
        late.note(seconds)
    assert (late.count, late.total_s, late.worst_s) == (3, pytest.approx(0.033), 0.03)
    assert (late.take_recent(), late.take_recent(), late.worst_s) == (0.03, 0.0, 0.03)


def test_the_worst_lateness_is_kept_until_it_has_been_read() -> None:
    """Posted each second, also while nobody reads; a reading begins the next stretch."""
    late = Jitter()
    with Session() as session:
        board = Board(Statistics(session.service, late))
        worst = [0.0]
        for link_ms, late_s, reads in ((0, 0.03, False), (1000, 0.001, False), (2000, 0.0, True), (3000, 0.002, True)):
            late.note(late_s)
            board.commit(link_ms)
            if reads:
                worst.append(parsed(board.take().prometheus())["sortie_loop_lateness_worst_seconds"])
    assert worst == [0.0, 0.03, 0.002]


def test_a_snapshot_is_posted_each_second_and_never_changes() -> None:
    """Who has one keeps what was so then; the next is another object."""
    with Session() as session:
        board = Board(Statistics(session.service))
        board.commit(0)
        first = board.take()
        before = first.prometheus()
        session.run_for(3.0)
        board.commit(EVERY_MS - 1)
        assert board.take() is first
        assert board.next_link_deadline_ms() == EVERY_MS
        board.commit(EVERY_MS)
        assert first.prometheus() == before
        now = parsed(board.take().prometheus())["sortie_vehicle_time_seconds_total"]
        assert now == parsed(before)["sortie_vehicle_time_seconds_total"] + 3.0


# --- the server -------------------------------------------------------------------------------------------------------
class Posted(Board):
    """A board with a page of 600,000 bytes, which the loop need not post."""

    def __init__(self) -> None:
        sample: Sample = ({}, 1.0)
        self._posted = MetricsSnapshot((("up", "gauge", "x", (sample,) * 50_000),))


@pytest.fixture
def server() -> Iterator[MetricsServer]:
    made = MetricsServer("127.0.0.1", 0, Posted())
    yield made
    made.close()


def ask(port: int, request: bytes) -> bytes:
    """The answer to a request, read to its end."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as client:
        answer = b""
        with contextlib.suppress(ConnectionError):  # cut off with something of ours unread
            client.sendall(request)
            while data := client.recv(65536):
                answer += data
        return answer


def test_a_page_larger_than_a_socket_buffer_comes_whole(server: MetricsServer) -> None:
    """Sent as the reader takes it."""
    head, _, body = ask(server.port, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 OK")
    assert f"Content-Length: {len(body)}".encode() in head
    assert parsed(body.decode()) == {"sortie_up": 50_000.0}


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /secret HTTP/1.1\r\n\r\n", b"404"), (b"POST /metrics HTTP/1.1\r\n\r\n", b"405"),
        (b"BREW /metrics HTTP/1.1\r\n\r\n", b"501"), (b"nothing\r\n\r\n", b"400"),
        (b"HEAD /metrics HTTP/1.0\r\n\r\n", b"200"), (b"GET /metrics?x=1 HTTP/1.0\r\n\r\n", b"200"),
        (b"\xff\xfe gar bage\r\n\r\n", b"400"),
    ],
)  # fmt: skip
def test_other_requests_are_refused(server: MetricsServer, request_: bytes, status: bytes) -> None:
    """One page, to read. Who does not speak HTTP/1 gets the answer without a head."""
    assert status in ask(server.port, request_)[:500]


@pytest.mark.parametrize("request_", [b"x" * 1_000_000, b"GET /metrics HTTP/1.1\r\n" + b"A: b\r\n" * 200_000])
def test_a_request_without_end_is_cut_off(request_: bytes) -> None:
    """Memory is bounded for each reader: no more is read than a request may have."""
    stream = io.BytesIO(request_)
    bounded = BoundedStream(stream)
    while bounded.readline(65537):
        assert stream.tell() <= LARGEST_REQUEST
    assert stream.tell() == LARGEST_REQUEST


def test_what_goes_on_after_the_largest_request_is_not_waited_for(server: MetricsServer) -> None:
    """It is answered, as what has arrived deserves, and disconnected."""
    assert b"400" in ask(server.port, b"x" * LARGEST_REQUEST)[:500]


def test_silent_readers_give_way(server: MetricsServer) -> None:
    """And in number; a reader that comes then is served."""
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3 * READERS)]
    assert ask(server.port, b"GET /metrics HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.0 200")
    assert server.readers <= READERS
    for one in silent:
        one.close()


def test_the_end_waits_for_no_reader() -> None:
    """Silent ones, and one that asked and does not take its page, are cut off; the port is free again."""
    server = MetricsServer("127.0.0.1", 0, Posted())
    port = server.port
    readers = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) for _ in range(3)]
    readers[0].sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
    ask(port, b"GET / HTTP/1.1\r\n\r\n")  # all before it have been taken
    server.close()
    for one in readers:
        with contextlib.suppress(ConnectionError):
            while one.recv(65536):
                pass
        one.close()
    MetricsServer("127.0.0.1", port, Posted()).close()


def test_a_busy_port_is_said_in_one_line(server: MetricsServer) -> None:
    """Status 2."""
    with pytest.raises(UserError, match="--metrics 127"):
        MetricsServer("127.0.0.1", server.port, Posted())


def test_addresses_are_loopback_unless_told_otherwise() -> None:
    """A port alone, and what is no address."""
    assert parse_metrics("9100") == parse_metrics(":9100") == ("127.0.0.1", 9100)
    assert parse_metrics("0.0.0.0:9100") == ("0.0.0.0", 9100)
    assert parse_metrics("[::1]:9100") == ("::1", 9100)
    for wrong in ("", "host", "host:port", "1.2.3.4:99999"):
        with pytest.raises(UserError, match="--metrics"):
            Settings.metrics.read(wrong)
    assert resolve({}, None, {"SORTIE_METRICS": "9100"}).metrics == ("127.0.0.1", 9100)


# --- the program ------------------------------------------------------------------------------------------------------
def test_the_program_shows_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By HTTP, as a file over MAVFTP, and by `sortie status --links`, as table and as JSON."""
    port, began_s = free_port(), time.monotonic()
    with served(tmp_path, "--metrics", f"127.0.0.1:{port}", speedup="1", ready=False) as service:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S) as answer:
            statistics = parsed(answer.read().decode())
        assert statistics["sortie_links"] >= 1.0
        assert statistics["sortie_all_links_sent_frames_total"] > 0.0
        assert 0.0 <= statistics["sortie_loop_lateness_worst_seconds"] < time.monotonic() - began_s
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE_S)
        assert run(["status", "--links", "--json", "--connect", service.tcp]) == 0
        page = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert len(json.dumps(page)) > DATA_BYTES, "one block would not test much"
        own = [one for one in page["links"] if one["frames_in"]]
        assert own and page["totals"]["frames_in"] >= own[0]["frames_in"]
        assert run(["status", "--links", "--connect", service.tcp]) == 0
        table = capsys.readouterr().out.splitlines()
        assert table[0].split()[:3] == ["link", "frames_in", "frames_out"]
        assert any("udpout" in line for line in table[1:])


def test_no_reader_holds_up_the_flight(tmp_path: Path) -> None:
    """A reader that never reads its page, silent ones, endless requests and a row of connections: the loop goes on
    turning, vehicle time passes, and the next reader is served."""
    port = free_port()
    with served(tmp_path, "--metrics", f"127.0.0.1:{port}", speedup="1", ready=False):
        page = b"GET /metrics HTTP/1.1\r\n\r\n"
        before = parsed(ask(port, page).partition(b"\r\n\r\n")[2].decode())
        hostile = [socket.create_connection(("127.0.0.1", port)) for _ in range(2 * READERS)]
        for one, request in zip(hostile, [page, b"", b"GET ", b"x" * 2 * LARGEST_REQUEST] * READERS, strict=False):
            with contextlib.suppress(ConnectionError):
                one.sendall(request)
        for _ in range(3 * READERS):
            ask(port, b"GET / HTTP/1.1\r\n\r\n")
        deadline_s = time.monotonic() + PATIENCE_S
        after = before
        while after["sortie_loop_late_turns_total"] < before["sortie_loop_late_turns_total"] + 10:
            assert time.monotonic() < deadline_s, "the loop stands still"
            after = parsed(ask(port, page).partition(b"\r\n\r\n")[2].decode())
        assert after["sortie_vehicle_time_seconds_total"] > before["sortie_vehicle_time_seconds_total"]
        for one in hostile:
            one.close()
