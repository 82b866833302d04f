"""The PX4 stand-in answers damaged and strange requests as a PX4 does."""

from __future__ import annotations

from typing import Any

from mavlink_bridge.wire.codec import dialect
from tests.stand_in.px4_parameters import Parameters
from tests.stand_in.px4_plans import ACCEPTED, ERROR, NO_SPACE, UNSUPPORTED, Plans

STATION = (255, 190)


class Talk:
    """With the protocol of its plans, in words: kinds of messages with their result or number, and texts."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.changes: list[int] = []
        self.plans = Plans(self._note, lambda severity, text: self.said.append(text.strip()), self.changes.append)
        self.now_ms = 0

    def _note(self, message: Any) -> None:
        last = {"MISSION_ACK": "type", "MISSION_COUNT": "count"}.get(message.get_type(), "seq")
        self.said.append((message.get_type().removeprefix("MISSION_"), getattr(message, last)))

    def tell(self, *messages: Any, partner: tuple[int, int] = STATION) -> list[Any]:
        """What it answers."""
        self.said.clear()
        for message in messages:
            self.plans.handle(message, partner, self.now_ms)
        return list(self.said)

    def wait(self, ms: int) -> list[Any]:
        self.said.clear()
        self.now_ms += ms
        self.plans.step(self.now_ms)
        return list(self.said)


def _count(count: int, kind: int = 0) -> Any:
    return dialect.MAVLink_mission_count_message(1, 1, count, kind)


def _item(seq: int, command: int = 16, frame: int = 6, current: int = 0, z: float = 9.0) -> Any:
    return dialect.MAVLink_mission_item_int_message(1, 1, seq, frame, command, current, 1, 0, 0, 0, 0, 1, 2, z, 0)


def _clear(kind: int = 0) -> Any:
    return dialect.MAVLink_mission_clear_all_message(1, 1, kind)


def _list(kind: int = 0) -> Any:
    return dialect.MAVLink_mission_request_list_message(1, 1, kind)


def test_a_plan_of_a_type_that_does_not_exist_has_no_place() -> None:
    """A damaged frame may name mission type 81 (storms 1130000054 and 75155195191329)."""
    talk = Talk()
    assert talk.tell(_count(3, 81)) == [("ACK", NO_SPACE)]
    assert talk.tell(_clear(81)) == [("ACK", ACCEPTED)] and not talk.changes
    assert talk.tell(_list(81)) == [("COUNT", 0)]


def test_a_request_is_repeated_and_an_item_out_of_order_ignored() -> None:
    talk = Talk()
    assert talk.tell(_count(2)) == [("REQUEST", 0)]
    assert talk.tell(_item(1)) == [] and talk.wait(200) == [] and talk.wait(100) == [("REQUEST_INT", 0)]
    assert talk.tell(_item(0)) == [("REQUEST_INT", 1)]
    assert talk.tell(_count(2)) == ["WPM: REJ. CMD: Busy", ("ACK", ERROR)]
    assert talk.tell(_item(1), _item(1)) == [("ACK", ACCEPTED)] * 2, "the acknowledgement may have been lost"
    assert talk.tell(_item(5)) == ["IGN MISSION_ITEM: No transfer", ("ACK", ERROR)]


def test_one_transfer_at_a_time() -> None:
    """A removal is refused by a text alone; what gets no acknowledgement lasts for five seconds."""
    talk = Talk()
    assert talk.tell(_list()) == [("COUNT", 0)]
    assert talk.tell(_count(1)) == ["WPM: IGN MISSION_COUNT: Busy", ("ACK", ERROR)]
    assert talk.tell(_clear()) == ["WPM: IGN CLEAR CMD: Busy"]
    assert talk.tell(dialect.MAVLink_mission_set_current_message(1, 1, 0)) == ["WPM: IGN WP CURR CMD: Busy"]
    assert talk.tell(_list(1), partner=(1, 191)) == [("COUNT", 0)], "nothing is left to be sent"
    assert talk.wait(5100) == ["Operation timeout"]
    assert talk.tell(_count(1), _item(0)) == [("REQUEST", 0), ("ACK", ACCEPTED)]


def test_the_same_mission_again_changes_nothing() -> None:
    """And one without a mark keeps the number of the current item."""
    talk = Talk()
    talk.tell(_count(2), _item(0, current=1), _item(1))
    talk.tell(dialect.MAVLink_mission_set_current_message(1, 1, 1))
    assert talk.changes == [0, -1]
    assert talk.tell(_count(2), _item(0, current=1), _item(1))[-1] == ("ACK", ACCEPTED)
    assert talk.changes == [0, -1] and talk.plans.current == 1
    talk.tell(_count(2), _item(0), _item(1, z=12.0))
    assert talk.changes == [0, -1, 0] and talk.plans.current == 1


def test_items_that_it_does_not_know() -> None:
    """By command and frame (`parse_mavlink_mission_item`)."""
    for command, frame, result in ((18, 6, UNSUPPORTED), (183, 2, UNSUPPORTED), (16, 2, UNSUPPORTED), (16, 10, 2)):
        talk = Talk()
        talk.tell(_count(1))
        assert talk.tell(_item(0, command, frame)) == ["IGN MISSION_ITEM: Invalid item", ("ACK", result)]


def test_a_parameter_of_another_type_is_not_set() -> None:
    parameters = Parameters({})
    for kind, answers in ((9, 0), (6, 1)):
        setting = dialect.MAVLink_param_set_message(1, 1, b"NAV_DLL_ACT", 0.0, kind)
        assert len(list(parameters.handle(setting))) == answers


def test_what_is_no_question_for_parameters_has_no_answer() -> None:
    """PARAM_EXT_REQUEST_LIST is a camera's, and a number may be beyond the last (a storm found both unread)."""
    parameters = Parameters({})
    assert not list(parameters.handle(dialect.MAVLink_param_ext_request_list_message(1, 1)))
    for index, known in ((0, True), (len(parameters.names), False), (-1, False)):
        assert bool(list(parameters.handle(dialect.MAVLink_param_request_read_message(1, 1, b"", index)))) is known
