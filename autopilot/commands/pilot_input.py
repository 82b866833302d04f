"""The sticks, moved by a ground station (RC_CHANNELS_OVERRIDE, MANUAL_CONTROL) or by a transmitter.

A transmitter that was never heard counts as present, with centred sticks and low throttle. From the first input of a
ground station on, its silence is a failsafe (`autopilot.safety.failsafes`), until it releases the sticks or a
transmitter takes them. Silence of a transmitter is no failsafe, because its receiver repeats the last input (ArduPilot
libraries/AP_HAL_SITL/SITL_State.cpp). A throttle below FS_THR_VALUE reports its loss.
"""

from __future__ import annotations

from autopilot.interface.targets import NO_STICKS, Sticks
from autopilot.modes.manager import CommandContext
from autopilot.modes.outputs import Passthrough
from autopilot.safety.failsafes import Failsafes
from autopilot.vehicles.mode_table import ModeSpec

_LOW = 0.05  # throttle, 0 .. 1
_CENTRE = 0.5
_LOW_PULSE, _CENTRE_PULSE = 1000.0, 1500.0  # us
_PULSES_LOW = 2.0  # SIM_RC_FAIL value: the receiver sends a throttle below FS_THR_VALUE and continues to send
_LOST_PULSE = 950.0  # us; this throttle (SITL.cpp, SIM_RC_FAIL)
_NO_PULSES = (0.0,) * 8
_MODE_PULSES = (1165.0, 1295.0, 1425.0, 1555.0, 1685.0, 1815.0)
"""Pulse in the middle of each position of a mode switch (ArduPilot libraries/RC_Channel/RC_Channel.cpp,
read_6pos_switch), us."""


class PilotInput:
    """Passes the sticks to the vehicle. AUTO wakes when a raised throttle allows it to take off."""

    def __init__(self, context: CommandContext, failsafes: Failsafes) -> None:
        self._facts, self._helm = context.facts, context.helm
        self._modes, self._auto = context.modes, context.auto
        self._failsafes = failsafes
        self._throttle = 0.0
        self.radio_dead = False
        """True while no transmitter moves the sticks."""
        self._deaf = False
        """True while neither a transmitter nor a ground station moves the sticks."""
        self._pulses_key: tuple[object, ...] = ()
        self._pulses: tuple[float, ...] = ()
        self._radio: Sticks | None = None
        self._channels: tuple[float, ...] = ()
        self._last: tuple[float, ...] = ()  # last pulses of a silent receiver, which are still shown
        self._passthrough = Passthrough(self._facts, self._helm.vehicle.set_output)
        self.has_input = False
        """True while a transmitter or a ground station moves the sticks."""
        self.overridden = False
        """True while the sticks are a ground station's (RC_CHANNELS_OVERRIDE, MANUAL_CONTROL)."""
        self._steers = True  # the vehicle has the sticks
        self.overrides_allowed = True
        """True if a switch of the transmitter allows overrides by a ground station."""
        self.has_had_input = True
        """True if a transmitter or a ground station has been heard since power-on."""
        if self._facts.param("SIM_RC_FAIL") != 0.0:
            self.radio_dead = True
            self.has_had_input = False

    def move(self, sticks: Sticks | None, now_ms: int) -> None:
        """Move the sticks by a ground station; None = released."""
        if sticks is None:
            self._give_back()
            return
        if self._deaf:
            return
        self.overridden = True
        self._set(sticks)
        self._failsafes.sticks_heard(now_ms)

    def hear_radio(self, sticks: Sticks) -> None:
        """Move the sticks by a transmitter. A ground station's sticks have priority."""
        self._radio = sticks
        if not self.overridden:
            self._give_back()

    def lose_radio(self, now_ms: int) -> None:
        """Lose the transmitter: its receiver sends a throttle below FS_THR_VALUE."""
        self._radio = None
        if not self._failsafes.sticks.lost:
            self.lose(now_ms)

    @property
    def channels(self) -> tuple[float, ...]:
        """Pulses heard from channel 1 on, us; 0: no pulse on this channel. Outputs may follow them."""
        return self._channels

    @channels.setter
    def channels(self, pulses: tuple[float, ...]) -> None:
        self._channels = pulses
        self._passthrough.follow(pulses, lost=self._failsafes.sticks.lost)

    def _set(self, sticks: Sticks) -> None:
        self._steer(sticks)
        self.has_input = self.has_had_input = True
        self._helm.sticks = sticks
        self._throttle = sticks.throttle
        losses = self._failsafes.losses
        if self.throttle_up:
            losses.throttle_down_ms = None
        elif losses.throttle_down_ms is None:
            losses.throttle_down_ms = self._facts.now_ms
        if abs(sticks.yaw) <= _LOW:
            self._helm.rudder_held = False
        self._modes.sticks_moved(sticks)
        helm = self._helm
        if sticks.throttle > _LOW and self._facts.armed and not (helm.takeoff_allowed or helm.flight_over):
            helm.takeoff_allowed = True
            self._auto.wake()

    def _steer(self, sticks: Sticks) -> None:
        self._steers = not self._kept_out
        self._helm.vehicle.set_sticks(sticks if self._steers else NO_STICKS)

    def heed_fence(self) -> None:
        """Take a plane off the sticks that the fence begins to bring back, and return it afterwards. A receiver whose
        sticks are held says nothing then."""
        if self.has_input and self._steers is self._kept_out:
            self._steer(self._helm.sticks)

    @property
    def _kept_out(self) -> bool:
        """True while the fence brings a plane back: the sticks do not steer it (ArduPlane's fence_stickmixing)."""
        watch = self._modes.watch
        return self._facts.vehicle_class.has_stall_speed and watch is not None and watch.recovering

    def _give_back(self) -> None:
        """Return the sticks to the transmitter, or release them. Their loss is then over, unless the receiver has
        failed."""
        if self.radio_dead:
            if self.overridden:
                self.lose(self._facts.now_ms)
            return
        self.overridden = False
        if self._radio is None:
            self._let_go()
            self._failsafes.losses.throttle_down_ms = None
        else:
            self._set(self._radio)
        self._failsafes.sticks_released()

    def update(self, now_ms: int) -> None:
        """Check whether a ground station was silent for too long. Then the transmitter counts again; without one the
        sticks are centred, and the failsafe acts."""
        if not self._failsafes.sticks.is_due(now_ms):
            return
        if self._radio is None or self.radio_dead:
            self.lose(now_ms)
        else:
            self._failsafes.sticks.lost = False
            self._give_back()

    def armed_changed(self, armed: bool, now_ms: int) -> None:
        """Lose a transmitter that was never heard, when the vehicle is armed (ArduCopter/radio.cpp, read_radio)."""
        if armed and not self.has_had_input:
            self._failsafes.sticks.heard(now_ms, 0.0)

    def parameter_changed(self, name: str) -> None:
        if name == "SIM_RC_FAIL":
            self._receiver_failed(bool(self._facts.param(name)), self._facts.now_ms)

    def radio_failed(self, failed: bool, now_ms: int) -> None:
        """Begin or end the fault `rc.loss`. During the fault no sticks arrive, also none of a ground station."""
        self._deaf = failed
        self.overridden = self.overridden and not failed
        self._receiver_failed(failed, now_ms)

    def _receiver_failed(self, failed: bool, now_ms: int) -> None:
        """Begin or end SIM_RC_FAIL: no transmitter is heard. A ground station's sticks are not affected."""
        self.radio_dead = failed
        if self.overridden:
            return
        if failed:
            self.lose(now_ms)
        else:
            self.has_had_input = True
            self._give_back()

    def lose(self, now_ms: int) -> None:
        """Lose the sticks (silence, a pulse below FS_THR_VALUE, or a failed receiver)."""
        last = self._channels if self.radio_dead and not self._says_lost else ()
        self._let_go()
        self._last = last
        self._failsafes.sticks_silent(now_ms)
        self._failsafes.losses.throttle_down_ms = None
        self._passthrough.follow((), lost=self._failsafes.sticks.lost)

    @property
    def _says_lost(self) -> bool:
        """True while the receiver says by its throttle that it has lost its transmitter."""
        return self._facts.param("SIM_RC_FAIL") == _PULSES_LOW

    def _let_go(self) -> None:
        self._throttle = 0.0
        self.channels = self._last = ()
        self.has_input = self.overridden = False
        self._helm.sticks = Sticks()
        self._helm.rudder_held = False
        self._helm.vehicle.set_sticks(NO_STICKS if self._facts.vehicle_class.has_stall_speed else self._helm.sticks)
        self._modes.sticks_moved(self._helm.sticks)

    def mode_complaint(self, spec: ModeSpec) -> str | None:
        """Reason to refuse a mode with direct throttle: the vehicle would jump off the ground, or there is no pilot
        (ArduCopter/mode.cpp, set_mode)."""
        if not spec.manual_throttle or not self._facts.vehicle_class.hovers:
            return None
        if self._facts.armed and self._facts.landed and not self._modes.spec.manual_throttle and self._leaps():
            return "throttle too high"
        return "in RC failsafe" if self._failsafes.sticks.lost else None

    def _leaps(self) -> bool:
        """True if the throttle is above half of the hover throttle. The stick is mapped so that its middle hovers
        (ArduCopter/Attitude.cpp, get_pilot_desired_throttle)."""
        hover = self._facts.param("MOT_THST_HOVER", 0.35)
        bend = min(max((0.5 - hover) / 0.375, -0.5), 1.0)
        return self._throttle * (1.0 - bend) + bend * self._throttle * self._throttle * self._throttle > hover / 2.0

    @property
    def at_rest(self) -> bool:
        """True if there is a pilot and the throttle commands nothing: down, or centred on a rover or boat."""
        if not self._facts.vehicle_class.flies:
            return self.has_input and abs(self._helm.sticks.throttle - _CENTRE) < _LOW
        return self.has_input and self._helm.sticks.throttle < _LOW

    @property
    def turn(self) -> float:
        """Yaw stick, -1 .. 1; the steering of a ground vehicle."""
        return self._helm.sticks.yaw if self._facts.vehicle_class.flies else self._helm.sticks.roll

    @property
    def throttle_up(self) -> bool:
        """True if the throttle is above its low end."""
        return self._throttle > _LOW

    @property
    def deflected(self) -> bool:
        """True if a stick is away from its rest position. A rover's throttle rests in the centre."""
        sticks = self._helm.sticks
        return max(abs(sticks.roll), abs(sticks.pitch), abs(sticks.yaw), abs(sticks.throttle - _CENTRE)) > _LOW

    @property
    def pulses(self) -> tuple[float, ...]:
        """Channels 1 to 16, us: as heard now or last. Channels that were not heard show the sticks and the mode switch
        as a transmitter would send them; the rest is 0. Composed when something changes: a log asks at each sample."""
        sticks, heard = self._helm.sticks, self._channels or self._last
        key = (sticks, heard, self.has_input, self.radio_dead, self._modes.number, self._facts.parameters.version)
        if key != self._pulses_key:
            self._pulses_key, self._pulses = key, self._compose(sticks, heard)
        return self._pulses

    def _compose(self, sticks: Sticks, heard: tuple[float, ...]) -> tuple[float, ...]:
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
        """Throttle as a transmitter would send it, us. It rests at its low end on flying vehicles."""
        if self.has_input or not self._facts.vehicle_class.flies:
            return _LOW_PULSE + 1000.0 * self._helm.sticks.throttle
        return _LOST_PULSE if self.radio_dead and self._says_lost else _LOW_PULSE

    def _switch_pulses(self) -> tuple[float, ...]:
        """Channels 5 to 8, us: the mode switch at a position of the present mode (or, as in ArduPilot's simulator, at
        the sixth), all others low."""
        param = self._facts.param
        channel, modes = self._facts.vehicle_class.mode_switch
        position = next((n for n, name in enumerate(modes, 1) if int(param(name, -1.0)) == self._modes.number), 6)
        switch = int(param(channel, 5.0))
        return tuple(_MODE_PULSES[position - 1] if number == switch else _LOW_PULSE for number in range(5, 9))

    def throttle_raised(self) -> bool:
        """True if the throttle would lift the vehicle. It rests in the centre where it is a climb rate."""
        return self._throttle > (_LOW if self._modes.spec.manual_throttle else _CENTRE + _LOW)
