"""Failsafes: ground station, sticks, position, fence."""

from __future__ import annotations

from math import hypot

from autopilot.context.events import ArmedChanged
from autopilot.flight.lifecycle import FlightState
from autopilot.interface import report
from autopilot.interface.reasons import ArmingMethod
from autopilot.safety.fence_limits import FenceType
from tests.storm.invariant import When, invariant, noted
from tests.storm.station import Message
from tests.storm.view import ARDUPILOT, Peer, View, is_blind

FENCE_MARGIN_M, FENCE_MS = 60.0, 15_000


@invariant(When.PASS, "docs/reference/mission-semantics.md, 3")
def a_fence_is_not_left_without_its_failsafe(view: View) -> str | None:
    """With the circular fence enabled, a vehicle that is more than 60 m outside FENCE_RADIUS for 15 s reports a
    breach."""
    autopilot = view.service.autopilot
    parameters = view.service.parameters
    beyond = view.life.setdefault("beyond", {})
    circle = autopilot.fence._switches.on & FenceType.CIRCLE  # DO_FENCE_ENABLE changes no parameter
    if not autopilot.facts.armed or not circle or not int(parameters["FENCE_TYPE"]) & FenceType.CIRCLE:
        beyond.clear()
        return None
    home, state = autopilot.facts.home, view.service.vehicle.state.report
    if home is None or is_blind(view):
        return None
    north = (float(state[report.LAT]) - home.lat) * 111_320.0
    east = (float(state[report.LON]) - home.lon) * 111_320.0 * 0.8156
    if hypot(north, east) < parameters["FENCE_RADIUS"] + FENCE_MARGIN_M or autopilot.fence.breached:
        beyond.clear()
        return None
    since = beyond.setdefault("since", view.now_ms)
    return None if view.now_ms - since < FENCE_MS else f"{hypot(north, east):.0f} m away, and no breach"


GCS_LOSS_MS, LEFT_REST_MS = 20_000, 2_000
DRIVING = ("rover", "boat")


@invariant(When.PASS, "docs/catalogue.md, 91")
def a_lost_station_is_noticed(view: View) -> str | None:
    """With FS_GCS_ENABLE 1 an armed vehicle that has received no HEARTBEAT of its ground station for 20 s reports the
    GCS failsafe. Exceptions, as in ArduPilot: a plane or rover whose radio failsafe is active; a rover in RTL or HOLD,
    which reports it within 2 s of leaving these modes."""
    autopilot = view.service.autopilot
    rest = view.life.setdefault("rest", {"left": -LEFT_REST_MS})
    if view.kind in DRIVING and autopilot.modes.spec.name in ("RTL", "HOLD"):
        rest["left"] = None
    elif rest["left"] is None:
        rest["left"] = view.now_ms
    if not autopilot.facts.armed or view.service.parameters["FS_GCS_ENABLE"] != 1.0:
        return None
    heard = view.life.get("station", {}).get("at")
    armed = view.life.get("armed", {}).get("at", view.now_ms)
    if heard is None or view.now_ms - max(heard, armed) < GCS_LOSS_MS or view.service.endpoint.muted:
        return None
    texts = view.life.get("texts", {})
    at_rest = rest["left"] is None or view.now_ms - rest["left"] < LEFT_REST_MS
    noticed = texts.get("gcs", -1) >= heard or view.now_ms < texts.get("sticks", 0) or at_rest
    return None if noticed else f"no failsafe {view.now_ms - heard} ms after the last HEARTBEAT"


STICKS_MS = 10_000


@noted("RC_CHANNELS_OVERRIDE")
def _sticks_heard(view: View, message: Message, peer: Peer) -> None:
    deaf = any(fault.name == "rc.loss" for fault in view.service.faults.active)  # no sticks come through it
    addressed = message.target_system in (0, view.service.endpoint.system_id)
    if peer.station.system == view.service.parameters["SYSID_MYGCS"] and addressed and not deaf:
        held = any(0 < pulse < 65535 for pulse in (message.chan1_raw, message.chan2_raw, message.chan3_raw))
        view.life["sticks"] = {"at": view.now_ms if held else None}


@invariant(When.PASS, "docs/catalogue.md, 91")
def silent_sticks_are_noticed(view: View) -> str | None:
    """With FS_THR_ENABLE an armed copter that was controlled by RC_CHANNELS_OVERRIDE reports the radio failsafe when
    none has been received for ten seconds."""
    heard = view.life.get("sticks", {}).get("at")
    autopilot = view.service.autopilot
    if heard is None or view.plan.firmware != ARDUPILOT or not autopilot.facts.armed:
        return None
    armed = view.life.get("armed", {}).get("at", view.now_ms)
    if view.now_ms - max(heard, armed) < STICKS_MS or view.kind != "copter":
        return None
    noticed = view.life.get("texts", {}).get("radio", -1) >= heard
    return None if noticed else f"no failsafe {view.now_ms - heard} ms after the last sticks"


BLIND_MS = 15_000


@invariant(When.PASS, "docs/catalogue.md, 91")
def no_copter_flies_by_a_lost_position(view: View) -> str | None:
    """A flying copter without a GPS fix for 15 s is not in a mode that needs a position."""
    since = view.life.setdefault("no fix", {})
    autopilot = view.service.autopilot
    gone = any(fault.name == "gps.loss" for fault in view.service.faults.active)
    if not gone:
        view.life.pop("fix lost", None)
    else:
        view.life.setdefault("fix lost", {}).setdefault("at", view.now_ms)
    if not gone or view.kind != "copter" or not autopilot.facts.armed or autopilot.facts.grounded:
        since.clear()
        return None
    lasts_ms = view.now_ms - since.setdefault("at", view.now_ms)
    needs = autopilot.modes.spec.position and not autopilot.modes.mode.is_landing
    return None if lasts_ms < BLIND_MS or not needs else f"{autopilot.modes.spec.name}, {lasts_ms} ms without a fix"


@invariant(When.EVENT, "docs/reference/ground-stations.md, 1.6", "ArmedChanged")
def no_vehicle_arms_without_a_position(view: View, event: ArmedChanged) -> str | None:
    """After ten seconds without a GPS fix a ground station cannot arm a vehicle in a mode that needs a position, nor a
    copter whose fence is enabled."""
    gone = any(fault.name == "gps.loss" for fault in view.service.faults.active)
    since = view.life.get("fix lost", {}).get("at") if gone else None  # it may be back since the last pass
    if not event.armed or since is None or event.method is not ArmingMethod.MAVLINK:
        return None
    fenced = view.kind == "copter" and view.plan.firmware == ARDUPILOT and view.service.autopilot.fence.enabled
    needs = view.service.autopilot.modes.spec.position or fenced
    return None if view.now_ms - since < 10_000 or not needs else f"armed {view.now_ms - since} ms after the last fix"


@invariant(When.PASS, "docs/reference/flight-lifecycle.md")
def an_idle_vehicle_is_disarmed(view: View) -> str | None:
    """A vehicle that is armed on the ground without stick input disarms at most ten seconds after DISARM_DELAY. During
    and after a countdown of the flight manager, FM_COUNTDOWN and one DISARM_DELAY more are allowed."""
    autopilot = view.service.autopilot
    if not autopilot.facts.vehicle_class.flies or "DISARM_DELAY" not in view.service.parameters:
        return None
    delay_s = view.service.parameters["DISARM_DELAY"]
    allowed_ms = 1000 * delay_s + 10_000
    counts = autopilot.flights is not None and autopilot.flights.state is FlightState.ARMED
    memory = view.life.setdefault("idle armed", {})
    stands = autopilot.facts.armed and autopilot.facts.landed and not autopilot.modes.mode.holds_arming
    if not stands or delay_s <= 0.0 or view.plan.firmware != ARDUPILOT or view.life.get("sticks"):
        memory.clear()
        return None
    armed_ms = view.life.get("armed", {}).get("at", 0)  # disarmed and armed again between two looks
    since = max(memory.setdefault("at", view.now_ms), armed_ms)
    if counts:  # the delay counts from its end, when it is over or somebody has taken over
        allowed_ms += 1000 * (view.service.parameters["FM_COUNTDOWN"] + delay_s)
        memory["counted"] = view.now_ms
    else:
        since = max(since, memory.get("counted", 0))
    stood_ms = view.now_ms - since
    broken = any(fault.name.startswith("motor") for fault in view.service.faults.active)
    return None if broken or stood_ms < allowed_ms else f"armed on the ground for {stood_ms} ms"
