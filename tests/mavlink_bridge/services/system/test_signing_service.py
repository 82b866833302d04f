"""SETUP_SIGNING: who may set a key, what it changes, and what holds after a restart."""

from __future__ import annotations

from typing import Any

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.services.system.service import SystemService
from mavlink_bridge.services.system.signing import RESERVE, SECOND, SigningService
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, FrameWriter
from mavlink_bridge.wire.signing import timestamp_of
from tests.fakes.recording_autopilot import RecordingAutopilot
from tests.fakes.recording_telemetry import RecordingTelemetry

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
NOW_US = 1_767_225_600_000_000


class Keys:
    """What is stored; `problem` makes storing fail, `slow` lets it take until `slow` is False again."""

    def __init__(self) -> None:
        self.key: bytes | None = None
        self.stamp = 0
        self.problem: str | None = None
        self.slow = False

    @property
    def stamp_refused(self) -> bool:
        return self.problem is not None

    def save_key(self, key: bytes | None) -> str | None:
        if self.problem is None:
            self.key = key
        return self.problem

    def save_stamp(self, stamp: int) -> None:
        if self.problem is None and not self.slow:
            self.stamp = stamp


class Vehicle:
    """An endpoint with a trusted and an open link that answers PING, over the stored state of the last run."""

    def __init__(self, keys: Keys | None = None, now_us: int = NOW_US) -> None:
        self.keys = keys or Keys()
        self.now_us = now_us
        self.link_ms = 0
        self.endpoint = Endpoint(1)
        autopilot: Any = RecordingAutopilot()
        self.service = SigningService(
            self.endpoint, self.keys, lambda: self.now_us, key=self.keys.key, stamp=self.keys.stamp
        )
        self.endpoint.add_service(self.service)
        self.endpoint.add_service(SystemService(autopilot, RecordingTelemetry()))
        self.usb = self.endpoint.open_link("usb", trusted=True)
        self.net = self.endpoint.open_link("net", trusted=False)

    def receive(self, link: int, data: bytes) -> list[Any]:
        """What comes back on the same link, as messages."""
        self.endpoint.receive(link, data, self.link_ms, self.link_ms)
        frames = FrameReader().receive(self.endpoint.take_bytes(link))
        return [codec.decode(frame.msg_id, frame.payload) for frame in frames]

    def answers(self, link: int, data: bytes) -> bool:
        return any(message.get_type() == "PING" for message in self.receive(link, data))

    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now_us += 1_000_000
            self.link_ms += 1000
            self.endpoint.handle_timeouts(self.link_ms, self.link_ms)


class Station:
    """pymavlink as a ground station that signs."""

    def __init__(self, key: bytes | None = KEY, timestamp: int = timestamp_of(NOW_US)) -> None:
        self.mav = dialect.MAVLink(None, srcSystem=255, srcComponent=190)
        if key is not None:
            self.mav.signing.secret_key, self.mav.signing.timestamp = key, timestamp
            self.mav.signing.sign_outgoing = True

    def ping(self) -> bytes:
        return bytes(dialect.MAVLink_ping_message(1, 1, 0, 0).pack(self.mav))

    def setup(self, key: bytes, timestamp: int = timestamp_of(NOW_US)) -> bytes:
        return bytes(dialect.MAVLink_setup_signing_message(1, 1, key, timestamp).pack(self.mav))


def test_without_a_key_everything_is_open() -> None:
    """The state before SETUP_SIGNING."""
    vehicle = Vehicle()
    assert vehicle.answers(vehicle.net, Station(None).ping())
    assert vehicle.service.next_deadline_ms() is None


def test_a_key_set_over_usb_closes_the_network() -> None:
    """Kept, and enforced at once: unsigned and wrongly signed frames are not answered there, signed ones are."""
    vehicle = Vehicle()
    assert vehicle.receive(vehicle.usb, Station(None).setup(KEY)) == []
    assert vehicle.keys.key == KEY
    assert not vehicle.answers(vehicle.net, Station(None).ping())
    assert not vehicle.answers(vehicle.net, Station(OTHER).ping())
    assert vehicle.answers(vehicle.net, Station(KEY).ping())
    assert vehicle.answers(vehicle.usb, Station(None).ping())
    assert vehicle.endpoint.statistics(vehicle.net).refused == 2


@pytest.mark.parametrize("have", [None, KEY])
def test_a_key_from_the_network_is_refused(have: bytes | None) -> None:
    """Even a signed one: the asker is told, nothing changes."""
    keys = Keys()
    keys.key = have
    vehicle = Vehicle(keys)
    station = Station(have)
    (text,) = vehicle.receive(vehicle.net, station.setup(OTHER))
    assert text.text == "Signing key refused: not on this link"
    assert vehicle.keys.key == have
    assert vehicle.answers(vehicle.net, station.ping())


def test_a_key_that_cannot_be_kept_is_not_used() -> None:
    """Otherwise the next start would be open, or closed to everybody."""
    vehicle = Vehicle()
    vehicle.keys.problem = "disk full"
    (text,) = vehicle.receive(vehicle.usb, Station(None).setup(KEY))
    assert text.text == "Signing key refused: disk full"
    assert vehicle.answers(vehicle.net, Station(None).ping())


def test_zeros_end_signing() -> None:
    """As with ArduPilot."""
    vehicle = Vehicle()
    vehicle.receive(vehicle.usb, Station(None).setup(KEY))
    vehicle.receive(vehicle.usb, Station(None).setup(bytes(32), 0))
    assert vehicle.keys.key is None
    assert vehicle.answers(vehicle.net, Station(None).ping())


def test_the_key_never_leaves_by_another_link() -> None:
    """A station on a second link, heard before, sees nothing of it."""
    vehicle = Vehicle()
    vehicle.answers(vehicle.net, Station(None).ping())
    for target in (0, 1, 255):
        frame = dialect.MAVLink_setup_signing_message(target, 0, KEY, 1).pack(Station(None).mav)
        vehicle.endpoint.receive(vehicle.usb, bytes(frame), 0, 0)
        assert KEY not in vehicle.endpoint.take_bytes(vehicle.net)


def test_a_recording_from_before_a_restart_is_refused() -> None:
    """However abrupt the end was; a station goes on, once it has heard our first signed frame."""
    vehicle = Vehicle()
    vehicle.receive(vehicle.usb, Station(None).setup(KEY))
    station = Station(KEY)
    recorded = [station.ping() for _ in range(3)]
    assert all(vehicle.answers(vehicle.net, frame) for frame in recorded)
    again = Vehicle(vehicle.keys, vehicle.now_us + 1_000_000)
    assert not any(again.answers(again.net, frame) for frame in recorded)
    again.endpoint.send(dialect.MAVLink_statustext_message(6, b"hello"))
    (heard,) = station.mav.parse_buffer(again.endpoint.take_bytes(again.net))
    assert heard.get_signed()
    assert again.answers(again.net, station.ping())


def test_the_stored_stamp_is_always_ahead() -> None:
    """Of every stamp used or accepted, over an hour with steps of a station's clock; and not by more than it must."""
    vehicle = Vehicle()
    vehicle.receive(vehicle.usb, Station(None).setup(KEY))
    station = Station(KEY)
    for _ in range(120):
        vehicle.pass_time(30)
        station.mav.signing.timestamp += 29 * SECOND
        vehicle.answers(vehicle.net, station.ping())
        used = vehicle.service.signing.timestamp if vehicle.service.signing else 0
        assert used < vehicle.keys.stamp <= timestamp_of(vehicle.now_us) + 2 * RESERVE


def test_a_stamp_that_could_not_be_stored_is_tried_again_each_second() -> None:
    """A restart with a slow clock would sign with the same stamps again."""
    keys = Keys()
    keys.key, keys.problem = KEY, "disk I/O error"
    vehicle = Vehicle(keys)
    vehicle.pass_time(3)
    assert keys.stamp == 0
    keys.problem = None
    vehicle.pass_time(1)
    assert keys.stamp >= timestamp_of(vehicle.now_us) + RESERVE


@pytest.mark.parametrize("ahead_s", [61, 7_200])
def test_a_stamp_far_ahead_is_stored_before_it_counts(ahead_s: int) -> None:
    """Neither a frame of a station whose clock is far ahead nor the machine's own clock moves our stamps beyond the
    stored one: a death would let them come again, and the frame be accepted twice."""
    keys = Keys()
    keys.key = KEY
    vehicle = Vehicle(keys)
    keys.slow = True
    station = Station(KEY, timestamp_of(vehicle.now_us) + ahead_s * SECOND)
    assert not vehicle.answers(vehicle.net, station.ping())
    vehicle.now_us += ahead_s * 1_000_000
    vehicle.pass_time(2)
    assert vehicle.service.signing is not None
    assert vehicle.service.signing.timestamp < keys.stamp
    keys.slow = False
    assert vehicle.answers(vehicle.net, station.ping())
    assert timestamp_of(vehicle.now_us) - 2 * SECOND <= vehicle.service.signing.timestamp < keys.stamp


def test_a_station_is_heard_although_the_disk_refuses_its_stamp() -> None:
    """A vehicle that hears nobody is worse than one that could accept a recording."""
    keys = Keys()
    keys.key = KEY
    vehicle = Vehicle(keys)
    keys.problem = "disk full"
    assert vehicle.answers(vehicle.net, Station(KEY, timestamp_of(vehicle.now_us) + 7_200 * SECOND).ping())


def test_a_second_key_begins_at_the_last_used_stamp() -> None:
    """Below the stored one, and not at it: stations would be behind by the reserve, and be refused."""
    vehicle = Vehicle()
    for key in (KEY, OTHER, KEY):
        vehicle.receive(vehicle.usb, Station(None).setup(key))
        assert vehicle.service.signing is not None
        assert vehicle.service.signing.timestamp + SECOND < vehicle.keys.stamp
        vehicle.pass_time(1)
        assert vehicle.answers(vehicle.net, Station(key, timestamp_of(vehicle.now_us)).ping())


def test_a_stamp_years_ahead_is_not_believed() -> None:
    """It would lock out every station whose clock is right."""
    vehicle = Vehicle()
    vehicle.receive(vehicle.usb, Station(None).setup(KEY, (1 << 48) - 10))
    assert vehicle.service.signing is not None
    assert vehicle.service.signing.timestamp <= timestamp_of(NOW_US) + 24 * 3600 * SECOND


def test_setting_the_same_key_again_keeps_what_was_heard() -> None:
    """No second chance for a recording."""
    vehicle = Vehicle()
    vehicle.receive(vehicle.usb, Station(None).setup(KEY))
    recorded = Station(KEY).ping()
    assert vehicle.answers(vehicle.net, recorded)
    vehicle.receive(vehicle.usb, Station(None).setup(KEY))
    assert not vehicle.answers(vehicle.net, recorded)
    vehicle.receive(vehicle.usb, Station(None).setup(OTHER))
    vehicle.receive(vehicle.usb, Station(None).setup(KEY))
    assert not vehicle.answers(vehicle.net, recorded)


def test_a_station_that_signs_on_usb_gets_signed_answers() -> None:
    """Whoever signs may want signed answers; the frame carries the signature of the key."""
    vehicle = Vehicle()
    vehicle.receive(vehicle.usb, Station(None).setup(KEY))
    station = Station(KEY)
    vehicle.endpoint.receive(vehicle.usb, station.ping(), 0, 0)
    (answer,) = station.mav.parse_buffer(vehicle.endpoint.take_bytes(vehicle.usb))
    assert (answer.get_type(), answer.get_signed()) == ("PING", True)


def test_a_short_frame_with_a_key_of_zeros_at_its_end_is_whole() -> None:
    """MAVLink 2 cuts zeros at the end of a payload; the key is 32 bytes all the same."""
    vehicle = Vehicle()
    message = dialect.MAVLink_setup_signing_message(1, 1, b"k" + bytes(31), 0)
    vehicle.receive(vehicle.usb, FrameWriter(255, 190).frame(*codec.payload(message)))
    assert vehicle.keys.key == b"k" + bytes(31)


def test_where_nothing_is_signed_it_wakes_nobody_up() -> None:
    """A loop that runs ahead of the wall by months would look at its stamp each second of these."""
    vehicle = Vehicle()
    vehicle.receive(vehicle.usb, Station(None).setup(KEY))
    assert vehicle.service.next_deadline_ms() == 0
    vehicle.endpoint.close_link(vehicle.net)
    vehicle.pass_time(1)
    assert vehicle.service.next_deadline_ms() is None
    assert vehicle.answers(vehicle.usb, Station(KEY, timestamp_of(vehicle.now_us) + 100).ping())
    assert vehicle.service.next_deadline_ms() == 2000, "its stamp is to be kept"
    vehicle.pass_time(1)
    assert vehicle.service.next_deadline_ms() is None
    vehicle.endpoint.open_link("net", trusted=False)
    assert vehicle.service.next_deadline_ms() == 3000
