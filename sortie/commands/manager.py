"""`sortie go` and `sortie abort`: commands of the flight manager, sent to a running vehicle over MAVLink."""

from __future__ import annotations

from autopilot.flight.lifecycle import FlightCommand, FlightState
from autopilot.mav import Severity
from mavlink_bridge.clients.command import CommandOutcome
from mavlink_bridge.clients.texts import TextAssembler
from sortie.commands.targets import VehicleAnswer, ask_targets
from sortie.config.errors import UserError
from sortie.config.given import GivenOptions
from sortie.nodes.client import Listener, Remote

_TEXT_WAIT_S = 0.3


def state_of(detail: int) -> tuple[str, int]:
    """Split COMMAND_ACK's result_param2 into the name of the state and the countdown, s."""
    number = detail & 0xFF
    name = FlightState(number).name if number in set(FlightState) else f"state {number}"
    return name, detail >> 8 & 0xFF


def _ordered(command: FlightCommand, remote: Remote) -> VehicleAnswer:
    texts = TextAssembler()
    remote.endpoint.add_service(Listener(frozenset(("STATUSTEXT",)), remote.watch, texts.take))
    asking = remote.flight_command(command)
    if asking.outcome is CommandOutcome.TIMEOUT:
        raise UserError(f"the vehicle at {remote.url} does not answer", 1)
    accepted = asking.outcome is CommandOutcome.ACCEPTED
    if not accepted:  # the reason is sent as a text
        remote.run_until(lambda: texts.newest(Severity.WARNING) is not None, _TEXT_WAIT_S)
    state, countdown = state_of(asking.detail)
    assert asking.outcome is not None, "it has ended"
    outcome = asking.outcome.name
    data = {"command": command.name, "result": outcome, "state": state, "countdown_s": countdown}
    if accepted:
        return VehicleAnswer(
            data, f"{command.name} accepted: {state}" + (f", {countdown} s to go" if countdown else "")
        )
    why = texts.newest(Severity.WARNING)
    complaint = f"{why} ({outcome} in {state})" if why else f"{command.name} refused ({outcome}) in {state}"
    return VehicleAnswer(data, complaint=complaint, status=1)


def go(given: GivenOptions) -> int:
    """Send GO. Status 0 when the flight begins, 1 when it is refused or no vehicle answers."""
    return ask_targets(given, lambda remote: _ordered(FlightCommand.GO, remote))


def abort(given: GivenOptions) -> int:
    """Send ABORT. Status 0 when the countdown was stopped, 1 when there is none or no vehicle answers."""
    return ask_targets(given, lambda remote: _ordered(FlightCommand.ABORT, remote))
