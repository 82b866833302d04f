"""The model of a radio link: what it carries follows from its air, nothing is invented, and the seed decides."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mavlink_bridge.links.radio.model import RadioLink, packet_size
from mavlink_bridge.links.radio.profile import BurstLosses, Duplex, LinkBudget, RadioLane, RadioProfile, Tdm
from mavlink_bridge.links.radio.profiles import PROFILES
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader, FrameWriter
from tests.fakes.examples import examples

SIK = PROFILES["sik-57600"]
QUIET = {name: replace(one, losses=BurstLosses(), budget=None) for name, one in PROFILES.items()}
ATTITUDE = dialect.MAVLink_attitude_message(1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
HEARTBEAT = dialect.MAVLink_heartbeat_message(2, 3, 0, 0, 0, 3)
BLOCK = dialect.MAVLink_file_transfer_protocol_message(0, 1, 1, [7] * 251)


def carried_per_s(profile: RadioProfile, message: object, *, both_ways: bool = False, seconds: int = 20) -> float:
    """Bytes a second that arrive on the ground when the vehicle always has more to say."""
    link = RadioLink(profile)
    frame = FrameWriter(1, 1).frame(*codec.payload(message))
    got, now_ms = 0, 0
    while now_ms < seconds * 1000:
        link.advance(now_ms)
        got += len(link.b.read() or b"")
        link.a.read()
        for side, end in ((0, link.a), (1, link.b)):
            while (side == 0 or both_ways) and not end.pending and link.free_percent(side) > 30:
                end.write(frame)
        due_ms = link.next_delivery_ms()
        now_ms = now_ms + 20 if due_ms is None else min(max(due_ms, now_ms + 1), now_ms + 20)
    return got / seconds


def test_the_rounds_of_a_sik_are_those_of_its_firmware() -> None:
    """64 kbit/s with ECC, by the rules of tdm_init: 18 ticks of 16 us a byte, packets of 118, windows of 3."""
    tdm = Tdm(64, golay=True)
    assert (tdm.byte_us, tdm.largest) == (18 * 16, 118)
    assert tdm.silence_us == 2 * (13 * 9 + 13 + 4 * 18) * 16
    assert tdm.window_us == 3 * ((13 * 9 + 13 + 4 * 18) + 118 * 18) * 16
    plain = Tdm(64)
    assert (plain.byte_us, plain.largest) == (9 * 16, 250)
    assert Tdm(4).window_us <= 131 * 62 * 16, "MAX_WINDOW"


def test_a_sik_carries_about_2000_bytes_of_a_file_a_second() -> None:
    """One way, while the other end only yields its windows; a frame of 263 bytes holds 239 of the file."""
    rate = carried_per_s(QUIET["sik-57600"], BLOCK) * 239 / 263
    assert 1900 <= rate <= 2300, rate


def test_both_ways_at_once_share_the_air() -> None:
    """Half duplex: what one direction carries alone, two carry together."""
    alone = carried_per_s(QUIET["sik-57600"], ATTITUDE)
    together = carried_per_s(QUIET["sik-57600"], ATTITUDE, both_ways=True)
    assert 0.4 * alone < together < 0.65 * alone


def test_without_ecc_it_carries_twice_as_much() -> None:
    """Golay doubles each byte."""
    assert 1.8 < carried_per_s(QUIET["sik-air-64"], BLOCK) / carried_per_s(QUIET["sik-57600"], BLOCK) < 2.4


def test_elrs_carries_its_packets_each_in_its_slot() -> None:
    """333 Hz, every other slot, 10 bytes each."""
    assert carried_per_s(QUIET["elrs-333"], ATTITUDE, seconds=5) == pytest.approx(10 / (2 * 3003e-6), rel=0.02)


def test_a_satellite_takes_ten_seconds() -> None:
    """One HEARTBEAT, alone."""
    link = RadioLink(QUIET["satellite"], seed=3)
    link.a.write(FrameWriter(1, 1).frame(*codec.payload(HEARTBEAT)))
    while not link.b.waiting:
        due_ms = link.next_delivery_ms()
        assert due_ms is not None
        link.advance(due_ms)
    assert 9_000 <= link.now_ms <= 12_000


@pytest.mark.parametrize("name", ["lte", "satellite", "wifi", "sik-57600", "elrs-500"])
def test_what_is_sent_after_a_silence_takes_as_long(name: str) -> None:
    """The air has no credit of the time in which nobody spoke: a frame at 100 s arrives as one at 0 s, give or take a
    turn and the jitter."""
    took_ms = []
    for at_ms in (0, 100_000):
        radio = RadioLink(replace(QUIET[name], reports=None), seed=3)
        radio.advance(at_ms)
        radio.a.write(FrameWriter(1, 1).frame(*codec.payload(HEARTBEAT)))
        now_ms = at_ms
        while not (data := radio.b.read()):
            now_ms = max(radio.next_delivery_ms() or now_ms, now_ms + 1)
            radio.advance(now_ms)
        assert data
        took_ms.append(now_ms - at_ms)
    profile = PROFILES[name]
    assert took_ms[1] >= profile.latency_ms
    assert abs(took_ms[1] - took_ms[0]) <= profile.jitter_ms + 300.0


def test_what_comes_while_the_buffer_is_full_is_gone() -> None:
    """A line of 57600 baud fills a SiK of 2,000 bytes a second: bytes are lost, whole frames around them arrive."""
    link = RadioLink(QUIET["sik-57600"])
    writer = FrameWriter(1, 1)
    link.a.write(b"".join(writer.frame(*codec.payload(ATTITUDE)) for _ in range(400)))
    lowest, reader = 100, FrameReader()
    for now_ms in range(0, 12_000, 10):
        link.advance(now_ms)
        lowest = min(lowest, link.free_percent(0))
        reader.receive(link.b.read() or b"")
    counts = link.statistics[0]
    assert lowest == 0
    assert counts.overflowed > 2000
    assert counts.carried + counts.overflowed == counts.given
    assert 100 < reader.frames < 400
    assert link.free_percent(0) == 100


def test_a_report_for_each_heartbeat_at_its_own_end_only() -> None:
    """As SiK: RADIO_STATUS from 51/68, with the room in its own buffer, put in between packets."""
    link = RadioLink(QUIET["sik-57600"])
    writer, own, other = FrameWriter(1, 1), FrameReader(), FrameReader()
    told = []
    for now_ms in range(0, 5_000, 10):
        if now_ms % 1000 == 0:
            link.a.write(writer.frame(*codec.payload(HEARTBEAT)))
        link.advance(now_ms)
        told += own.receive(link.a.read() or b"")
        other.receive(link.b.read() or b"")
    assert [(one.system, one.component, one.msg_id) for one in told] == [(51, 68, codec.id_of("RADIO_STATUS"))] * 5
    status = codec.decode(told[0].msg_id, told[0].payload)
    assert status is not None and status.txbuf == 100
    assert other.frames == 5, "and nothing of it goes on the air"


def test_rssi_falls_with_the_distance_and_the_link_ends() -> None:
    """20 dB for ten times the distance, 1.9 counts a dB; far out of range nothing arrives."""
    told, heard = {}, {}
    for metres in (100.0, 1_000.0, 10_000_000.0):
        link = RadioLink(SIK, 1, lambda metres=metres: metres)
        writer, reader, other = FrameWriter(1, 1), FrameReader(), FrameReader()
        for now_ms in range(0, 8_000, 20):
            if now_ms % 1000 == 0:
                link.a.write(writer.frame(*codec.payload(HEARTBEAT)))
            link.advance(now_ms)
            for frame in reader.receive(link.a.read() or b""):
                told[metres] = codec.decode(frame.msg_id, frame.payload)
            other.receive(link.b.read() or b"")
        heard[metres] = other.frames
    assert told[100.0].rssi - told[1_000.0].rssi == pytest.approx(38, abs=1)
    assert told[100.0].noise == round((-118 + 127) * 1.9)
    assert heard[100.0] >= 5 and heard[10_000_000.0] == 0


def test_range_is_where_half_is_heard() -> None:
    """By free space; twice the range costs 6 dB."""
    budget = LinkBudget(mhz=915.0, power_dbm=20.0, sensitivity_dbm=-106.0, noise_dbm=-118.0)
    assert budget.lost(budget.range_m()) == pytest.approx(0.5)
    assert budget.received_dbm(1000.0) - budget.received_dbm(2000.0) == pytest.approx(6.02, abs=0.01)


def test_losses_come_in_bursts_and_their_mean_is_as_said() -> None:
    """Gilbert-Elliott: the share that is lost, and far longer rows of losses than chance makes."""
    losses = BurstLosses(good=0.0, bad=0.9, good_ms=900.0, bad_ms=100.0)
    lane = RadioLane(1, period_us=10_000)
    profile = RadioProfile("x", "x", Duplex(lane, lane), "a test", losses=losses)
    link = RadioLink(profile, 5)
    link.a.write(bytes(30_000))
    arrived = []
    for now_ms in range(10, 300_010, 10):
        link.advance(now_ms)
        arrived.append(bool(link.b.read()))
    share = 1.0 - sum(arrived) / len(arrived)
    assert share == pytest.approx(0.1 * 0.9, abs=0.02)  # bad for a tenth of the time
    after = [not now for before, now in pairwise(arrived) if not before]
    assert sum(after) / len(after) > 0.6


def test_again_until_it_is_heard() -> None:
    """ExpressLRS' stubborn sender: all arrives, late."""
    link = RadioLink(PROFILES["elrs-333"], 2)
    link.loss = 0.5
    link.a.write(bytes(range(1, 201)))
    got = b""
    for now_ms in range(0, 2_000, 5):
        link.advance(now_ms)
        got += link.b.read() or b""  # reports go to the vehicle
    assert got == bytes(range(1, 201))
    assert link.statistics[0].again > 5


def test_packets_end_where_frames_end() -> None:
    """As many whole frames as fit; half a frame waits; one that fits no packet goes as it comes."""
    frame = FrameWriter(1, 1).frame(*codec.payload(ATTITUDE))
    size = len(frame)
    assert packet_size(bytearray(frame * 3), 2 * size + 5, 118, whole=False) == 2 * size
    assert packet_size(bytearray(frame[:-1]), 118, 118, whole=False) == 0
    assert packet_size(bytearray(frame[:-1]), 118, 118, whole=True) == size - 1
    short = dialect.MAVLink_file_transfer_protocol_message(0, 1, 1, [7] * 240 + [0] * 11)
    large = FrameWriter(1, 1).frame(*codec.payload(short))
    assert packet_size(bytearray(large), 118, 118, whole=False) == 118
    assert packet_size(bytearray(b"noise" + frame), 118, 118, whole=False) == 5


writes = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from([0, 1]), st.binary(min_size=1, max_size=400)), max_size=40
)


def _run(profile: RadioProfile, seed: int, script: list[tuple[int, int, bytes]]) -> tuple[RadioLink, list[bytes]]:
    link = RadioLink(profile, seed)
    got, now_ms = [bytearray(), bytearray()], 0

    def look() -> None:
        link.advance(now_ms)
        got[0] += link.a.read() or b""
        got[1] += link.b.read() or b""

    for wait_ms, side, data in script:
        now_ms += wait_ms
        look()
        (link.a if side == 0 else link.b).write(data)
    for _ in range(40):
        now_ms += 2_000
        look()
    return link, [bytes(one) for one in got]


def _is_within(part: bytes, whole: bytes) -> bool:
    """Are the bytes of `part` in `whole`, in this order?"""
    rest = iter(whole)
    return all(byte in rest for byte in part)


@settings(max_examples=examples(60), deadline=None)
@given(script=writes, name=st.sampled_from(sorted(PROFILES)), seed=st.integers(0, 9))
def test_nothing_is_invented_and_nothing_overtakes(script: list[tuple[int, int, bytes]], name: str, seed: int) -> None:
    """Whatever is written, whole frames or not: what arrives was written, in that order, each byte once; and each byte
    was carried, lost, too much for the buffer, or is still there."""
    profile = replace(PROFILES[name], reports=None)
    link, got = _run(profile, seed, script)
    for side in (0, 1):
        given_bytes = b"".join(data for _, at, data in script if at == side)
        assert _is_within(got[1 - side], given_bytes)
        counts = link.statistics[side]
        assert counts.given == len(given_bytes)
        assert counts.carried + counts.overflowed <= counts.given
        if not counts.lost and not counts.overflowed and name not in ("satellite", "sik-air-4"):
            assert got[1 - side] == given_bytes


@settings(max_examples=examples(20), deadline=None)
@given(script=writes, name=st.sampled_from(sorted(PROFILES)), seed=st.integers(0, 9))
def test_the_seed_decides(script: list[tuple[int, int, bytes]], name: str, seed: int) -> None:
    """The same bytes at the same times and seed: the same bytes arrive; reports are in it."""
    assert _run(PROFILES[name], seed, script)[1] == _run(PROFILES[name], seed, script)[1]


def test_every_number_has_a_source() -> None:
    """Of each profile somebody can look up where it comes from, or read that it is assumed."""
    for profile in PROFILES.values():
        assert len(profile.source) > 30, profile.name


def test_the_page_has_every_radio() -> None:
    """With its source."""
    page = (Path(__file__).parents[3] / "docs" / "radios.md").read_text(encoding="utf-8")
    for profile in PROFILES.values():
        assert f"| `{profile.name}` | {profile.title} |" in page
        assert f"| {profile.source} |" in page


def test_a_radio_of_a_vehicle_that_has_been_up_for_days_begins_now() -> None:
    """It reported each second since the vehicle was switched on, at once (storm 963004: 49 days)."""
    radio = RadioLink(PROFILES["lte"])
    day_ms = 86_400_000
    radio.advance(day_ms)
    assert radio.a.read() == b""
    assert radio.next_delivery_ms() == day_ms + 1_000
    radio.advance(day_ms + 2_500)
    assert radio.statistics[0].reports == 2
