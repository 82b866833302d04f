"""The PX4 stand-in answers damaged and strange requests as a PX4 does."""

from __future__ import annotations

from typing import Any

from mavlink_bridge.wire.codec import dialect
from tests.stand_in.px4_parameters import Parameters
from tests.stand_in.px4_plans import UNSUPPORTED, Plans


def test_a_plan_of_a_type_that_does_not_exist_is_refused() -> None:
    """A damaged frame may name mission type 81 (storms 1130000054 and 75155195191329)."""
    answers: list[Any] = []
    plans = Plans(answers.append, lambda severity, text: None, lambda kind: None)
    asked = (
        dialect.MAVLink_mission_count_message(1, 1, 3, 81),
        dialect.MAVLink_mission_request_list_message(1, 1, 81),
        dialect.MAVLink_mission_clear_all_message(1, 1, 81),
    )
    for message in asked:
        plans.handle(message, (255, 190), 0)
    assert [(answer.get_type(), answer.type) for answer in answers] == 3 * [("MISSION_ACK", UNSUPPORTED)]


def test_what_is_no_question_for_parameters_has_no_answer() -> None:
    """PARAM_EXT_REQUEST_LIST is a camera's, and a number may be beyond the last (a storm found both unread)."""
    parameters = Parameters({})
    assert not list(parameters.handle(dialect.MAVLink_param_ext_request_list_message(1, 1)))
    for index, known in ((0, True), (len(parameters.names), False), (-1, False)):
        assert bool(list(parameters.handle(dialect.MAVLink_param_request_read_message(1, 1, b"", index)))) is known
