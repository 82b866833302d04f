"""Acknowledged changes are on the disk and survive a restart."""

from __future__ import annotations

from autopilot.context.journal import SaveHome, SavePlan, SaveTogether
from autopilot.mav import Cmd
from autopilot.mission.storage import pack_item
from sortie.storage import rows as store_rows
from sortie.storage.rows import StoredState
from tests.storm.invariant import When, invariant
from tests.storm.ledger import Kept, checksum
from tests.storm.station import Message
from tests.storm.view import Peer, View

STATE = "docs/reliability.md, State"


@invariant(When.START, STATE)
def what_was_durable_is_found_at_the_next_start(view: View, stored: StoredState) -> str | None:
    """After a restart, plans, parameters and home are those that were on the disk when the process ended, or include
    complete later changes."""
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
def progress_found_was_once_given_to_the_journal(view: View, stored: StoredState) -> str | None:
    """After a restart, the sequencer's index and state are the last that were on the disk, or later ones."""
    if stored.progress in view.ledger.progresses:
        return None
    return f"found {stored.progress}, expected one of {view.ledger.progresses}"


@invariant(When.SENT, STATE, "MISSION_ACK")
def an_accepted_plan_is_durable(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """MISSION_ACK ACCEPTED of an upload is sent only when the plan (identified by its checksum) is on the disk."""
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
def a_reported_parameter_is_durable(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """PARAM_VALUE never has a value that a crash would lose (except STAT_* and FENCE_TOTAL, which the vehicle
    counts)."""
    name = message.param_id
    if name.startswith("STAT_") or name == "FENCE_TOTAL":
        return None
    for ticket, change in reversed(view.ledger.parameters.get(name, ())):
        value = view.service.served.definition(name).default if change.value is None else change.value
        if abs(value - message.param_value) <= 1e-6 * max(abs(value), 1.0):
            return None if view.durable(ticket) else _unless_before(view, name, message.param_value)
    return None


def _unless_before(view: View, name: str, told: float) -> str | None:
    """The value may be an older durable one, or that of the command line."""
    given = dict(text.split("=") for text in view.plan.params).get(name)
    default = view.service.served.definition(name).default
    older = [dict(view.ledger.kept.parameters).get(name, default), *([] if given is None else [float(given)])]
    if any(abs(value - told) <= 1e-6 * max(abs(told), 1.0) for value in older):
        return None
    return f"{name} = {told:g} is reported and not durable"


@invariant(When.SENT, STATE, "COMMAND_ACK")
def an_accepted_home_is_durable(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """COMMAND_ACK ACCEPTED of DO_SET_HOME is sent only when home is on the disk."""
    if message.command != Cmd.DO_SET_HOME or message.result != 0:
        return None
    memory = view.life.setdefault("homes acknowledged", {"last": -1})
    homes = [ticket for ticket, change in view.ledger.tickets.items() if isinstance(change, SaveHome)]
    if not homes:
        return "an acknowledged home was never given to the journal"
    fresh = [ticket for ticket in homes if ticket > memory["last"]]
    settled = next((ticket for ticket in fresh if view.durable(ticket)), None)
    if settled is None:
        return f"home is acknowledged and not durable: tickets {fresh}"
    memory["last"] = settled
    return None


@invariant(When.PASS, STATE)
def plans_in_memory_are_those_on_the_disk(view: View) -> str | None:
    """When no change waits for the disk, the plans in memory are those on the disk."""
    ledger = view.ledger
    memory = view.life.setdefault("held", {"since": view.now_ms, "key": None})
    plans = view.service.autopilot.plans
    stores = (plans.mission, plans.fence, plans.rally)
    key = (ledger.kept, *(storage.revision for storage in stores))
    if ledger.waiting or memory["key"] != key:
        memory.update(since=view.now_ms, key=key)
        return None
    if memory.get("good") == key or view.now_ms - memory["since"] < 3_000:
        return None
    kept = dict(ledger.kept.plans)
    for kind, storage in enumerate(stores):
        held = tuple(pack_item(item) for item in storage.items())
        if held != kept.get(kind, ()):
            return f"plan {kind} has {len(held)} items in memory and {len(kept.get(kind, ()))} on the disk"
    memory["good"] = key
    return None


@invariant(When.PASS, STATE)
def parameters_in_memory_are_those_on_the_disk(view: View) -> str | None:
    """When no change waits for the disk, parameters that stations set have the values that are on the disk."""
    ledger = view.ledger
    memory = view.life.setdefault("set", {"since": view.now_ms, "kept": None})
    if ledger.waiting or memory["kept"] is not ledger.kept:
        memory.update(since=view.now_ms, kept=ledger.kept, good=False)
        return None
    if memory["good"] or view.now_ms - memory["since"] < 3_000:
        return None
    kept = dict(ledger.kept.parameters)
    parameters = view.service.served
    for name in view.parameters:
        value = kept.get(name, parameters.definition(name).default)
        if abs(parameters[name] - value) > 1e-4 and not view.plan.params:
            return f"{name} is {parameters[name]:g}, on the disk {value:g}"
    memory["good"] = True
    return None


@invariant(When.PASS, STATE)
def the_mission_index_is_kept(view: View) -> str | None:
    """Three seconds after a change, the sequencer's index and state are on the disk."""
    sequencer = view.service.autopilot.sequencer
    now = sequencer.current_nav_index(), int(sequencer.state())
    memory = view.life.setdefault("index", {"since": view.now_ms, "now": now})
    if memory["now"] != now or view.storm.disk_delay_ms or view.ledger.failed:
        memory["changed"] = memory.get("changed", False) or memory["now"] != now
        memory.update(since=view.now_ms, now=now)
        return None
    if view.now_ms - memory["since"] < 3_000 or view.ledger.progress == now or not memory.get("changed"):
        return None  # a mission that ran is Idle after a start, which is not written anew
    return f"index and state {now}, on the disk {view.ledger.progress}"


@invariant(When.START, STATE)
def plans_found_at_a_start_are_used(view: View, stored: StoredState) -> str | None:
    """After a restart, the plans in memory are those found on the disk, item for item."""
    plans = view.service.autopilot.plans
    for kind, storage in enumerate((plans.mission, plans.fence, plans.rally)):
        held = [pack_item(item) for item in storage.items()]
        if held != [pack_item(item) for item in stored.plans.get(kind, ())]:
            return f"plan {kind}: {len(held)} items of {len(stored.plans.get(kind, ()))}"
    return None


@invariant(When.START, STATE)
def starts_are_counted(view: View, stored: StoredState) -> str | None:
    """STAT_BOOTCNT increases by 1 with every start."""
    name = "STAT_BOOTCNT"
    now = view.service.parameters[name]
    before = stored.parameters.get(name, 0.0)
    return None if now == before + 1.0 else f"{now:g} after {before:g}"


@invariant(When.PASS, STATE)
def a_ticket_is_settled(view: View) -> str | None:
    """A change given to the journal is written or refused within 2 s, apart from the delay of a slow disk."""
    waiting = [ticket for ticket, _ in view.ledger.waiting]
    memory = view.life.setdefault("tickets", {"first": None, "since": 0})
    first = waiting[0] if waiting else None
    if memory["first"] != first or view.storm.disk_delay_ms:
        memory.update(first=first, since=view.now_ms)
        return None
    stands_ms = view.now_ms - memory["since"]
    return None if first is None or stands_ms < 2_000 else f"ticket {first} waits for {stands_ms} ms"


@invariant(When.PASS, STATE)
def tickets_are_settled_in_order(view: View) -> str | None:
    """The number of the journal's last written change never decreases, and never exceeds that of the last change given
    to it."""
    journal = view.service.journal
    latest = (
        journal.latest() if view.process is None else view.process.store._submitted
    )  # progress that nobody awaits too
    durable = journal.durable()
    memory = view.life.setdefault("durable", {"is": 0})
    before, memory["is"] = memory["is"], durable
    alone = len(view.storm.plan.vehicles) == 1
    return None if before <= durable and (durable <= latest or not alone) else f"{durable} of {latest}, before {before}"


@invariant(When.SENT, STATE, "MISSION_ACK")
def a_plan_that_was_not_stored_is_refused(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """The MISSION_ACK of a plan that could not be written to the disk is an error."""
    if message.type != 0 or view.process is None or not message.opaque_id:
        return None
    tickets = [
        ticket
        for ticket, change in view.ledger.tickets.items()
        if isinstance(change, SavePlan) and checksum(change.items) == message.opaque_id
    ]
    failures = [view.process.store.failure(ticket) for ticket in tickets]
    return "the plan was not stored" if failures and all(failures) else None


DISK_LOOK_MS = 4_000


@invariant(When.PASS, STATE)
def the_disk_has_all_settled_changes(view: View) -> str | None:
    """When no change waits for the disk, the disk has all plans, parameters and home positions that were reported as
    written."""
    ledger, process = view.ledger, view.process
    memory = view.life.setdefault("disk", {"due": 0, "kept": None})
    if process is None or ledger.waiting or process.disk.dead or memory["kept"] is ledger.kept:
        return None
    if view.now_ms < memory["due"]:
        return None
    memory.update(due=view.now_ms + DISK_LOOK_MS, kept=ledger.kept)
    found = Kept.of(store_rows.load(process.store._database, view.label))
    if any(kept == found for kept in ledger.allowed()):
        return None
    return f"found plans {_sizes(found)}, settled were {_sizes(ledger.kept)}, or parameters or home differ"
