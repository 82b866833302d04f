"""A controller that signs: what passes is checked, stripped and signed anew, in both directions."""

from __future__ import annotations

import pytest

from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import SIGNATURE_SIZE, FrameReader, FrameWriter, MavlinkFrame, frame_v1
from mavlink_bridge.wire.signing import Signing
from sortie.api.testing.stand_in import StandIn
from tests.fakes.controller_bench import ControllerBench, Ground
from tests.fakes.controller_flight import MakeBench, reached, take_off

KEY, OTHER = bytes(range(32)), bytes(32)
STATIONS_LINK = 77


@pytest.fixture
def bench(make_bench: MakeBench) -> ControllerBench:
    """Controller and Sortie have the key; the controller's port takes nothing without it."""
    made = make_bench(controller=StandIn(key=KEY))
    signing = Signing(KEY, 1000)
    made.service.endpoint.set_signing(signing)
    made.link.set_signing(signing)
    return made


class Watch:
    """What goes to the controller, byte for byte the same."""

    def __init__(self, bench: ControllerBench) -> None:
        self.frames: list[MavlinkFrame] = []
        self._reader = FrameReader()
        bench.to_controller = self

    def __call__(self, data: bytes) -> bytes:
        self.frames += self._reader.receive(data)
        return data


def stamp(frame: MavlinkFrame) -> int:
    return int.from_bytes(frame.raw[-SIGNATURE_SIZE:][1:7], "little")


def send_signed(bench: ControllerBench, ground: Ground, signing: Signing, *messages: object) -> None:
    """As a station that signs, with a link id of its own."""
    writer = FrameWriter(255, 190)
    data = b"".join(signing.sign(writer.frame(*codec.payload(message)), STATIONS_LINK) for message in messages)  # type: ignore[arg-type]
    bench.service.receive(ground.number, data, bench.now_ms)


def test_a_mission_is_flown_on_a_controller_that_wants_signatures(bench: ControllerBench) -> None:
    """Arming, take-off and targets arrive; so does what a ground station sends without a signature on loopback."""
    bench.run(1.0)  # a wire counts as a trusted link: we sign when we have heard a signature
    watch = Watch(bench)
    take_off(bench)
    bench.run_until(lambda: reached(bench)[:2] == [1, 2], 120.0)
    known = [frame for frame in watch.frames if frame.known]
    assert known and all(frame.signed for frame in known)
    stamps = [stamp(frame) for frame in known]
    assert stamps == sorted(set(stamps)), "they rise"


def test_without_the_key_it_hears_nothing(make_bench: MakeBench) -> None:
    """The stand-in does refuse what is not signed: the flight above is no accident."""
    bench = make_bench(controller=StandIn(key=KEY))
    ground = bench.ground()
    ground.command(512, 148)
    bench.run(3.0)
    assert ground.acks(512) == []


def test_a_stations_signature_is_replaced_by_ours(bench: ControllerBench) -> None:
    """Its sender and sequence stay; the link id is ours, and the controller takes it."""
    ground = bench.ground()
    bench.run(2.0)
    watch = Watch(bench)
    asks = dialect.MAVLink_param_request_read_message(1, 1, b"WPNAV_SPEED", -1)
    send_signed(bench, ground, Signing(KEY, 50_000), asks, asks)
    bench.run(1.0)
    mine = [frame for frame in watch.frames if frame.system == 255]
    assert [frame.sequence for frame in mine] == [0, 1]
    assert all(frame.signed and frame.raw[-SIGNATURE_SIZE] != STATIONS_LINK for frame in mine)
    assert "WPNAV_SPEED" in [message.param_id for message in ground.of("PARAM_VALUE")]


def test_what_is_signed_with_another_key_goes_nowhere(bench: ControllerBench) -> None:
    """From a station on a link that is not trusted."""
    bench.run(2.0)
    number = bench.service.endpoint.open_link("radio", trusted=False)
    watch = Watch(bench)
    arm = dialect.MAVLink_command_long_message(1, 1, 400, 0, 1, 2989, 0, 0, 0, 0, 0)
    data = Signing(OTHER, 60_000).sign(FrameWriter(254, 190).frame(*codec.payload(arm)), 1)
    bench.service.receive(number, data, bench.now_ms)
    bench.run(1.0)
    assert [frame for frame in watch.frames if frame.system == 254] == []


def test_mavlink_1_is_signed_as_mavlink_2(bench: ControllerBench) -> None:
    """A MAVLink 1 frame cannot be signed: it goes on as MAVLink 2."""
    ground = bench.ground()
    bench.run(2.0)
    watch = Watch(bench)
    asks = dialect.MAVLink_param_request_read_message(1, 1, b"WPNAV_SPEED", -1)
    bench.service.receive(ground.number, frame_v1(9, 255, 190, *codec.payload_v1(asks)), bench.now_ms)
    bench.run(1.0)
    (mine,) = [frame for frame in watch.frames if frame.system == 255]
    assert (mine.mavlink1, mine.signed, mine.sequence) == (False, True, 9)
    assert "WPNAV_SPEED" in [message.param_id for message in ground.of("PARAM_VALUE")]


def test_ground_stations_hear_our_signature(bench: ControllerBench) -> None:
    """On a network link the controller's telemetry leaves signed with our link id and rising stamps."""
    number = bench.service.endpoint.open_link("radio", trusted=False)
    bench.run(3.0)
    frames = [frame for frame in FrameReader().receive(bench.service.endpoint.take_bytes(number)) if frame.known]
    assert {frame.msg_id for frame in frames} >= {0, 30, 33}
    assert all(frame.signed and frame.raw[-SIGNATURE_SIZE] == number for frame in frames)
    stamps = [stamp(frame) for frame in frames]
    assert stamps == sorted(set(stamps))


def test_a_usb_port_takes_unsigned(make_bench: MakeBench) -> None:
    """With a key given, a controller on USB that does not sign is flown as ever, without signatures."""
    bench = make_bench(controller=StandIn())
    signing = Signing(KEY, 1000)
    bench.service.endpoint.set_signing(signing)
    bench.link.set_signing(signing)
    watch = Watch(bench)
    take_off(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    assert not any(frame.signed for frame in watch.frames)


def test_setup_signing_ends_at_sortie(bench: ControllerBench) -> None:
    """A secret key is never passed on, whichever way it comes."""
    ground = bench.ground()
    bench.run(2.0)
    watch = Watch(bench)
    setup = dialect.MAVLink_setup_signing_message(1, 1, list(OTHER), 1)
    ground.send(setup)
    bench.run(0.5)
    assert 256 not in [frame.msg_id for frame in watch.frames]
    bench.hand(bench.number, Signing(KEY, 90_000).sign(FrameWriter(1, 1).frame(*codec.payload(setup)), 3))
    bench.run(0.5)
    assert ground.of("SETUP_SIGNING") == []
