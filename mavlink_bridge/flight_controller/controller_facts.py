"""What is known of a controller: the facts that the core reads of its vehicle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autopilot import report as R
from autopilot.geo import GeoPoint
from autopilot.outcome import Severity, StatusText
from autopilot.reasons import NEED_POSITION, ArmingReason
from autopilot.vehicle import Capabilities, Request, VehicleEvent, VehicleState
from mavlink_bridge.clients.base import Target as Address
from mavlink_bridge.flight_controller.checks import PreArmTexts
from mavlink_bridge.flight_controller.courses import Hand
from mavlink_bridge.flight_controller.firmware import Firmware
from mavlink_bridge.flight_controller.mode_keeper import ModeKeeper
from mavlink_bridge.flight_controller.orders import Orders
from mavlink_bridge.flight_controller.readings import Readings
from mavlink_bridge.flight_controller.steering import Steering
from mavlink_bridge.flight_controller.streams import StreamKeeper, plan
from mavlink_bridge.services.base import Outgoing

_NOTHING: Final = VehicleEvent(0)
_WAITING: Final = ArmingReason("Waiting for the flight controller")
_NO_LINK: Final = ArmingReason("No link to the flight controller")


class ControllerFacts:
    """What is known of one controller, and what waits to be told.

    `mode`: custom_mode of its first HEARTBEAT; `baud`: of the serial line, None where there is none; `native`: the
    controller flies missions in its own AUTO. `home`: as the controller has it. `lost`: silent for 5 s. `restarts`
    counts.
    """

    def __init__(
        self, firmware: Firmware, system: int, custom_mode: int, *, baud: int | None = None, native: bool = False
    ) -> None:
        self.firmware = firmware
        self.baud = baud
        self.native = native
        self.address = Address(system, 1)
        self.home: GeoPoint | None = None
        self.lost = False
        self.restarts = 0
        self._readings = Readings()
        self._orders = Orders(self.address)
        self._texts: list[StatusText] = []
        hand = Hand(firmware, self._readings, self._orders, lambda text: self._say(Severity.WARNING, text))
        self.steering = Steering(hand)
        self._modes = ModeKeeper(firmware.mode_of(custom_mode))
        self._streams = StreamKeeper(plan(baud, px4=firmware.px4, native=native), system, 1)
        self._checks = PreArmTexts()
        self._mode_request: Request | None = None
        self._mode_order: Request | None = None
        self._arm_orders: list[tuple[Request, bool]] = []
        self._out: list[Outgoing] = []
        self._events = 0
        self._disarm_held = False
        self._mode_unseen = False  # the link is back, and no HEARTBEAT has come yet
        self._stopped_in_air_ms: int | None = None  # its motors stopped in the air: is that a restart?
        self._now_ms = 0
        self._heard_ms: int | None = None
        self._heartbeat_ms = 0
        self._home_asked_ms = 0
        self._home_moved = False
        self._beaten = False  # a HEARTBEAT has told whether it is armed
        self._capabilities = Capabilities(spline=False, sticks=False, own_checks=True, own_fence=True, own_modes=True)

    # --- the vehicle: facts ---------------------------------------------------------------------------------------
    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def state(self) -> VehicleState:
        return self._readings.state

    @property
    def origin(self) -> GeoPoint | None:
        return self._readings.origin

    @property
    def flight_mode(self) -> int:
        return self._modes.actual

    @property
    def commanded(self) -> bool:
        return self._modes.commanded

    @property
    def known(self) -> bool:
        """It has told where it and its home are, whether it is on the ground, armed, and could be armed."""
        told = self._streams.hears("SYS_STATUS", "EXTENDED_SYS_STATE", "GLOBAL_POSITION_INT")
        placed = self.state.has_position and self.home is not None
        return told and self._beaten and placed and not self.lost

    @property
    def charge(self) -> float | None:
        """Of its battery, 0 to 1; None while it does not say."""
        return self._readings.charge

    @property
    def armable_reasons(self) -> Sequence[ArmingReason]:
        """The controller's own PreArm texts while its PREARM_CHECK bit is not healthy."""
        if self._heard_ms is None or self._readings.prearm_ok is None:
            return (_WAITING,)
        if self.lost:
            return (_NO_LINK,)
        if not self._readings.prearm_ok:
            return tuple(ArmingReason(text) for text in self._checks.reasons)
        # its checks are for the mode that it is in; Sortie flies it in GUIDED, which wants a position
        return () if self.state.has_position else (NEED_POSITION,)

    def take_events(self) -> VehicleEvent:
        bits = self._events | self.steering.events
        if bits == 0 and not self._disarm_held:
            return _NOTHING
        self._events = self.steering.events = 0
        if self._disarm_held and not bits & VehicleEvent.LANDED:
            self._disarm_held = False
            self.state.report[R.ARMED] = 0.0
            bits |= VehicleEvent.DISARMED
        return VehicleEvent(bits)

    def take_texts(self) -> list[StatusText]:
        """What people should be told."""
        texts, self._texts = self._texts, []
        return texts

    @property
    def has_news(self) -> bool:
        """Events or texts wait for a pass."""
        return bool(self._events or self.steering.events or self._texts or self._disarm_held)

    def _say(self, severity: Severity, text: str) -> None:
        self._texts.append(StatusText(severity, text))
