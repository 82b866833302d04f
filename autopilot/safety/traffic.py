"""Other aircraft as one vehicle knows them, and its reaction to near ones (AVD_).

Reports come from a receiver or a link (ADSB_TYPE), and from other vehicles that report themselves. The nearest
ADSB_LIST_MAX within ADSB_LIST_RADIUS and ADSB_LIST_ALT are kept, for five seconds after their last report. With
AVD_ENABLE they are judged ten times a second while one could be a threat within the next second, otherwise at each
report. Reports and judgements that change nothing need no pass, nor does a continuing evasion: the caller may `glance`
first. A vehicle with its own lookout judges by itself on its way, until the autopilot must act.

Without a receiver nothing here is called before the first report. Sources: ArduPilot AP_ADSB.cpp, AP_Avoidance.cpp
(handle_avoidance_local, handle_threat_gcs_notify).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.context.turns import PassTurn, next_multiple
from autopilot.control.approach import LOOK_MS, OLDEST_MS
from autopilot.interface import report
from autopilot.interface.geo import distance
from autopilot.interface.layout import TICK_MS
from autopilot.interface.mathematics import hypot
from autopilot.interface.reasons import ArmingReason
from autopilot.interface.records import dataclass
from autopilot.interface.traffic import Contact, HearsTraffic, Limits, Lookout, LooksOut
from autopilot.mav import CollisionAction, CollisionSource, CollisionThreat, Severity
from autopilot.safety.evasion import Evasion, RepeatConditions
from autopilot.safety.failsafe_actions import SafetyContext
from autopilot.safety.threat import Threat, judge

_REPORT_EVERY_MS: Final = 1000
_CLEARED_MS: Final = 5000
_CALMER_AFTER_MS: Final = 2000  # AP_AVOIDANCE_STATE_RECOVERY_TIME_MS
_AHEAD_S: Final = 2.0
_FASTER_MPS: Final = 20.0  # increase of the vehicle's speed within `_AHEAD_S`


@dataclass(frozen=True, slots=True)
class Collision:
    """Threat for ground stations, and the action on it."""

    threat: Threat
    action: CollisionAction


@dataclass(frozen=True, slots=True)
class _Settings:
    """Parameters of ADSB_ and AVD_ for judgements."""

    listens: bool
    avoids: bool
    limits: Limits
    action: CollisionAction
    lowest_m: float
    most: int


class TrafficWatch:
    """Other aircraft of one vehicle; see the module. `join(row)` adds this part to the pass. `contacts`: the last
    report of each; `collisions`: queue for ground stations."""

    def __init__(
        self, context: SafetyContext, join: Callable[[PassTurn], None], set_value: Callable[[str, float], object]
    ) -> None:
        self._facts, self._announcer = context.facts, context.announcer
        self._set_value = set_value
        self._join = join
        self.takes_part = False  # False until there is a receiver or a first report
        self.contacts: dict[tuple[CollisionSource, int], Contact] = {}
        self.collisions: list[Collision] = []
        self.level = CollisionThreat.NONE
        self._level_ms = 0
        self._evasion = Evasion(context)
        self._cleared_ms: int | None = 0  # time since which there is no threat; None: there is one
        self._reported_ms: dict[tuple[CollisionSource, int], int] = {}
        self._judge_ms: int | None = None  # time of the next judgement, or of forgetting a report
        self._looked_ms = -LOOK_MS
        vehicle = context.facts.vehicle
        self._lookout = vehicle if isinstance(vehicle, LooksOut) else None
        self._looks_out = False  # True while the vehicle itself looks out, until the next judgement here
        self._read: _Settings | None = None
        self._receiver: HearsTraffic | None = None
        self._next_hear_ms: int | None = None  # next look of the receiver that may hear anything

    # --- what is heard --------------------------------------------------------------------------------------------
    @property
    def listens(self) -> bool:
        """True while ADSB_TYPE enables the receiver."""
        return self._settings().listens

    @property
    def avoids(self) -> bool:
        return self._settings().avoids

    def switch(self, on: bool) -> None:
        """Set AVD_ENABLE by a switch (RCn_OPTION 38), on only with a receiver; it is not stored."""
        if on and not self.listens:
            self._announcer.say(Severity.CRITICAL, "ADSB not available")
            return
        self._set_value("AVD_ENABLE", float(on))
        self._announcer.say(Severity.CRITICAL, f"ADSB Avoidance {'Enabled' if on else 'Disabled'}")

    def _settings(self) -> _Settings:
        """Present settings, read once after each change where changes are announced."""
        if self._read is not None and self.takes_part:
            return self._read
        param, action = self._facts.param, int(self._facts.param("AVD_F_ACTION"))
        levels = ((f"AVD_{level}_TIME", f"AVD_{level}_DIST_XY", f"AVD_{level}_DIST_Z") for level in "FW")
        limits = Limits(*(param(name) for names in levels for name in names))
        self._read = _Settings(
            param("ADSB_TYPE") != 0.0,
            param("AVD_ENABLE") != 0.0,
            limits,
            CollisionAction(action) if action in tuple(CollisionAction) else CollisionAction.NONE,
            param("AVD_F_ALT_MIN"),
            max(int(param("AVD_OBS_MAX", 20.0)), 0),
        )
        return self._read

    def _parameter_changed(self, name: str) -> None:
        self._read = None
        self._look_again()

    def complaints(self) -> list[ArmingReason]:
        """Reason to refuse arming: it would evade at once."""
        return [ArmingReason("ADSB threat detected")] if self._evasion.evades else []

    @property
    def look_ms(self) -> int | None:
        """Vehicle time of the next look of the receiver or judgement, by a pass or a `glance`."""
        judge_ms, hear_ms = self._judge_ms, self._hear_ms()
        return hear_ms if judge_ms is None or (hear_ms is not None and hear_ms < judge_ms) else judge_ms

    def _hear_ms(self) -> int | None:
        settings = self._read or self._settings()
        return self._next_hear_ms if self._receiver is not None and settings.listens else None

    def listen_to(self, receiver: HearsTraffic) -> None:
        """Use the vehicle's own receiver from now on."""
        self._receiver, self._next_hear_ms = receiver, receiver.traffic_period_ms
        self._take_part()

    def _take_part(self) -> None:
        if not self.takes_part:
            self.takes_part = True
            self._read = None
            self._join(
                PassTurn("traffic", "so may another aircraft", update=self.update, parameter=self._parameter_changed)
            )

    def hear(self, contact: Contact) -> bool:
        """Take a report from a receiver or from a vehicle that reports itself. True if it needs a pass."""
        key = (contact.source, contact.number)
        self._look_again()
        if self._is_own(contact):
            return False
        if not self._counts(contact):  # PX4 has no such range
            self.contacts.pop(key, None)
            return self._facts.personality.aircraft_heard(contact)
        first = not self.contacts  # from now on it is sent to ground stations
        self.contacts[key] = contact
        if len(self.contacts) > max(int(self._facts.param("ADSB_LIST_MAX", 25.0)), 1):
            here = self._facts.vehicle.state.place
            del self.contacts[max(self.contacts, key=lambda known: distance(here, self.contacts[known].place))]
        self._take_part()
        self._judge_ms = self._facts.now_ms
        return self._facts.personality.aircraft_heard(contact) or first

    def _listen(self, now_ms: int) -> bool:
        """Let the receiver look, if it is time. True if a report needs a pass."""
        due_ms, receiver = self._hear_ms(), self._receiver
        if receiver is None or due_ms is None or now_ms < due_ms:
            return False
        wants = [self.hear(contact) for contact in receiver.hear_traffic(now_ms)]
        silent_ms = receiver.silent_until_ms(now_ms)
        period_ms = receiver.traffic_period_ms
        self._next_hear_ms = None if silent_ms is None else next_multiple(max(now_ms, silent_ms - 1), period_ms)
        return any(wants)

    def _is_own(self, contact: Contact) -> bool:
        """True for the report of the vehicle's own transmitter, or of another component of its system."""
        by_transmitter = contact.source is CollisionSource.ADSB
        own = int(self._facts.param("ADSB_ICAO_ID") if by_transmitter else self._facts.param("SYSID_THISMAV", 1.0))
        return own == contact.number and own != 0

    def _counts(self, contact: Contact) -> bool:
        """False for a report out of range (AP_ADSB::handle_adsb_vehicle)."""
        param, here = self._facts.param, self._facts.vehicle.state.place
        special = int(param("ADSB_ICAO_SPECL"))
        if contact.source is not CollisionSource.ADSB or not self._facts.has_position:
            return True
        radius, height = param("ADSB_LIST_RADIUS"), param("ADSB_LIST_ALT")
        near = radius <= 0.0 or distance(here, contact.place) <= radius
        level = height <= 0.0 or abs(here.alt - contact.place.alt) <= height
        return (near and level) or (special != 0 and special == contact.number)

    # --- looks ----------------------------------------------------------------------------------------------------
    def glance(self, now_ms: int) -> bool:
        """Look without a pass, if it is time; True if a pass is needed at this time."""
        return self._listen(now_ms) or (self._is_due(now_ms) and not self._goes_on(now_ms))

    def _is_due(self, now_ms: int) -> bool:
        return self._judge_ms is not None and now_ms >= self._judge_ms

    def _goes_on(self, now_ms: int) -> bool:
        """Judge, report and evade as before; False, without an effect, if anything else would change."""
        if any(now_ms - contact.time_ms > OLDEST_MS for contact in self.contacts.values()):
            return False
        threats = self._threats(now_ms) if self.avoids and self._facts.has_position else []
        worst = _worst(threats)
        level = CollisionThreat.NONE if worst is None else worst.level
        if self._changes(level, now_ms):
            return False
        action = self._present_action()
        if worst is not None and level is CollisionThreat.HIGH and action > CollisionAction.REPORT:
            if not self._evasion.may_go_on:
                return False
            self._evasion.evade(worst, action, now_ms)
        if worst is not None:
            self._report(worst, now_ms)
        self._plan(now_ms, threats)
        return True

    # --- looking out ----------------------------------------------------------------------------------------------
    def _look_out(self, threats: list[Threat], now_ms: int) -> None:
        """Let the vehicle look out, if it can, for what these judgements require; the next judgement comes after
        that."""
        lookout, worst = self._lookout, _worst(threats)
        if lookout is None or len(threats) > lookout.most_others:
            return
        level = CollisionThreat.NONE if worst is None else worst.level
        conditions: RepeatConditions | None = RepeatConditions()
        if worst is not None and level is CollisionThreat.HIGH:
            conditions = self._repeat_conditions(worst) if len(threats) == 1 else None
        if conditions is None:
            return
        until_ms = min(self._until_ms(threats, level, now_ms), conditions.until_ms)
        until_ms += -until_ms % LOOK_MS
        if until_ms > now_ms + LOOK_MS:
            others = [threat.contact for threat in threats]
            limits = self._settings().limits
            lookout.look_out(Lookout(until_ms, level, limits, others, conditions.above, conditions.deepest_m))
            self._looks_out, self._judge_ms = True, until_ms

    def _repeat_conditions(self, worst: Threat) -> RepeatConditions | None:
        """Conditions of a continuing evasion; None: each judgement may change it."""
        if self._settings().lowest_m > 0.0:
            return None
        action = self._present_action()
        return self._evasion.repeat_conditions(worst, action) if action > CollisionAction.REPORT else RepeatConditions()

    def _until_ms(self, threats: list[Threat], level: CollisionThreat, now_ms: int) -> int:
        """Time until which only a change of `level`, their highest, needs an action: then a report is forgotten, the
        level may fall, or a report to ground stations is due."""
        until_ms = now_ms + OLDEST_MS if level is self.level else self._level_ms + _CALMER_AFTER_MS + 1
        for contact in self.contacts.values():
            until_ms = min(until_ms, contact.time_ms + OLDEST_MS + 1)
        if self._is_reporting(now_ms):
            for threat in threats:
                if threat.level is level:
                    until_ms = min(until_ms, self._last_report_ms(threat.contact) + _REPORT_EVERY_MS)
        return until_ms

    def _look_again(self) -> None:
        """Judge here again at the next look, because something may have changed."""
        if self._looks_out and self._lookout is not None:
            self._lookout.look_out(None)
            self._looks_out = False
            now_ms = int(self._facts.vehicle.state.report[report.TIME_MS])
            self._judge_ms = max(now_ms + -now_ms % LOOK_MS, next_multiple(self._looked_ms, LOOK_MS))

    # --- the pass -------------------------------------------------------------------------------------------------
    def update(self, now_ms: int) -> None:
        """Forget old reports, judge the rest, and act."""
        self._look_again()
        self._listen(now_ms)
        if not self._is_due(now_ms):
            return
        self.contacts = {
            key: contact for key, contact in self.contacts.items() if now_ms - contact.time_ms <= OLDEST_MS
        }
        self._reported_ms = {key: ms for key, ms in self._reported_ms.items() if key in self.contacts}
        threats: list[Threat] = []
        if self.avoids and self._facts.has_position:
            threats = self._threats(now_ms)
            self._act(_worst(threats), now_ms)
        elif self.level is not CollisionThreat.NONE:
            self._change(CollisionThreat.NONE, now_ms)
        self._plan(now_ms, threats)

    def _plan(self, now_ms: int, threats: list[Threat]) -> None:
        """Set the time of the next judgement."""
        self._looked_ms, self._looks_out = now_ms, False
        if self.level is not CollisionThreat.NONE or (self._facts.armed and self._is_soon(threats)):
            self._judge_ms = next_multiple(now_ms, LOOK_MS)
            self._look_out(threats, now_ms)
        elif self.contacts:
            self._judge_ms = min(contact.time_ms for contact in self.contacts.values()) + OLDEST_MS + int(TICK_MS)
        else:
            self._judge_ms = None

    def _threats(self, now_ms: int) -> list[Threat]:
        state, limits = self._facts.vehicle.state, self._settings().limits
        here, velocity = state.place, state.velocity
        return [judge(here, velocity, contact, limits, now_ms) for contact in self._judged()]

    def _is_soon(self, threats: list[Threat]) -> bool:
        """True if one could become a threat before the next report."""
        velocity, limits = self._facts.vehicle.state.velocity, self._settings().limits
        oldest_s = max(limits.fail_s, limits.warn_s) + 0.001 * OLDEST_MS  # prediction for the oldest report
        own, within_s = hypot(velocity[0], velocity[1]) + _FASTER_MPS, _AHEAD_S + oldest_s
        for threat in threats:
            v_n, v_e, _ = threat.contact.velocity or (0.0, 0.0, 0.0)
            reach_m = max(limits.fail_m, limits.warn_m) + (hypot(v_n, v_e) + own) * within_s
            if threat.level or hypot(threat.relative[0], threat.relative[1]) < reach_m:
                return True
        return False

    def _judged(self) -> list[Contact]:
        most, contacts = self._settings().most, list(self.contacts.values())
        return contacts if len(contacts) <= most else sorted(contacts, key=lambda contact: -contact.time_ms)[:most]

    def _act(self, threat: Threat | None, now_ms: int) -> None:
        """Act on a change of level: a rise at once, a fall after two seconds. The vehicle evades while it is high.
        Report the threat."""
        level = CollisionThreat.NONE if threat is None else threat.level
        if self._changes(level, now_ms):
            self._change(level, now_ms)
        if threat is not None and level is CollisionThreat.HIGH and self.level is CollisionThreat.HIGH:
            action = self._present_action()
            if action > CollisionAction.REPORT:
                self._evasion.evade(threat, action, now_ms)
        if threat is not None:
            self._report(threat, now_ms)

    def _changes(self, level: CollisionThreat, now_ms: int) -> bool:
        return level > self.level or (level < self.level and now_ms - self._level_ms > _CALMER_AFTER_MS)

    def _change(self, level: CollisionThreat, now_ms: int) -> None:
        if self.level is CollisionThreat.HIGH:
            self._evasion.recover(now_ms)
        self.level, self._level_ms = level, now_ms

    def _present_action(self) -> CollisionAction:
        """AVD_F_ACTION; near the ground only a report."""
        action, lowest = self._settings().action, self._settings().lowest_m
        low = lowest > 0.0 and self._facts.vehicle.state.place.alt < lowest
        return CollisionAction.REPORT if low and action is not CollisionAction.NONE else action

    def _report(self, threat: Threat, now_ms: int) -> None:
        """Report once a second during a threat, and for five seconds after it."""
        if threat.level is not CollisionThreat.NONE:
            self._cleared_ms = None
        elif self._cleared_ms is None:
            self._cleared_ms = now_ms
        if not self._is_reporting(now_ms):
            return
        if now_ms - self._last_report_ms(threat.contact) >= _REPORT_EVERY_MS:
            self._reported_ms[threat.contact.source, threat.contact.number] = now_ms
            self.collisions.append(Collision(threat, self._evasion.action))

    def _is_reporting(self, now_ms: int) -> bool:
        return self._cleared_ms is None or (self._cleared_ms != 0 and now_ms - self._cleared_ms <= _CLEARED_MS)

    def _last_report_ms(self, contact: Contact) -> int:
        return self._reported_ms.get((contact.source, contact.number), -_REPORT_EVERY_MS)


def _worst(threats: list[Threat]) -> Threat | None:
    """The most serious threat; of one level the nearest in time."""
    if len(threats) == 1:
        return threats[0]
    return min(threats, key=lambda threat: (-threat.level, threat.time_s), default=None)
