"""Other parts of the program bring commands of their own."""

from __future__ import annotations

from autopilot.interface.result import Outcome
from autopilot.mav import Result
from mavlink_bridge.services.commands.context import CommandRow, Context
from mavlink_bridge.services.commands.request import Command
from tests.fakes.command_bench import CommandBench, result_of


def test_a_registered_command_is_served_with_its_parameters() -> None:
    """MAV_CMD_USER_1 for a flight manager: parameters in, result and detail out."""
    bench = CommandBench()

    def user_1(command: Command, context: Context) -> Outcome:
        return Outcome(Result.TEMPORARILY_REJECTED, detail=command.whole(1) + 256 * 45)

    bench.service.register(31010, CommandRow(user_1, required=(1,), at_once=True))
    (ack,) = bench.long(31010, 0x21)
    assert (ack.result, ack.result_param2) == (Result.TEMPORARILY_REJECTED, 0x21 + 256 * 45)
    assert result_of(bench.long(31010, float("nan"))) is Result.DENIED
