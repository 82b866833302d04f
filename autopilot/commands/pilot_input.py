"""The sticks, as a ground station moves them (RC_CHANNELS_OVERRIDE, MANUAL_CONTROL), or a transmitter.

A radio of which nothing is heard lies there with its sticks centred and its throttle low: so they count without a
ground station's. From the first input of that on its silence is a failsafe (`autopilot.safety.failsafes`), until it
releases them, or a transmitter has them. That is not missed when it says nothing, for its receiver repeats what it
heard last (ArduPilot libraries/AP_HAL_SITL/SITL_State.cpp); a throttle below FS_THR_VALUE tells that it is lost.
"""

from __future__ import annotations

from collections.abc import Callable

from autopilot.context.vehicle_context import Helm, VehicleFacts
from autopilot.interface.targets import Sticks
from autopilot.modes.manager import ModeChoice
from autopilot.modes.outputs import Passthrough
from autopilot.safety.failsafes import Failsafes
from autopilot.vehicles.mode_table import ModeSpec

_LOW = 0.05  # throttle, 0 .. 1
_CENTRE = 0.5
_LOW_PULSE, _CENTRE_PULSE = 1000.0, 1500.0  # us
_PULSES_LOW = 2.0  # SIM_RC_FAIL: the receiver sends a throttle below FS_THR_VALUE, and goes on to
_NO_PULSES = (0.0,) * 8
_MODE_PULSES = (1165.0, 1295.0, 1425.0, 1555.0, 1685.0, 1815.0)
"""The middle of each position of a mode switch (ArduPilot libraries/RC_Channel/RC_Channel.cpp, read_6pos_switch)."""


class PilotInput:
    """Passes the sticks to the vehicle. `takeoff_allowed`: told when a raised throttle lets AUTO take off."""

    def __init__(
        self,
        facts: VehicleFacts,
        helm: Helm,
        modes: ModeChoice,
        failsafes: Failsafes,
        takeoff_allowed: Callable[[], None],
    ) -> None:
        self._facts = facts
        self._helm = helm
        self._modes = modes
        self._failsafes = failsafes
        self._takeoff_allowed = takeoff_allowed
        self._throttle = 0.0
        self._sticks = Sticks()
        self.radio_dead = False
        """True while no transmitter moves the sticks."""
        self._deaf = False
        """True while no ground station does either."""
        self._switch_asked = (-1, -1)
        self._switch: tuple[float, ...] = ()
        self._radio: Sticks | None = None
        self._channels: tuple[float, ...] = ()
        self._last: tuple[float, ...] = ()  # of a receiver that has fallen silent: it is shown as it was
        self._passthrough = Passthrough(facts, helm.vehicle.set_output)
        self.held = False
        """True while a transmitter or a ground station moves the sticks."""
        self.overridden = False
        """True while the sticks are a ground station's (RC_CHANNELS_OVERRIDE, MANUAL_CONTROL)."""
        self.overrides_allowed = True
        """They may be: a switch of the transmitter says so."""
        self.found = True
        """Since it was switched on there has been a radio, or a ground station in its place."""
        if facts.param("SIM_RC_FAIL") != 0.0:
            self.radio_dead = True
            self.found = False

    def move(self, sticks: Sticks | None, now_ms: int) -> None:
        """New stick positions of a ground station; None = released."""
        if sticks is None:
            self._give_back()
            return
        if self._deaf:
            return
        self.overridden = True
        self._set(sticks)
        self._failsafes.sticks_heard(now_ms)

    def hear_radio(self, sticks: Sticks) -> None:
        """New stick positions of a transmitter; a ground station's go before."""
        self._radio = sticks
        if not self.overridden:
            self._give_back()

    def lose_radio(self, now_ms: int) -> None:
        """The transmitter's receiver says by a throttle below FS_THR_VALUE that it has lost it."""
        self._radio = None
        if not self._failsafes.sticks.lost:
            self.lose(now_ms)

    @property
    def channels(self) -> tuple[float, ...]:
        """The pulses that were heard, from channel 1 on, us; 0: none on this channel. Outputs may follow them."""
        return self._channels

    @channels.setter
    def channels(self, pulses: tuple[float, ...]) -> None:
        self._channels = pulses
        self._passthrough.follow(pulses, lost=self._failsafes.sticks.lost)

    def _set(self, sticks: Sticks) -> None:
        self._helm.vehicle.set_sticks(sticks)
        self.held = self.found = True
        self._sticks = sticks
        self._throttle = sticks.throttle
        self._modes.mode.sticks_moved(sticks)
        if sticks.throttle > _LOW and self._facts.armed and not self._helm.takeoff_allowed:
            self._helm.takeoff_allowed = True
            self._takeoff_allowed()

    def _give_back(self) -> None:
        """To the transmitter, or where there is none to nobody; in either case nothing is missed any more, unless the
        receiver has failed."""
        if self.radio_dead:
            if self.overridden:
                self.lose(self._facts.now_ms)
            return
        self.overridden = False
        if self._radio is None:
            self._let_go()
        else:
            self._set(self._radio)
        self._failsafes.sticks_released()

    def update(self, now_ms: int) -> None:
        """Was a ground station silent for too long? Then the transmitter counts again; without one the sticks are
        centred, and the failsafe acts."""
        if not self._failsafes.sticks.is_due(now_ms):
            return
        if self._radio is None or self.radio_dead:
            self.lose(now_ms)
        else:
            self._failsafes.sticks.lost = False
            self._give_back()

    def armed_changed(self, armed: bool, now_ms: int) -> None:
        """A radio that has never been there is missed from arming on (ArduCopter/radio.cpp, read_radio)."""
        if armed and not self.found:
            self._failsafes.sticks.heard(now_ms, 0.0)

    def parameter_changed(self, name: str) -> None:
        if name == "SIM_RC_FAIL":
            self._receiver_failed(bool(self._facts.param(name)), self._facts.now_ms)

    def radio_failed(self, failed: bool, now_ms: int) -> None:
        """The fault `rc.loss`: while it lasts no sticks come through, a ground station's neither."""
        self._deaf = failed
        self.overridden = self.overridden and not failed
        self._receiver_failed(failed, now_ms)

    def _receiver_failed(self, failed: bool, now_ms: int) -> None:
        """SIM_RC_FAIL: no transmitter is heard; a ground station's sticks go before it in any case."""
        self.radio_dead = failed
        if self.overridden:
            return
        if failed:
            self.lose(now_ms)
        else:
            self.found = True
            self._give_back()

    def lose(self, now_ms: int) -> None:
        """The sticks are lost (silence, a pulse below FS_THR_VALUE, or a failed radio)."""
        silent = self.radio_dead and self._facts.param("SIM_RC_FAIL") != _PULSES_LOW
        last = self._channels if silent else ()
        self._let_go()
        self._last = last
        self._failsafes.sticks_silent(now_ms)
        self._passthrough.follow((), lost=self._failsafes.sticks.lost)

    def _let_go(self) -> None:
        self._throttle = 0.0
        self.channels = self._last = ()
        self.held = self.overridden = False
        self._sticks = Sticks()
        self._helm.vehicle.set_sticks(self._sticks)
        self._modes.mode.sticks_moved(self._sticks)

    def mode_complaint(self, spec: ModeSpec) -> str | None:
        """Reason to refuse a mode in which the throttle is direct: the vehicle would leap off the ground, or there is
        no pilot (ArduCopter/mode.cpp, set_mode)."""
        if not spec.manual_throttle or not self._facts.vehicle_class.hovers:
            return None
        if self._facts.armed and self._facts.landed and not self._modes.spec.manual_throttle and self._leaps():
            return "throttle too high"
        return "in RC failsafe" if self._failsafes.sticks.lost else None

    def _leaps(self) -> bool:
        """Would the throttle as it stands be more than half of what hovers? It is bent so that its middle hovers
        (ArduCopter/Attitude.cpp, get_pilot_desired_throttle)."""
        hover = self._facts.param("MOT_THST_HOVER", 0.35)
        bend = min(max((0.5 - hover) / 0.375, -0.5), 1.0)
        return self._throttle * (1.0 - bend) + bend * self._throttle * self._throttle * self._throttle > hover / 2.0

    @property
    def at_rest(self) -> bool:
        """True when there is a pilot, and the throttle moves nothing: down, or in its centre on a rover or boat."""
        if not self._facts.vehicle_class.flies:
            return self.held and abs(self._sticks.throttle - _CENTRE) < _LOW
        return self.held and self._sticks.throttle < _LOW

    @property
    def turn(self) -> float:
        """The stick that turns the nose, -1 .. 1: a ground vehicle's is its steering."""
        return self._sticks.yaw if self._facts.vehicle_class.flies else self._sticks.roll

    @property
    def throttle_up(self) -> bool:
        """The throttle is above its low end."""
        return self._throttle > _LOW

    @property
    def deflected(self) -> bool:
        """True when some stick is out of its rest. (A rover's throttle rests in the centre.)"""
        sticks = self._sticks
        return max(abs(sticks.roll), abs(sticks.pitch), abs(sticks.yaw), abs(sticks.throttle - _CENTRE)) > _LOW

    @property
    def pulses(self) -> tuple[float, ...]:
        """Channels 1 to 16, us: as heard, or as last heard; of the others those of the sticks and the mode switch as a
        transmitter would have them, further ones 0."""
        sticks, heard = self._sticks, self.channels or self._last
        assumed = (
            _CENTRE_PULSE + 500.0 * sticks.roll,
            _CENTRE_PULSE - 500.0 * sticks.pitch,
            self._throttle_pulse(),
            _CENTRE_PULSE + 500.0 * sticks.yaw,
            *self._switch_pulses(),
            *_NO_PULSES,
        )
        return tuple(pulse or other for pulse, other in zip(heard, assumed, strict=True)) if heard else assumed

    def _throttle_pulse(self) -> float:
        """The throttle as a transmitter would have it, us: of what flies it rests at its low end."""
        if self.held or not self._facts.vehicle_class.flies:
            return _LOW_PULSE + 1000.0 * self._sticks.throttle
        return _LOW_PULSE

    def _switch_pulses(self) -> tuple[float, ...]:
        """Channels 5 to 8, us: the mode switch in a position of the present mode (without one in the sixth, as
        ArduPilot's simulator has it), all others low."""
        asked = (self._facts.parameters.version, self._modes.number)
        if asked != self._switch_asked:
            self._switch_asked, self._switch = asked, self._find_switch()
        return self._switch

    def _find_switch(self) -> tuple[float, ...]:
        param = self._facts.param
        channel, modes = self._facts.vehicle_class.mode_switch
        position = next((n for n, name in enumerate(modes, 1) if int(param(name, -1.0)) == self._modes.number), 6)
        switch = int(param(channel, 5.0))
        return tuple(_MODE_PULSES[position - 1] if number == switch else _LOW_PULSE for number in range(5, 9))

    def throttle_raised(self) -> bool:
        """Would the throttle lift the vehicle? It rests in the centre where it is a climb rate."""
        return self._throttle > (_LOW if self._modes.spec.manual_throttle else _CENTRE + _LOW)
