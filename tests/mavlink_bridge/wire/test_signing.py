"""Message signing against pymavlink's: same signatures, same refusals, and the policy of each link."""

from __future__ import annotations

from typing import Any

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, FrameWriter, MavlinkFrame
from mavlink_bridge.wire.signing import Signing, timestamp_of

KEY = bytes(range(32))
NOW = timestamp_of(1_767_225_600_000_000)
PING = dialect.MAVLink_ping_message(7, 7, 0, 0)
TEXT = dialect.MAVLink_statustext_message(6, b"hello")
RADIO = dialect.MAVLink_radio_status_message(1, 2, 3, 4, 5, 6, 7)


def pymavlink(key: bytes = KEY, timestamp: int = NOW, link_id: int = 3) -> Any:
    """A second implementation, signing and checking with the key."""
    mav = dialect.MAVLink(None, srcSystem=255, srcComponent=190)
    mav.signing.secret_key, mav.signing.timestamp, mav.signing.link_id = key, timestamp, link_id
    mav.signing.sign_outgoing = True
    return mav


def signed(message: Any, mav: Any) -> MavlinkFrame:
    return FrameReader().receive(message.pack(mav))[0]


def test_the_stamp_counts_ten_microseconds_from_2015() -> None:
    """1420070400 s is 2015-01-01 00:00 UTC."""
    assert timestamp_of(1_420_070_400_000_000) == 0
    assert timestamp_of(1_420_070_401_000_000) == 100_000
    assert timestamp_of(0) == 0


def test_pymavlink_accepts_what_we_sign() -> None:
    """Each frame once, in the order of their stamps."""
    signing, writer, other = Signing(KEY, NOW), FrameWriter(1, 1), pymavlink()
    stream = b"".join(signing.sign(writer.frame(*codec.payload(message)), 5) for message in (PING, TEXT, PING))
    parsed = other.parse_buffer(stream)
    assert [(message.get_type(), message.get_signed()) for message in parsed] == [
        ("PING", True),
        ("STATUSTEXT", True),
        ("PING", True),
    ]
    assert other.signing.goodsig_count == 3


def test_we_accept_what_pymavlink_signs_once() -> None:
    """A repetition is a replay."""
    signing, mav = Signing(KEY, NOW), pymavlink()
    first, second = signed(PING, mav), signed(TEXT, mav)
    assert signing.verify(first)
    assert signing.verify(second)
    assert not signing.verify(first)
    assert not signing.verify(second)
    assert (signing.accepted, signing.refused) == (2, 2)


def test_another_key_a_changed_byte_and_no_signature_are_refused() -> None:
    """Whatever is not from the holder of the key."""
    signing = Signing(KEY, NOW)
    good = signed(PING, pymavlink())
    changed = bytearray(good.raw)
    changed[12] ^= 1
    plain = FrameReader().receive(FrameWriter(255, 190).frame(*codec.payload(PING)))[0]
    assert not signing.verify(signed(PING, pymavlink(key=bytes(32))))
    assert not signing.verify(MavlinkFrame(4, 255, 190, 0, good.payload, False, True, True, bytes(changed)))
    assert not signing.verify(plain)
    assert signing.verify(good)


def test_a_new_stream_may_lag_a_minute_and_not_more() -> None:
    """The guide's rule; the stamp of an accepted frame moves ours."""
    minute = 6_000_000
    signing = Signing(KEY, NOW)
    assert not signing.verify(signed(PING, pymavlink(timestamp=NOW - minute - 1, link_id=1)))
    assert signing.verify(signed(PING, pymavlink(timestamp=NOW - minute, link_id=2)))
    assert signing.timestamp == NOW
    assert signing.verify(signed(PING, pymavlink(timestamp=NOW + 500, link_id=3)))
    assert signing.timestamp == NOW + 500


def test_after_a_restart_nothing_from_before_is_accepted() -> None:
    """The floor holds for all streams, also within the minute of grace."""
    mav = pymavlink()
    recorded, later = signed(PING, mav), signed(PING, mav)
    before = Signing(KEY, NOW - 10)
    assert before.verify(recorded)
    after = Signing(KEY, NOW - 10, floor=before.timestamp)
    assert not after.verify(recorded)
    assert after.verify(later)


def test_a_frame_refused_for_its_stamp_is_not_accepted_later() -> None:
    """A trusted link has taken it: once its stamp is stored, a recording of it is still an old frame."""
    stored = [NOW]
    signing = Signing(KEY, NOW, floor=NOW, reserve=lambda stamp: stored[0])
    mav = pymavlink(timestamp=NOW + 1000)
    recorded, later = signed(PING, mav), signed(PING, mav)
    assert not signing.verify(recorded)
    stored[0] += 2000
    assert not signing.verify(recorded)
    assert signing.verify(later)


def test_a_key_has_32_bytes() -> None:
    """A short one is a mistake of the caller."""
    with pytest.raises(ValueError, match="32 bytes, not 5"):
        Signing(b"short", NOW)


class _Ping:
    """Answers nothing, counts PINGs."""

    clock = "link"
    handles = frozenset(("PING", "RADIO_STATUS"))

    def __init__(self) -> None:
        self.links: list[int] = []

    def handle_message(self, message: Any, peer: Any, now_ms: int) -> None:
        self.links.append(peer.link)

    def handle_timeout(self, now_ms: int) -> None: ...

    def next_deadline_ms(self) -> None: ...

    def take_outgoing(self) -> list[Any]:
        return []

    def link_closed(self, link: int) -> None: ...


def signs(endpoint: Endpoint, link: int) -> list[bool]:
    """Are encoded telemetry and a single message signed on this link?"""
    endpoint.take_bytes(link)
    endpoint.append(link, FrameWriter(1, 1).frame(*codec.payload(TEXT)), 1)
    endpoint.send(PING, link)
    return [frame.signed for frame in FrameReader().receive(endpoint.take_bytes(link))]


def test_the_policy_of_each_link() -> None:
    """Without a key all is open. With one, an open link takes signed frames only (and RADIO_STATUS) and signs all that
    goes out; a trusted one takes all, and signs from the first signed frame on."""
    endpoint, service, writer = Endpoint(1), _Ping(), FrameWriter(255, 190)
    endpoint.add_service(service)  # type: ignore[arg-type]  # `clock` is a plain str here
    usb, radio = endpoint.open_link("usb"), endpoint.open_link("radio", trusted=False)
    plain = writer.frame(*codec.payload(PING))
    endpoint.receive(radio, plain, 0, 0)
    assert (service.links, signs(endpoint, radio)) == ([radio], [False, False])
    endpoint.set_signing(Signing(KEY, NOW))
    late = endpoint.open_link("late", trusted=False)
    service.links.clear()
    for link in (usb, radio, late):
        endpoint.receive(link, plain, 0, 0)
    endpoint.receive(radio, writer.frame(*codec.payload(RADIO)), 0, 0)
    assert service.links == [usb, radio]
    assert [endpoint.statistics(link).refused for link in (usb, radio, late)] == [0, 1, 1]
    assert [signs(endpoint, link) for link in (usb, radio, late)] == [[False] * 2, [True] * 2, [True] * 2]
    mav = pymavlink()
    endpoint.receive(radio, PING.pack(mav), 0, 0)
    endpoint.receive(usb, PING.pack(mav), 0, 0)
    assert service.links == [usb, radio, radio, usb]
    assert signs(endpoint, usb) == [True, True]
    endpoint.set_signing(None)
    assert signs(endpoint, radio) == [False, False]
