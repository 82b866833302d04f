"""Plans over a bad radio, through the whole service: complete and bit-exact, and a lost final ACK is recovered."""

from __future__ import annotations

from math import nan

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.mission.items import MissionItem
from mavlink_bridge.clients import MissionDownload, MissionUpload, Target, TransferOutcome
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader
from sortie import Session
from sortie.api.link import SessionLink
from tests.fakes.mission_bench import packed

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
MISSION, FENCE, RALLY = 0, 1, 2
ACK = dialect.MAVLINK_MSG_ID_MISSION_ACK


def wire(value: float) -> float:
    """As MISSION_ITEM_INT carries a coordinate."""
    return round(value * 1e7) / 1e7


def plan(kind: int) -> tuple[MissionItem, ...]:
    """Items whose every field counts: fractions, NaN, negative altitudes."""
    if kind == MISSION:
        return tuple(
            MissionItem(
                16,
                3,
                param1=0.25 * n,
                param4=nan if n % 3 else 7.5,
                x=wire(-35.36 + n * 1.7e-5),
                y=wire(149.16 - n * 1.3e-5),
                z=12.5 - n,
                seq=n,
            )
            for n in range(1, 31)
        )
    if kind == FENCE:
        return tuple(
            MissionItem(5001, 0, param1=12.0, x=wire(-35.0 + 0.01 * (n % 6)), y=wire(149.0 + 0.013 * n), seq=n)
            for n in range(12)
        )
    return tuple(MissionItem(5100, 3, x=wire(-35.3 + 1e-4 * n), y=149.1, z=20.0 + n, seq=n) for n in range(8))


def bad_link(session: Session, loss: float, seed: int) -> SessionLink:
    link = session.connect(loss=loss, delay_ms=15, seed=seed)
    link.memory.duplicate, link.memory.reorder = 0.1, 0.2
    return link


@pytest.mark.parametrize("kind", [MISSION, FENCE, RALLY])
@pytest.mark.parametrize("loss", [0.0, 0.1, 0.25])
def test_a_plan_goes_up_and_down_bit_for_bit(kind: int, loss: float) -> None:
    """0, 10 and 25 % loss each way, a tenth of all frames twice, a fifth out of order; four seeds."""
    for seed in range(4):
        with Session(home=HOME) as session:
            link = bad_link(session, loss, seed)
            up = link.ask(MissionUpload(Target(), plan(kind), kind=kind, home=HOME))
            assert up.outcome is TransferOutcome.ACCEPTED
            down = link.ask(MissionDownload(Target(), kind=kind))
            assert down.outcome is TransferOutcome.ACCEPTED
            assert packed(down.items) == packed(plan(kind))


def without(link: SessionLink, msg_id: int, times: int) -> list[int]:
    """The link loses the next `times` messages of this kind on their way to the station; returns what it lost."""
    lost: list[int] = []
    deliver = link.memory.b.deliver
    reader = FrameReader()

    def losing(data: bytes) -> None:
        kept = b""
        for frame in reader.receive(data):
            if frame.msg_id == msg_id and len(lost) < times:
                lost.append(frame.msg_id)
            else:
                kept += frame.raw
        deliver(kept)

    link.memory.b.deliver = losing  # type: ignore[method-assign]  # the radio of this test
    return lost


@pytest.mark.parametrize("kind", [MISSION, FENCE, RALLY])
@pytest.mark.parametrize("times", [1, 3])
def test_a_lost_final_ack_is_recovered(kind: int, times: int) -> None:
    """The station sends its last item again and is acknowledged again; the plan is stored once."""
    with Session(home=HOME) as session:
        link = session.connect(delay_ms=5)
        lost = without(link, ACK, times)
        up = link.ask(MissionUpload(Target(), plan(kind), kind=kind, home=HOME))
        assert len(lost) == times
        assert up.outcome is TransferOutcome.ACCEPTED
        assert packed(link.ask(MissionDownload(Target(), kind=kind)).items) == packed(plan(kind))
        received = [m.text for m in link.messages("STATUSTEXT") if "received" in m.text]
        assert len(received) <= 1


def test_a_radio_that_dies_during_an_upload_leaves_the_old_plan() -> None:
    """Then it comes back, and the next upload works."""
    with Session(home=HOME) as session:
        link = session.connect(delay_ms=10)
        assert link.ask(MissionUpload(Target(), plan(MISSION)[:3], home=HOME)).outcome is TransferOutcome.ACCEPTED
        link.memory.loss = 1.0
        assert link.ask(MissionUpload(Target(), plan(MISSION), home=HOME)).outcome is TransferOutcome.TIMEOUT
        link.memory.loss = 0.0
        session.run_for(10.0)
        assert packed(link.ask(MissionDownload(Target())).items) == packed(plan(MISSION)[:3])
        assert link.ask(MissionUpload(Target(), plan(MISSION), home=HOME)).outcome is TransferOutcome.ACCEPTED
