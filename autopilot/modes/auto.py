"""AUTO: flies the mission. The sequencer steps, the executor flies, this mode decides when.

Entering AUTO starts or resumes the mission (MIS_RESTART). A disarmed vehicle only enters, and its mission begins when
it is armed. The sequencer is not updated while the position is lost (seed 001, "Error Handling"). Leaving AUTO stops it
and keeps the index. Sources: docs/reference/mission-semantics.md, items 23 to 29; ArduPilot ArduCopter/mode_auto.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Final

from autopilot.context.journal import Journal, SaveProgress
from autopilot.context.staying import keep_place, stay
from autopilot.context.turns import earliest
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.interface.targets import Circle, Hold, Idle, Sticks, Yaw
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Cmd, MissionType, Severity
from autopilot.mission.commands import TAKEOFFS
from autopilot.mission.events import ItemReached, ItemStarted, MissionEvent, MissionNotice, MissionWaits
from autopilot.mission.executor import MissionExecutor
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionSequencer, MissionState
from autopilot.mission.storage import MissionStorage
from autopilot.modes.auto_executor import AutoExecutor
from autopilot.modes.glide_slope import GlideSlope
from autopilot.modes.guided import GuidedFlight
from autopilot.modes.guided_item import GuidedItem
from autopilot.modes.heading import KEEP
from autopilot.modes.landing_paths import LandingPaths, WayBack
from autopilot.modes.maneuver import Maneuver
from autopilot.modes.mission_voice import MissionVoice
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.modes.path_back import PathBack
from autopilot.modes.upright import LiftOff
from autopilot.modes.wings import WingTakeoff
from autopilot.vehicles.mode_table import ModeSpec

_NEAREST_LANDING: Final = 1 << 1  # MIS_OPTIONS
_GO_ON_AFTER_LAND: Final = 1 << 2  # MIS_OPTIONS
_KEEP_JUMP_COUNT: Final = 1 << 3  # MIS_OPTIONS
_ON_THE_GROUND: Final = (*TAKEOFFS, Cmd.NAV_DELAY, Cmd.NAV_PAYLOAD_PLACE)
_LOOKS: Final = 16  # NAV items up to a takeoff (AP_Mission::is_takeoff_next)
_NO_TAKEOFF: Final = "Auto: Missing Takeoff Cmd"


class AutoMode(Mode):
    """AUTO, and AUTO_RTL, which is AUTO after a DO_LAND_START. `executor` must be set before it is entered."""

    executor: AutoExecutor

    def __init__(
        self,
        context: VehicleContext,
        spec: ModeSpec,
        sequencer: MissionSequencer,
        mission: MissionStorage,
        journal: Journal,
        request_mode: Callable[[int], bool],
        look_away: Callable[[], None],
    ) -> None:
        super().__init__(context, spec)
        self.sequencer = sequencer
        self.mission = mission
        self._journal = journal
        self.request_mode = request_mode
        self._look_away = look_away
        self.paths = LandingPaths(context.facts, mission, sequencer)
        self._voice = MissionVoice(context.facts, context.announcer)
        self._waiting = False  # entered, but the mission has not begun
        self._active = False
        self._ignore_restart = False
        self._finished = False
        self._woken = False
        self._leave_for: int | None = None
        self._saved = sequencer.progress()
        self._deferred = VehicleEvent(0)  # events while the position was lost
        self._announced_wait = False
        self._announced_no_takeoff = False
        self.waits_for_upload = False  # a flight controller that will fly the mission does not have it yet

    # --- lifecycle ------------------------------------------------------------------------------------------------
    def refusal(self, now_ms: int) -> str | None:
        waits = self.facts.vehicle_class.hovers and not self.facts.vehicle.capabilities.own_modes
        if not self.mission.total() and (self.facts.armed or not waits):
            text = self.facts.vehicle_class.texts.no_mission
            if text is not None:
                self.announcer.say(Severity.NOTICE, text)
            return "no mission"
        if self.facts.armed and self.facts.landed and self.missing_takeoff():
            self.announcer.say(Severity.CRITICAL, _NO_TAKEOFF)
            return "missing takeoff"
        return None

    def enter(self, now_ms: int) -> None:
        self._active = self._waiting = True
        self.helm.upright = self.helm.upright and self.facts.personality.keeps_upright
        if self.facts.armed:
            self._begin()
        else:
            self.helm.fly(Idle())

    def armed(self, now_ms: int) -> None:
        self._announced_no_takeoff = False
        self._begin()

    def _begin(self) -> None:
        """Start or resume the mission, once there is a position and, on the ground, a takeoff."""
        if not self._waiting or self._lacks_position() or self._lacks_takeoff():
            return
        self._waiting = False
        self._deferred = VehicleEvent(0)
        self._finished = False
        anew = int(self.facts.param("MIS_RESTART")) == 1 and not self._ignore_restart
        self._ignore_restart = False
        if anew:
            self.paths.begun = None
        self.sequencer.keep_jump_counts(self.facts.option("MIS_OPTIONS", _KEEP_JUMP_COUNT))
        self.executor.drop()
        self.helm.backwards = self.helm.backwards and not anew
        step = self.sequencer.start if anew else self.sequencer.resume
        self._announce(step(self.mission, self.executor))

    def leave_for(self, number: int) -> Outcome:
        """Request another mode for a mission item. It is entered in the next tick, because the sequencer is in the
        middle of a step."""
        self._leave_for = number
        self.wake()
        return ACCEPTED

    def fly_own_items(self, executor: MissionExecutor) -> None:
        """Offer each item to another executor first: see `autopilot.modes.auto_executor`."""
        self.executor.own.executor = executor

    def exit(self) -> None:
        self._leave_for = None
        self._active = self._ignore_restart = False
        lands = self.sequencer.running and isinstance(self.executor.maneuver, GlideSlope)
        self._announce(self.sequencer.stop(self.facts.vehicle.state.place))
        if lands and self.facts.personality.approaches_anew:
            self._begin_landing_again()
        self.executor.drop()
        self._look_away()  # end the mission's camera target

    def disarmed(self) -> None:
        """Rewind the mission of a flying vehicle. A rover or boat in AUTO keeps its item
        (docs/reference/mission-semantics.md, item 26)."""
        self._waiting = self._ignore_restart = True
        self._finished = False
        self._announce(self.sequencer.stop())
        self.executor.drop()
        self.helm.fly(Idle())

    def rewind(self) -> None:
        """Return to the first item after disarming, unless the mission was completed, or goes on there."""
        at = self.sequencer.current_nav_index()
        goes_on = self.facts.personality.resumes_on_ground and at < self.mission.count() - 1
        if self.sequencer.state() is MissionState.IDLE and at != 0 and not goes_on:
            self.paths.begun = None
            self._announce(self.sequencer.rewind())
            if self._active:
                self.request_mode(self.spec.number)  # AUTO_RTL ends with its way back

    # --- the pass -------------------------------------------------------------------------------------------------
    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self._waiting and self.facts.armed:
            self._begin()
        if self._leave_for is not None:
            number, self._leave_for = self._leave_for, None
            self.request_mode(number)
        if not events and not self._woken and not self._is_due(now_ms):
            return
        self._woken = False
        if not self.sequencer.running:
            return
        if self._lacks_position():
            self._deferred |= events
            return
        if self._deferred:
            events, self._deferred = events | self._deferred, VehicleEvent(0)
        self.executor.update(now_ms, events)
        self.sticks_moved(self.helm.sticks)
        maneuver = self.executor.maneuver
        if isinstance(maneuver, GlideSlope) and maneuver.goes_around:  # its climb has ended
            if not self._begin_landing_again():
                self.request_mode(self.facts.vehicle_class.modes.rtl)
            return
        landing = maneuver is not None and maneuver.is_landing
        first_text = len(self.announcer.events)
        mission_events = self.sequencer.update(self.mission, self.executor, now_ms)
        if landing and mission_events and not self._goes_on_at(self.sequencer.current_nav_index()):
            self._finished = True
        if mission_events:
            self._announce(mission_events, first_text, maneuver)
        if self.paths.begun is None and self.sequencer.running:
            self.request_mode(self.spec.number)  # AUTO_RTL ends with its way back (ModeAuto::run)

    def _lacks_position(self) -> bool:
        """True while the mission waits for a position; announced once."""
        lacks = not self.facts.has_position
        if lacks and not self._announced_wait:
            self._voice.notice(MissionWaits())
        self._announced_wait = lacks
        return lacks

    def _lacks_takeoff(self) -> bool:
        """True if a mission on the ground does not begin with a takeoff, although the vehicle was armed (by force, or
        by a flight controller). Such a mission does not begin, because a PX4 would lift off for any target. Announced
        once."""
        lacks = self.facts.landed and self.missing_takeoff()
        if lacks and not self._announced_no_takeoff:
            self.announcer.say(Severity.CRITICAL, _NO_TAKEOFF)
        self._announced_no_takeoff = lacks
        return lacks

    def _is_due(self, now_ms: int) -> bool:
        deadline_ms = self.next_deadline_ms()
        return deadline_ms is not None and now_ms >= deadline_ms

    def wake(self) -> None:
        """Update in the next tick, after a change without an event (the takeoff is now allowed)."""
        self._woken = self._active

    def next_deadline_ms(self) -> int | None:
        if self._woken:
            return self.facts.now_ms
        if not self.sequencer.running:
            return None
        return earliest((self.sequencer.next_deadline_ms(), self.executor.next_deadline_ms()))

    def _announce(
        self, events: list[MissionEvent], first_text: int = 0, flown: Maneuver | None = None, *, requested: bool = False
    ) -> None:
        """Announce the sequencer's events, and store its progress. `requested`: see `SaveProgress`. An arrival, of an
        item that was flown as `flown`, is announced before the texts (from `first_text` on) of the next item's
        start."""
        for event in events:
            if isinstance(event, ItemReached):
                texts = self._voice.reached(event.seq, self.mission.get(event.seq), flown)
                self.announcer.events[first_text:first_text] = [event, *texts]
            else:
                self.announcer.announce(event)
        progress = self.sequencer.progress()
        if requested or progress != self._saved:  # repeated on request: earlier progress may not be written yet
            self._saved = progress
            self._journal.submit(SaveProgress(progress[0], int(progress[1]), requested))

    def notice(self, notice: MissionNotice) -> None:
        """Pass on a notice of the sequencer for people."""
        if isinstance(notice, ItemStarted):
            self.paths.begin_item(notice.command)
        self._voice.notice(notice)

    # --- a landing's second try ---
    def go_around(self, height_m: float = 0.0) -> bool:
        """Abort the landing: on wings by the way that the mission plans for it (ArduPlane's trigger_land_abort)."""
        maneuver, start = self.executor.maneuver, self.paths.abort_start()
        on_slope = isinstance(maneuver, GlideSlope) and not self.facts.landed
        if on_slope and start is not None and self.sequencer.leads_on(start, self.mission):
            self.announcer.step("Landing abort sequence start")
            self.steer(start)
            return True
        return maneuver is not None and maneuver.go_around(height_m)

    def sticks_moved(self, sticks: Sticks) -> None:
        if isinstance(self.executor.maneuver, GlideSlope):
            self.executor.maneuver.obey_throttle()

    def _begin_landing_again(self) -> bool:
        """Continue at the approach of the present landing, if it has one."""
        for at, text in self.paths.after_abort(self.sequencer.current_nav_index()):
            if self.sequencer.leads_on(at, self.mission):
                self.announcer.say(Severity.NOTICE, text)
                self.steer(at)
                return True
        self.announcer.say(Severity.WARNING, "Unable to restart landing sequence")
        return False

    # --- the end --------------------------------------------------------------------------------------------------
    def mission_complete(self) -> None:
        """Stop the motors on the ground, stay in the air (docs/reference/mission-semantics.md, item 25)."""
        self.paths.begun = None
        kind, text = self.facts.vehicle_class, self.facts.personality.texts.mission_complete
        if text is not None and not self.facts.grounded:
            self.announcer.say(Severity.INFO if kind.has_stall_speed else Severity.NOTICE, text)
        if not kind.flies:
            self._drive_done(int(self.facts.param("MIS_DONE_BEHAVE")))
        elif self.facts.landed:
            self._finished = True
        elif kind.has_stall_speed:
            self.leave_for(kind.modes.rtl)
        else:
            if not self.helm.arrived or isinstance(self.helm.target, Circle):
                self.helm.fly(stay(self.facts))
            if not self.facts.personality.turns_to_items:
                self.turn(KEEP)  # the end of a region of interest, and of a turn (ModeAuto::loiter_start)

    def _drive_done(self, behaviour: int) -> None:
        mode = self.facts.vehicle_class.modes.after_mission.get(behaviour)
        if mode is None or not self.request_mode(mode):
            self.helm.fly(keep_place(self.facts) if behaviour == 1 else Hold())

    def _goes_on_at(self, index: int) -> bool:
        """True if a landing does not end the mission (MIS_OPTIONS bit 2), because it takes off at this index."""
        return self.facts.option("MIS_OPTIONS", _GO_ON_AFTER_LAND) and self._takes_off_at(index)

    @property
    def finished(self) -> bool:
        return self._finished

    @property
    def is_landing(self) -> bool:
        return (flown := self.executor.maneuver) is not None and flown.is_landing

    @property
    def comes_down(self) -> bool:
        return (flown := self.executor.maneuver) is not None and flown.comes_down

    @property
    def rises_upright(self) -> bool:
        return isinstance(self.executor.maneuver, LiftOff)

    @property
    def rises_on_wings(self) -> bool:
        return isinstance(self.executor.maneuver, WingTakeoff)

    @property
    def leads_down(self) -> bool:
        return self.is_landing or self.paths.begun is WayBack.LANDING

    def goes_on_to_land(self) -> bool:
        """Also true for a mission whose way on is the shortest, with MIS_OPTIONS bit 1; its landing then has begun."""
        if self.facts.option("MIS_OPTIONS", _NEAREST_LANDING) and not self.leads_down and self.paths.lands_sooner():
            self.announcer.say(Severity.NOTICE, "Rejecting RTL: closer land if mis continued")
            self.paths.begun = WayBack.LANDING
        return self.leads_down

    @property
    def holds_arming(self) -> bool:
        """True for a mission that waits on the ground, for its time or for a gripper, with the takeoff allowed. An item
        that cannot lift off does not keep the vehicle armed."""
        item = self.sequencer.current_item()
        waits = item is not None and item.command in _ON_THE_GROUND
        return waits and self.helm.takeoff_allowed

    # --- questions and commands -----------------------------------------------------------------------------------
    def missing_takeoff(self) -> bool:
        """True if the mission would begin on the ground with another item than a takeoff
        (docs/reference/mission-semantics.md, item 26)."""
        if not self._must_take_off:
            return False
        anew = int(self.facts.param("MIS_RESTART")) == 1 or self.sequencer.state() is MissionState.COMPLETED
        at = self.mission.first_index if anew else self.sequencer.current_nav_index()
        return not self._takes_off_at(at)

    @property
    def takes_off_first(self) -> bool:
        """True if the mission begins with a takeoff, as it must on the ground. Rovers and boats need none."""
        return not self._must_take_off or self._takes_off_at(self.mission.first_index)

    @property
    def _must_take_off(self) -> bool:
        return self.facts.vehicle_class.flies and not self.facts.vehicle.capabilities.own_takeoff

    @property
    def lands_to_go_on(self) -> bool:
        """True if the mission takes off again after the present landing."""
        return self._goes_on_at(self.sequencer.current_nav_index() + 1)

    def _takes_off_at(self, index: int) -> bool:
        ahead = islice(self.sequencer.ahead(self.mission, max(index, self.mission.first_index)), _LOOKS)
        command = next((item.command for item in ahead if item.command != Cmd.NAV_DELAY), None)
        return command in TAKEOFFS and self.facts.vehicle_class.carries_out(command)

    def steer(self, index: int) -> None:
        """Make `index` current. Raises `SetCurrentError`."""
        self.paths.begun = None
        self._announce(self.sequencer.set_current(index, self.mission, self.executor), requested=True)
        self._ignore_restart = self._ignore_restart or (self._active and self._waiting)
        self.wake()

    def begin_again(self) -> None:
        """Continue a mission that has stopped while AUTO is active (MISSION_START, a reset after its end)."""
        if self._active and self.facts.armed and not self.sequencer.running:
            self._waiting = True
            self._ignore_restart = True
            self._begin()

    @property
    def way_back(self) -> WayBack | None:
        return self.paths.begun if self.sequencer.running else None

    def path_home(self) -> PathBack | None:
        """`AutoExecutor.path_home` for another mode; the current item follows it."""
        return self.executor.path_home(self.go_on_at)

    def go_on_at(self, index: int) -> None:
        """Continue the mission at `index`: at once if AUTO is active, else when it is entered, independent of
        MIS_RESTART. Raises `SetCurrentError`."""
        self.steer(index)
        if self._active:
            self.begin_again()
        else:
            self._ignore_restart = True

    def plan_changed(self, kind: int, old: tuple[MissionItem, ...]) -> None:
        """Continue in a new mission, which is already in the storage (docs/reference/mission-semantics.md, item 24).
        `kind`: a MAV_MISSION_TYPE; `old`: the old items."""
        if kind != MissionType.MISSION:
            return
        self.paths.begun = None
        self.wake()
        if not self.mission.total() and not self.sequencer.running:
            self._announce(self.sequencer.clear(self.mission))
            return
        change = self.sequencer.mission_changed(old, self.mission, self.executor)
        if change.restarted:
            self.announcer.step("Auto mission changed, restarted command", Severity.CRITICAL)
        self._announce(change.events)

    @property
    def guided(self) -> GuidedFlight | None:
        """The guided flight of a GUIDED_ENABLE item, while it is active."""
        maneuver = self.executor.maneuver
        return maneuver.flight if isinstance(maneuver, GuidedItem) and not maneuver.done else None

    @property
    def takes_targets(self) -> bool:
        return self.guided is not None

    def pause(self) -> bool:
        maneuver = self.executor.maneuver
        return maneuver is not None and not maneuver.done and maneuver.pause()

    def resume(self) -> bool:
        """Go on; no failure of a hovering kind that was not paused (ArduCopter mode_auto.cpp, resume)."""
        maneuver = self.executor.maneuver
        went_on = maneuver is not None and maneuver.resume()
        return went_on or not self.facts.vehicle_class.has_stall_speed

    @property
    def paused(self) -> bool:
        """True while a leg waits for DO_PAUSE_CONTINUE."""
        return (flown := self.executor.maneuver) is not None and flown.paused

    def turn(self, yaw: Yaw) -> bool:
        self.executor.turn(yaw)
        return True
