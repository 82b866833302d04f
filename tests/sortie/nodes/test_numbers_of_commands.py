"""Each command of MAVLink with each parameter that is no number, endless or huge: it is answered once, and nothing of
the whole service raises: shows, cameras, gimbals, transmitters, winches and generators included."""

from __future__ import annotations

from math import inf, isfinite, nan
from typing import Any

import pytest

from autopilot.mav import Cmd, Component, Result
from mavlink_bridge.wire.codec import dialect as m
from tests.fakes.hostile import Siege

ODD = (nan, inf, -inf, 3.4e38, -3.4e38, 1e10, 2147483648.0, -65537.5, 255.0, -1.0)
ENDS = (2**31 - 1, -(2**31), 0)
WHOLE = frozenset(Result) - {Result.IN_PROGRESS}
ENDING = (Cmd.PREFLIGHT_REBOOT_SHUTDOWN,)
"""Commands after which there is nobody to answer the next."""
COMPONENTS = (
    Component.AUTOPILOT1, Component.ALL, Component.CAMERA, Component.GIMBAL, Component.WINCH, Component.ODID_TXRX_1, 77,
)  # fmt: skip


def long(number: int, component: int, params: list[float]) -> Any:
    return m.MAVLink_command_long_message(1, component, number, 0, *params)


def answers(siege: Siege, *messages: Any) -> list[int]:
    """Results of the acknowledgements of messages that arrive together, all of one command."""
    siege.send_together(messages)
    return [ack.result for ack in siege.hostile.messages("COMMAND_ACK") if ack.command == messages[0].command]


@pytest.mark.parametrize("kind", ["copter", "quadplane", "rover"])
@pytest.mark.parametrize("number", [n for n in Cmd if n not in ENDING], ids=lambda n: n.name)
def test_no_number_of_a_command_harms(kind: str, number: int, sieges: dict[str, Siege]) -> None:
    """One odd parameter among plain ones, all odd alike, by COMMAND_LONG and COMMAND_INT, to the vehicle and to each of
    its parts."""
    siege = sieges.get(kind) or sieges.setdefault(kind, Siege(kind))
    for value in ODD:
        for plain in (0.0, 1.0, nan) if kind == "copter" else (1.0,):
            odd_at = [[value if place == at else plain for place in range(7)] for at in range(7)]
            results = answers(siege, *(long(number, 1, params) for params in odd_at))
            assert len(results) == 7 and WHOLE.issuperset(results), (number, value, plain, results)
        for component in COMPONENTS:
            results = answers(siege, long(number, component, [value] * 7))
            assert len(results) <= (1 if component else len(COMPONENTS)) and WHOLE.issuperset(results), (
                number,
                results,
            )
        ends = [m.MAVLink_command_int_message(1, 1, 6, number, 0, 0, *[value] * 4, end, end, value) for end in ENDS]
        assert len(answers(siege, *ends)) == len(ENDS)
    siege.session.run_for(0.2)
    siege.hostile.read()
    service = siege.session.service
    assert service.endpoint.service_errors == 0
    assert all(map(isfinite, service.autopilot.context.facts.vehicle.state.position))


@pytest.fixture(scope="module")
def sieges() -> Any:
    """Vehicles with all that can be fitted, by their kind; each is used by all tests of a worker."""
    found: dict[str, Siege] = {}
    yield found
    for siege in found.values():
        siege.session.close()
