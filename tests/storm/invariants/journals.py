"""What was acknowledged is there."""

from __future__ import annotations

from autopilot.context.journal import SaveHome, SaveParameter, SavePlan, SaveTogether
from autopilot.mav import Cmd
from sortie.storage.rows import StoredState
from tests.storm.invariant import When, invariant
from tests.storm.ledger import Kept, checksum
from tests.storm.station import Message
from tests.storm.view import Peer, View

STATE = "docs/reliability.md, State"


@invariant(When.START, STATE)
def what_was_durable_is_found_at_the_next_start(view: View, stored: StoredState) -> str | None:
    """Plans, parameters and home that a start finds are those that were durable at the death, or with whole changes
    made behind them."""
    found = Kept.of(stored)
    if any(kept == found for kept in view.ledger.allowed()):
        return None
    wanted = view.ledger.kept
    return (
        f"found plans {_sizes(found)}, parameters {found.parameters}, home {found.home}; "
        f"durable were {_sizes(wanted)}, {wanted.parameters}, {wanted.home}"
    )


def _sizes(kept: Kept) -> dict[int, int]:
    return {kind: len(items) for kind, items in kept.plans}


@invariant(When.START, STATE)
def progress_found_was_once_told_to_the_journal(view: View, stored: StoredState) -> str | None:
    """The sequencer's index and state at a start are the last durable ones or later ones."""
    if stored.progress in view.ledger.progresses:
        return None
    return f"found {stored.progress}, expected one of {view.ledger.progresses}"


@invariant(When.SENT, STATE, "MISSION_ACK")
def an_accepted_plan_is_durable(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """MISSION_ACK ACCEPTED of an upload leaves when the plan, told by its checksum, is on the disk."""
    if message.type != 0:
        return None
    if message.mission_type == 255:
        changes = [t for t, c in view.ledger.tickets.items() if isinstance(c, SaveTogether)]
    else:
        changes = [
            ticket
            for ticket, change in view.ledger.tickets.items()
            if isinstance(change, SavePlan)
            and change.kind == message.mission_type
            and checksum(change.items) == message.opaque_id
        ]
    if not changes:
        if message.opaque_id == 0 and peer.came["guided", 0]:
            return None
        return f"an accepted plan {message.opaque_id:#x} of type {message.mission_type} was never given to the journal"
    if any(view.durable(ticket) for ticket in changes):
        return None
    return f"plan {message.opaque_id:#x} of type {message.mission_type} is accepted and not durable"


@invariant(When.SENT, STATE, "PARAM_VALUE")
def a_told_parameter_is_durable(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """PARAM_VALUE never tells a value that a crash would take back."""
    name = message.param_id
    changes = [
        (ticket, change)
        for ticket, change in view.ledger.tickets.items()
        if isinstance(change, SaveParameter) and change.name == name
    ]
    if not changes or name.startswith("STAT_"):
        return None
    for ticket, change in reversed(changes):
        value = view.service.parameters.definition(name).default if change.value is None else change.value
        if abs(value - message.param_value) <= 1e-6 * max(abs(value), 1.0):
            return None if view.durable(ticket) else _unless_before(view, name, message.param_value)
    return None


def _unless_before(view: View, name: str, told: float) -> str | None:
    """The value may be an older durable one."""
    kept = dict(view.ledger.kept.parameters)
    default = view.service.parameters.definition(name).default
    if abs(kept.get(name, default) - told) <= 1e-6 * max(abs(told), 1.0):
        return None
    return f"{name} = {told:g} is told and not durable"


@invariant(When.SENT, STATE, "COMMAND_ACK")
def an_accepted_home_is_durable(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """COMMAND_ACK ACCEPTED of DO_SET_HOME leaves when home is on the disk."""
    if message.command != Cmd.DO_SET_HOME or message.result != 0:
        return None
    homes = [ticket for ticket, change in view.ledger.tickets.items() if isinstance(change, SaveHome)]
    if not homes or any(view.durable(ticket) for ticket in homes):
        return None
    return "home is acknowledged and not durable"
