"""Flight logs over LOG_* messages: list, download with losses, many at once, erase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.ftp.files import FileRefusedError, MemoryFile
from mavlink_bridge.services.ftp.wire import Nak
from mavlink_bridge.services.system.logs import BLOCK, DOWNLOADS, EXPIRE_MS, FRAME_BYTES, RANGES, LogEntry, LogService
from mavlink_bridge.wire.codec import dialect

QGC = Peer(1, 255, 190)
OTHER = Peer(2, 255, 190)


class Shelf:
    """Logs in memory by key, and which of them are open."""

    def __init__(self, *contents: bytes) -> None:
        self.logs = dict(enumerate(contents, start=7))
        self.time_utc = 1_700_000_000
        self.open = 0
        self.refusal: str | None = None

    def entries(self) -> Sequence[LogEntry]:
        return [LogEntry(key, len(data), self.time_utc + key) for key, data in self.logs.items()]

    def open_log(self, key: int) -> Any:
        if key not in self.logs:
            return None
        self.open += 1
        shelf = self

        class Open(MemoryFile):
            def close(self) -> None:
                shelf.open -= 1

        return Open(self.logs[key])

    def erase(self) -> Iterator[str | None]:
        for key in list(self.logs):
            if self.refusal is None:
                del self.logs[key]
            yield self.refusal


class Unreadable(MemoryFile):
    """A file on a disk that fails."""

    def read(self, offset: int, count: int) -> bytes:
        raise FileRefusedError(Nak.FAIL_ERRNO, 5)


class Bench:
    """The service, its clock, and a room for each link that tests may shrink."""

    def __init__(self, *contents: bytes, first: int = 1) -> None:
        self.shelf = Shelf(*contents)
        self.room = 1 << 20
        self.armed = False
        self.now_ms = 1000
        self.service = LogService(
            self.shelf, room=lambda link: self.room, may_erase=lambda: not self.armed, first=first
        )

    def ask(self, message: Any, peer: Peer = QGC) -> list[Any]:
        self.service.handle_message(message, peer, self.now_ms)
        return self.take(peer)

    def take(self, peer: Peer = QGC) -> list[Any]:
        taken = self.service.take_outgoing()
        assert all(one.link == peer.link for one in taken)
        return [one.message for one in taken]

    def list(self, first: int = 0, last: int = 0xFFFF) -> list[Any]:
        return self.ask(dialect.MAVLink_log_request_list_message(1, 1, first, last))

    def data(self, number: int, begin: int, count: int, peer: Peer = QGC) -> list[Any]:
        return self.ask(dialect.MAVLink_log_request_data_message(1, 1, number, begin, count), peer)

    def rest(self) -> list[Any]:
        """Everything that follows without further requests."""
        got: list[Any] = []
        while (due := self.service.next_deadline_ms()) is not None and due < self.now_ms + EXPIRE_MS:
            self.now_ms = max(self.now_ms + 1, due)
            self.service.handle_timeout(self.now_ms)
            got += self.take()
        return got


def text(messages: list[Any]) -> bytes:
    return b"".join(bytes(one.data[: one.count]) for one in sorted(messages, key=lambda one: one.ofs))


def test_the_list_numbers_logs_without_gaps() -> None:
    """Ids 1 to n from the oldest, with size and time; a range of the list can be asked for."""
    bench = Bench(b"a" * 100, b"b" * 200, b"")
    entries = [(one.id, one.num_logs, one.last_log_num, one.size, one.time_utc) for one in bench.list()]
    assert entries == [(1, 3, 3, 100, 1_700_000_007), (2, 3, 3, 200, 1_700_000_008), (3, 3, 3, 0, 1_700_000_009)]
    assert [one.id for one in bench.list(2, 2)] == [2]


def test_a_new_list_is_of_the_logs_as_they_are_now() -> None:
    """The log on the ground has grown, and the oldest log is gone: downloads are of the listed logs, not of that which
    the station has downloaded before."""
    bench = Bench(b"a" * 100, b"b" * 100)
    bench.list()
    assert text(bench.data(2, 0, 100) + bench.rest()) == b"b" * 100
    bench.shelf.logs = {8: b"b" * 150, 9: b"c" * 100}
    assert [one.size for one in bench.list()] == [150, 100]
    assert text(bench.data(2, 0, 100) + bench.rest()) == b"c" * 100
    bench.shelf.logs[9] = b"c" * 150
    bench.list()
    assert text(bench.data(2, 100, 50) + bench.rest()) == b"c" * 50
    bench.ask(dialect.MAVLink_log_request_end_message(1, 1))
    assert bench.shelf.open == 0


@pytest.mark.parametrize("date_s", [-100, 1 << 33])
def test_a_date_beyond_the_protocols_is_unknown(date_s: int) -> None:
    """Of a file from a machine with a wrong clock: the list had no entry at all."""
    bench = Bench(b"a" * 100)
    bench.shelf.time_utc = date_s
    assert [(one.id, one.size, one.time_utc) for one in bench.list()] == [(1, 100, 0)]


def test_the_oldest_log_of_a_px4_is_number_0() -> None:
    """QGroundControl's table of a PX4 begins there: of logs from 1 the newest was never in it."""
    bench = Bench(b"a" * 100, b"b" * 200, first=0)
    assert [(one.id, one.num_logs, one.last_log_num) for one in bench.list()] == [(0, 2, 1), (1, 2, 1)]
    assert [one.id for one in bench.list(0, 0)] == [0]
    assert text(bench.data(0, 0, 100) + bench.rest()) == b"a" * 100
    assert text(bench.data(1, 0, 200) + bench.rest()) == b"b" * 200
    assert [(one.id, one.count) for one in bench.data(2, 0, 90)] == [(2, 0)]


def test_a_log_is_downloaded_whole() -> None:
    """Blocks of 90 in order; the last is short."""
    content = bytes(range(256)) * 10
    bench = Bench(b"x", content)
    first = bench.data(2, 0, 0xFFFFFFFF)
    messages = first + bench.rest()
    assert text(messages) == content
    assert [one.ofs for one in messages] == list(range(0, len(content), BLOCK))
    assert messages[-1].count == len(content) % BLOCK


def test_behind_the_end_is_an_empty_block() -> None:
    """How MAVProxy learns that a log whose size is a multiple of 90 has ended."""
    bench = Bench(b"x" * 180)
    assert [one.count for one in bench.data(1, 0, 180)] == [90, 90]
    assert [(one.ofs, one.count) for one in bench.data(1, 180, 90)] == [(180, 0)]
    assert [(one.ofs, one.count) for one in bench.data(1, 0xFFFFFFF0, 0xFFFFFFFF)] == [(0xFFFFFFF0, 0)]


def test_a_log_that_cannot_be_read_any_more_ends() -> None:
    """LOG_DATA has no word for an error of the disk."""
    bench = Bench(b"x" * 180)
    bench.data(1, 0, 90)
    (download,) = bench.service._downloads.values()
    download.file = Unreadable(b"x" * 180)
    assert [(one.ofs, one.count) for one in bench.data(1, 90, 90)] == [(90, 0)]


def test_gaps_are_filled_one_after_the_other() -> None:
    """Many requests at once, as MAVProxy sends them; each is answered, none twice."""
    bench = Bench(bytes(200) * 90)
    got: list[Any] = []
    for gap in (10, 3, 77, 3):
        got += bench.data(1, gap * BLOCK, BLOCK)
    assert [one.ofs // BLOCK for one in got + bench.rest()] == [10, 3, 77, 3]  # asked again after the answer: again


def test_a_range_that_is_still_being_sent_is_not_sent_twice() -> None:
    """A client that asks again too early does not slow its own download."""
    bench = Bench(bytes(BLOCK * 400))
    bench.room = 10 * FRAME_BYTES
    first = bench.data(1, 0, BLOCK * 400)
    again = bench.data(1, BLOCK * 20, BLOCK * 300)
    assert len(first) == 10
    assert len(first) + len(again) + len(bench.rest()) == 400


def test_sending_stops_where_the_link_has_no_room() -> None:
    """No more than fits, and on again later: answers on the link are not delayed by a download."""
    bench = Bench(bytes(BLOCK * 50))
    bench.room = 3 * FRAME_BYTES
    assert len(bench.data(1, 0, BLOCK * 50)) == 3
    bench.room = 0
    bench.now_ms += 1
    bench.service.handle_timeout(bench.now_ms)
    assert bench.take() == []
    bench.room = 1 << 20
    assert len(bench.rest()) == 47


def test_an_unknown_log_is_answered_empty() -> None:
    """Also number 0, and a log that was deleted after the list."""
    bench = Bench(b"x" * 10)
    bench.list()
    for number in (0, 2, 0xFFFF):
        assert [(one.id, one.count) for one in bench.data(number, 0, 90)] == [(number, 0)]
    bench.shelf.logs.clear()
    assert [one.count for one in bench.data(1, 0, 90)] == [0]


def test_numbers_hold_until_the_next_list() -> None:
    """A log that is deleted meanwhile does not shift the others."""
    bench = Bench(b"old", b"new")
    bench.list()
    del bench.shelf.logs[7]
    assert text(bench.data(2, 0, 90)) == b"new"
    assert [one.size for one in bench.list()] == [3]
    assert text(bench.data(1, 0, 90)) == b"new"


def test_the_end_of_a_download_closes_the_file() -> None:
    """LOG_REQUEST_END, another log, a closed link, silence, an erase: nothing stays open."""
    bench = Bench(b"x" * 500, b"y" * 500)
    end = dialect.MAVLink_log_request_end_message(1, 1)

    def expire() -> None:
        bench.now_ms += EXPIRE_MS
        bench.service.handle_timeout(bench.now_ms)

    for finish in (
        lambda: bench.ask(end),
        lambda: bench.service.link_closed(1),
        expire,
        lambda: bench.ask(dialect.MAVLink_log_erase_message(1, 1)) + bench.rest(),
    ):
        bench.data(1, 0, 90)
        assert (bench.data(2, 0, 90) != [], bench.shelf.open) == (True, 1)
        finish()
        assert (bench.shelf.open, bench.service.next_deadline_ms()) == (0, None)


def test_in_the_first_flight_the_empty_list_says_when_its_log_comes() -> None:
    """It said "No logs" to who flies; on the ground, and where there are logs, the list is all."""
    bench = Bench()
    bench.armed = True
    entry, text = bench.ask(dialect.MAVLink_log_request_list_message(1, 1, 0, 0xFFFF))
    assert (entry.num_logs, text.text) == (0, "The log of this flight is listed after landing")
    bench.armed = False
    assert [one.get_type() for one in bench.ask(dialect.MAVLink_log_request_list_message(1, 1, 0, 0xFFFF))] == [
        "LOG_ENTRY"
    ]


def test_logs_are_erased_on_the_ground_only() -> None:
    """Refusals are told to the asker."""
    bench = Bench(b"x")
    erase = dialect.MAVLink_log_erase_message(1, 1)
    bench.armed = True
    (refusal,) = bench.ask(erase)
    assert (refusal.text, len(bench.shelf.logs)) == ("Logs not erased: disarm first", 1)
    bench.armed = False
    bench.shelf.refusal = "Read-only file system"
    (refusal,) = bench.ask(erase) + bench.rest()
    assert refusal.text == "Logs not erased: Read-only file system"
    assert [one.num_logs for one in bench.list()] == [1]
    bench.shelf.refusal = None
    assert bench.ask(erase) + bench.rest() == []
    assert [one.num_logs for one in bench.list()] == [0]


def test_each_pass_erases_one_log() -> None:
    """A slow disk holds nothing else up; a list shows none from the request on, and the files go one by one."""
    bench = Bench(*[b"x"] * 40)
    assert bench.ask(dialect.MAVLink_log_erase_message(1, 1)) == []
    left = []
    while bench.service.next_deadline_ms() is not None:
        bench.now_ms += 1
        bench.service.handle_timeout(bench.now_ms)
        left.append(len(bench.shelf.logs))
        assert [one.num_logs for one in bench.list()] == [0]
        assert [one.count for one in bench.data(1, 0, 90)] == [0]
    assert left == [*range(39, -1, -1), 0]


def test_what_one_peer_can_hold_is_bounded() -> None:
    """Ranges and downloads have limits; a flood costs the flooder its own requests."""
    bench = Bench(bytes(BLOCK * 1000))
    bench.room = 0
    for number in range(10 * RANGES):
        bench.data(1, number * BLOCK, 1)
    bench.room = 1 << 20
    assert len(bench.rest()) == RANGES
    for system in range(1, 3 * DOWNLOADS):
        bench.data(1, 0, 90, Peer(1, system, 1))
    assert bench.shelf.open == DOWNLOADS


def test_two_peers_download_at_the_same_time() -> None:
    """Each gets its own log on its own link."""
    bench = Bench(b"a" * 5000, b"b" * 5000)
    bench.room = 5 * FRAME_BYTES
    got = {1: b"", 2: b""}
    for number, peer in ((1, QGC), (2, OTHER)):
        request = dialect.MAVLink_log_request_data_message(1, 1, number, 0, 5000)
        bench.service.handle_message(request, peer, bench.now_ms)
    while bench.service._out or any(one.ranges for one in bench.service._downloads.values()):
        bench.now_ms += 1
        bench.service.handle_timeout(bench.now_ms)
        for one in bench.service.take_outgoing():
            got[one.link] += bytes(one.message.data[: one.message.count])
    assert got == {1: b"a" * 5000, 2: b"b" * 5000}


def test_two_peers_of_one_link_take_turns() -> None:
    """A link with room for two blocks: neither waits for the end of the other's log, which a slow radio needs hours
    for; after 20 s of waiting its own download would be over."""
    bench = Bench(b"a" * 100 * BLOCK, b"b" * 100 * BLOCK)
    bench.room = 2 * FRAME_BYTES
    for number, peer in ((1, QGC), (2, Peer(QGC.link, 254, 190))):
        bench.service.handle_message(
            dialect.MAVLink_log_request_data_message(1, 1, number, 0, 0xFFFFFFFF), peer, bench.now_ms
        )
    sent = bench.take()
    for _ in range(20):
        bench.now_ms += 1
        bench.service.handle_timeout(bench.now_ms)
        sent += bench.take()
    assert [sum(one.id == number for one in sent) for number in (1, 2)] == [24, 20]
