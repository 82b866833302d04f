"""Control of the vehicle by comparing the commanded mode with that of the HEARTBEAT.

Nothing is commanded before `command`. After it, any other mode means that another party (a pilot, a ground station, a
failsafe, a restart) has taken the vehicle; it is not taken back without a new `command`. The same holds for the
controller's own failsafe, which the mode may not show (`Firmware.acts_itself`). Its text may arrive before the
HEARTBEAT; until the next HEARTBEAT nothing moves the vehicle.
"""

from __future__ import annotations

from typing import Final

from autopilot.interface.targets import Land, Target
from autopilot.interface.vehicle import Request, VehicleEvent
from autopilot.mav import Cmd, Result, Severity
from mavlink_bridge.flight_controller.news import VehicleNews
from mavlink_bridge.flight_controller.steering import Steering

_DOUBT_MS: Final = 400
"""Time for which HEARTBEATs may be older than the text of a failsafe, ms."""
_ENTER_MS: Final = 2500
"""Longest time until an accepted mode is entered, ms."""
_LOST_MS: Final = 1200
"""Time after which an accepted mode that is not shown is requested again, ms: its refusal may have been lost."""
_AGAIN_MS: Final = 250
"""Time until a temporary refusal is retried, ms. PX4 can enter Mission only about 100 ms after it has acknowledged the
upload, when its Navigator and Commander have checked it."""


class ModeKeeper:
    """Comparison of modes, in ArduPilot's numbers. `actual`: the controller's mode. `requested`: the commanded one;
    None: another party has the vehicle. `confirmed`: it was shown or acknowledged. `part`: mode that belongs to it, as
    the return of a mission; None: none."""

    def __init__(self, actual: int) -> None:
        self.actual = actual
        self.part: int | None = None
        self.requested: int | None = None
        self.confirmed = False
        self._before: int | None = None  # mode of HEARTBEATs that were sent before the change

    @property
    def commanded(self) -> bool:
        return self.requested is not None

    def command(self, mode: int) -> bool:
        """Request `mode` from now on. False if the controller is already in it."""
        self.requested = mode
        self.part = None
        self.confirmed = self.actual == mode
        self._before = None if self.confirmed else self.actual
        return not self.confirmed

    def release(self) -> None:
        """Release the vehicle: no mode is requested."""
        self.requested = self.part = None
        self.confirmed = False
        self._before = None

    def acknowledged(self) -> None:
        """Note that the controller has accepted the requested mode."""
        if self.requested is not None:
            self.actual = self.requested
            self.confirmed = True

    def heartbeat(self, mode: int) -> bool:
        """Compare the mode of a HEARTBEAT. True if the vehicle was taken, or its mode changed while another party has
        it."""
        if self.requested is None:
            changed = mode != self.actual
            self.actual = mode
            return changed
        if mode in (self.requested, self.part):
            self.actual = mode
            self.confirmed = True
            self._before = None
            return False
        if mode == self._before:
            return False  # the change is on its way
        self.actual = mode
        self.release()
        return True


class ModeControl:
    """Mode requests to the controller: take the vehicle, fly a target, release it. `native`: it flies missions in its
    own AUTO."""

    def __init__(self, keeper: ModeKeeper, steering: Steering, news: VehicleNews, *, native: bool) -> None:
        self._keeper = keeper
        self._steering = steering
        self._context = steering.context
        self._firmware = steering.context.firmware
        self._news = news
        self._native = native
        self._request: Request | None = None  # of `command`, until its result is known
        self._order: Request | None = None  # the DO_SET_MODE that waits for its answer
        self._enters_by_ms: int | None = None  # an accepted mode must be shown by then
        self._again_ms: int | None = None  # time of the next request
        self._passes = False  # the last refusal was temporary
        self._busy = ""  # reason of the temporary refusal, if it was the only answer
        self._acting = False  # the controller's failsafe flies, by the last HEARTBEAT
        self._doubt_ms: int | None = None  # a text reported a failsafe; HEARTBEATs before this time do not settle it
        self._class_modes = self._firmware.vehicle_class.modes

    def command(self, mode: int) -> Request:
        """Take the vehicle: see `ControlledVehicle`. The answer comes with a HEARTBEAT or the acknowledgement."""
        keeper, flown = self._keeper, self._flown(mode)
        if keeper.requested == flown:  # it continues with its target until it gets another
            if keeper.confirmed:
                return Request.accepted()
            if self._request is not None:
                return self._request
        self._end_request(False, "another mode was asked for")
        if flown == self._class_modes.at_rest:
            self._steering.come_to_rest()
        else:
            self._steering.stop()
        if not keeper.command(flown):
            return Request.accepted()
        self._request = Request()
        self._ask(flown)
        return self._request

    def _flown(self, mode: int) -> int:
        """Controller's mode for one of Sortie's. A controller cannot be armed in AUTO, so on the ground it waits in
        GUIDED, unless its mission has begun there."""
        state = self._context.readings.state
        if mode not in self._class_modes.autos:
            return mode
        flies = state.armed and (not state.landed or self.flies_itself)
        in_auto = self._native and mode == self._class_modes.auto and flies
        return mode if in_auto else self._class_modes.guided

    def fly(self, target: Target, now_ms: int) -> None:
        """Fly `target` if the vehicle is ours: a landing in the controller's own mode, others in GUIDED."""
        if not self._keeper.commanded or self.flies_itself:
            return
        if isinstance(target, Land):
            self._steering.stop()
            self._steering.target = target
            self._fly_mode(self._class_modes.stop)
            return
        self._steering.fly(target, now_ms)
        if self._steering.course is not None and self._keeper.requested != self._class_modes.guided:
            self._fly_mode(self._class_modes.guided)  # it takes off again after a landing of the mission

    def fly_natively(self) -> None:
        """Enter the controller's AUTO, with MISSION_START on the ground if it waits for that."""
        if not self._keeper.commanded or self._keeper.requested == self._class_modes.auto:
            return
        self._steering.stop()
        self._fly_mode(self._class_modes.auto)
        if self._context.readings.state.landed and not self._firmware.habits.starts_by_arming:
            self._context.orders.send(Cmd.MISSION_START, moves=True)

    def expect(self, mode: int | None) -> None:
        """Expect this mode as a part of the mission; None: no other mode."""
        if self.flies_itself:
            self._keeper.part = mode

    @property
    def flies_itself(self) -> bool:
        """True if the controller flies the mission, as commanded."""
        return self._native and self._keeper.requested == self._class_modes.auto

    @property
    def follows(self) -> bool:
        """True if the controller is in the mode that takes targets."""
        return self._keeper.confirmed and self._keeper.requested == self._class_modes.guided

    def release(self) -> None:
        self._keeper.release()
        self._give_up("taken over")

    # --- messages of the controller -----------------------------------------------------------------------------
    def heartbeat(self, custom_mode: int, system_status: int, now_ms: int) -> None:
        """Handle a HEARTBEAT with this mode and MAV_STATE."""
        mode = self._firmware.mode_of(custom_mode)
        if self._doubt_ms is not None and now_ms >= self._doubt_ms:
            self._doubt_ms = None
        acted, self._acting = self._acting, self._firmware.acts_itself(system_status, mode)
        pending = self._request is not None or self._order is not None
        if self._acting and not acted and self._keeper.commanded:
            self._keeper.actual = mode
            self.release()
            self._news.say(Severity.CRITICAL, "Failsafe of the flight controller: not commanded until asked")
        elif self._keeper.heartbeat(mode):
            self._give_up("another mode was chosen")
        elif pending and self._keeper.confirmed:
            self._end_request(True)

    def hear(self, text: str, now_ms: int) -> None:
        """Note a STATUSTEXT about a failsafe."""
        if text.startswith(self._firmware.words.failsafe):
            self._doubt_ms = now_ms + _DOUBT_MS

    @property
    def in_doubt(self) -> bool:
        """True while a failsafe may have begun: nothing may move the vehicle."""
        return self._doubt_ms is not None

    def _give_up(self, reason: str) -> None:
        self._end_request(False, reason)
        self._steering.stop()
        self._context.orders.drop_moving()
        self._news.events |= VehicleEvent.TAKEN_OVER

    def settle(self, now_ms: int) -> None:
        """Handle a mode request that has ended. If an acknowledgement does not mean that the mode was entered, a
        HEARTBEAT must show it."""
        order = self._order
        if order is None or not order.done or self._enters_by_ms is not None:
            return
        if self._firmware.habits.acks_what_it_does:
            if not order.ok:
                self._refused(order.reason)
                return
            self._keeper.acknowledged()
            self._end_request(True)
        elif order.ok:
            self._enters_by_ms, self._again_ms = now_ms + _ENTER_MS, now_ms + _LOST_MS
        elif self._passes:
            self._busy = order.reason
            self._enters_by_ms, self._again_ms = now_ms + _ENTER_MS, now_ms + _AGAIN_MS
        else:
            self._refused(order.reason)

    def acknowledged(self, command: int, result: int, now_ms: int) -> None:
        """Handle an acknowledgement; PX4's second one about a mode may be a refusal."""
        if command != Cmd.DO_SET_MODE:
            return
        self._passes = result == Result.TEMPORARILY_REJECTED
        if self._passes and self._enters_by_ms is not None:
            again_ms = now_ms + _AGAIN_MS
            self._again_ms = again_ms if self._again_ms is None else min(self._again_ms, again_ms)

    def step(self, now_ms: int) -> None:
        """Give up or repeat an accepted mode that is not shown."""
        if self._enters_by_ms is not None and now_ms >= self._enters_by_ms:
            self._refused(self._busy or "it was not entered")
        elif self._again_ms is not None and now_ms >= self._again_ms and self._keeper.requested is not None:
            self._again_ms = None
            self._ask(self._keeper.requested)

    def _refused(self, reason: str) -> None:
        confirmed = self._keeper.confirmed
        self._end_request(confirmed, reason)
        if not confirmed:
            self._news.warn(f"Flight controller refuses the mode: {reason}")
            self.release()

    def _fly_mode(self, mode: int) -> None:
        if self._keeper.command(mode):
            self._end_request(False, "another mode was asked for")
            self._ask(mode)

    def _ask(self, mode: int) -> None:
        params = self._firmware.set_mode_params(mode)
        self._order = self._context.orders.send(
            Cmd.DO_SET_MODE, *params, prefixes=self._firmware.words.mode, moves=True
        )

    def _end_request(self, ok: bool, reason: str = "") -> None:
        request, self._request, self._order = self._request, None, None
        self._enters_by_ms = self._again_ms = None
        self._passes, self._busy = False, ""
        if request is not None:
            request.ok, request.reason, request.done = ok, reason, True
            self._news.events |= VehicleEvent.REPLY
