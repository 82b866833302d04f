"""What QGroundControl needs for each thing it sends: a judge of a conversation, request by request.

`sent` is told each message of the station, `heard` each message of the vehicle, both with the time in seconds. A need
that is not met in time, an answer to somebody else, a text that pops up, or a stream that QGroundControl misses becomes
a line in `faults`. The needs are those of docs/reference/ground-stations.md, 1.1, 1.2, 1.7, 1.8, 1.9, 2.1, 3.2, 7; the
limits are tighter than the station's own, since an answer that waits for a second try is a pause that a person sees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isclose
from typing import Any

Message = Any
GCS = (255, 190)
ANSWER_S = 0.2
MODE_SHOWN_S = 0.2  # QGroundControl waits 1.3 s, three times
HEARTBEAT_GAP_S = 3.5
STALE_S = 10.0
RISE_S = 30.0
ARMED, AUTO = 128, 3
ACCEPTED, UNSUPPORTED, FAILED, IN_PROGRESS = 0, 3, 4, 5
FTP_OPEN, FTP_BURST, FTP_RESET, FTP_ACK, FTP_NAK, FTP_EOF, FTP_NO_FILE = 4, 15, 2, 128, 129, 6, 10
#: Messages that a vehicle need not have; but an acceptance without the message costs 1.4 s.
MAY_BE_MISSING = {397: "COMPONENT_METADATA", 395: "COMPONENT_INFORMATION", 280: "GIMBAL_MANAGER_INFORMATION"}
#: Without these QGroundControl offers modes that there are not.
AVAILABLE_MODES = 435
VERSION = 148
NAMES = {242: "HOME_POSITION", 245: "EXTENDED_SYS_STATE"}
#: One message of each stream group that QGroundControl asks for.
STREAMS = {1: "RAW_IMU", 2: "SYS_STATUS", 3: "RC_CHANNELS", 6: "GLOBAL_POSITION_INT", 10: "ATTITUDE", 11: "VFR_HUD",
           12: "EKF_STATUS_REPORT"}  # fmt: skip
NO_NEED = frozenset({"HEARTBEAT", "SYSTEM_TIME", "MISSION_ACK"})
#: Without these for 10 s, QGroundControl asks for everything again.
STEADY = ("HOME_POSITION", "BATTERY_STATUS")


@dataclass
class Need:
    """`met(message)` is asked about each message from now on, until `due_s`."""

    what: str
    due_s: float
    met: Callable[[Message], bool]


@dataclass
class QgcChecker:
    """See the module. `requests` counts what was judged. `capabilities`: what AUTOPILOT_VERSION must have; `auto`: the
    custom_mode of a mission; `bytewise`: DO_SET_MODE has main and sub mode, as a PX4's."""

    faults: list[str] = field(default_factory=list)
    requests: int = 0
    capabilities: int = 49165
    auto: int = AUTO
    bytewise: bool = False
    _needs: list[Need] = field(default_factory=list)
    _last_s: dict[str, float] = field(default_factory=dict)
    _height_m: float = 0.0
    _modes: int | None = None

    # --- the conversation -----------------------------------------------------------------------------------------
    def sent(self, message: Message, now_s: float) -> None:
        """The station sends."""
        name = message.get_type()
        if name in NO_NEED:
            return
        self.requests += 1
        judge = getattr(self, f"_on_{name.lower()}", None)
        if judge is None:
            self.faults.append(f"{now_s:.1f} s: nobody knows what {name} needs")
        else:
            judge(message, now_s)

    def heard(self, message: Message, now_s: float) -> None:
        """The vehicle sends."""
        name = message.get_type()
        self._watch_streams(name, now_s)
        if name == "AVAILABLE_MODES":
            self._modes = message.number_modes
        if name == "GLOBAL_POSITION_INT":
            self._height_m = message.relative_alt / 1000.0
        if name == "STATUSTEXT" and message.severity <= 3:
            self.faults.append(f"{now_s:.1f} s: pops up: {message.text}")
        if name == "STATUSTEXT" and message.text.startswith("#"):
            self.faults.append(f"{now_s:.1f} s: is spoken and not shown: {message.text}")
        target = (getattr(message, "target_system", 255), getattr(message, "target_component", 190))
        if target not in (GCS, (0, 0), (255, 0)):
            self.faults.append(f"{now_s:.1f} s: {name} goes to {target}")
        self.look(now_s)
        met = next((need for need in self._needs if need.met(message)), None)
        if met is not None:
            self._needs.remove(met)

    def look(self, now_s: float) -> None:
        """Time has passed."""
        late = [need for need in self._needs if need.due_s < now_s]
        self.faults += [f"{need.due_s:.1f} s: {need.what}" for need in late]
        self._needs = [need for need in self._needs if need not in late]

    def finish(self) -> None:
        """No more comes."""
        self.look(float("inf"))

    def _watch_streams(self, name: str, now_s: float) -> None:
        if name == "HEARTBEAT" or name in STEADY:
            limit = HEARTBEAT_GAP_S if name == "HEARTBEAT" else STALE_S
            if now_s - self._last_s.get(name, now_s) > limit:
                self.faults.append(f"{now_s:.1f} s: no {name} for more than {limit} s")
            self._last_s[name] = now_s

    def _need(self, what: str, now_s: float, met: Callable[[Message], bool], within_s: float = ANSWER_S) -> None:
        self._needs.append(Need(what, now_s + within_s, met))

    def _need_message(
        self, what: str, name: str, now_s: float, within_s: float = ANSWER_S, **fields: float | str
    ) -> None:
        """A message with these field values."""

        def met(message: Message) -> bool:
            return bool(message.get_type() == name) and all(
                getattr(message, key) == value for key, value in fields.items()
            )

        self._need(f"{what}: no {name} {fields}", now_s, met, within_s)

    # --- commands -------------------------------------------------------------------------------------------------
    def _on_command_long(self, message: Message, now_s: float) -> None:
        command, first = message.command, message.param1
        if command == 512:
            self._on_request_message(int(first), message.param2, now_s)
            return
        results = (ACCEPTED, UNSUPPORTED, FAILED) if command == 521 else (ACCEPTED,)
        self._need_ack(command, results, now_s)
        if command == 511:
            self._need_message("511", NAMES[int(first)], now_s, 2.5 * message.param2 / 1e6)
        elif command == 176:
            main, sub = int(message.param2), int(message.param3)
            wanted = main << 16 | sub << 24 if self.bytewise else main
            self._need_message("176", "HEARTBEAT", now_s, MODE_SHOWN_S, custom_mode=wanted)
        elif command == 300:
            self._need_message("300", "HEARTBEAT", now_s, custom_mode=self.auto)
        elif command == 224:
            self._need_message("224", "MISSION_CURRENT", now_s, seq=int(first))
        elif command == 400:
            self._need(
                "400: the HEARTBEAT does not change",
                now_s,
                lambda heard: heard.get_type() == "HEARTBEAT" and bool(heard.base_mode & ARMED) == bool(first),
            )

    def _on_set_mode(self, message: Message, now_s: float) -> None:
        """QGroundControl of a PX4: no acknowledgement, the mode must show."""
        self._need_message("11", "HEARTBEAT", now_s, MODE_SHOWN_S, custom_mode=message.custom_mode)

    def _on_command_int(self, message: Message, now_s: float) -> None:
        self._need_ack(message.command, (ACCEPTED,), now_s)

    def _need_ack(self, command: int, results: tuple[int, ...], now_s: float) -> None:
        self._need(
            f"command {command}: no acknowledgement with a result of {results}",
            now_s,
            lambda heard: heard.get_type() == "COMMAND_ACK" and heard.command == command and heard.result in results,
        )

    def _on_request_message(self, number: int, index: float, now_s: float) -> None:
        if number == AVAILABLE_MODES and self._modes is not None and index > self._modes:
            self._need_ack(512, (FAILED,), now_s)  # of a recorded vehicle that has more
            return
        if number == AVAILABLE_MODES:
            self._need_ack(512, (ACCEPTED,), now_s)
            self._need_message("512", "AVAILABLE_MODES", now_s, mode_index=int(index))
            return
        if number in MAY_BE_MISSING:
            self._need_answer_or_refusal(MAY_BE_MISSING[number], now_s)
            return
        self._need_ack(512, (ACCEPTED,), now_s)
        if number == VERSION:
            self._need(
                "512: no AUTOPILOT_VERSION of this firmware",
                now_s,
                lambda heard: (
                    heard.get_type() == "AUTOPILOT_VERSION"
                    and heard.capabilities & self.capabilities == self.capabilities
                ),
            )

    def _need_answer_or_refusal(self, name: str, now_s: float) -> None:
        def met(heard: Message) -> bool:
            if heard.get_type() != "COMMAND_ACK" or heard.command != 512:
                return False
            if heard.result == ACCEPTED:
                self._need_message("512, accepted", name, now_s)
            return bool(heard.result in (ACCEPTED, UNSUPPORTED, FAILED))

        self._need(f"512 for {name}: no acknowledgement", now_s, met)

    # --- streams and targets --------------------------------------------------------------------------------------
    def _on_request_data_stream(self, message: Message, now_s: float) -> None:
        name = STREAMS[message.req_stream_id]
        self._need_message("66", name, now_s, 1.5 / message.req_message_rate)

    def _on_set_position_target_local_ned(self, message: Message, now_s: float) -> None:
        """A change of height: no acknowledgement, the vehicle goes there."""
        wanted = self._height_m - message.z

        def met(heard: Message) -> bool:
            name = heard.get_type()
            return bool(name == "GLOBAL_POSITION_INT" and abs(heard.relative_alt / 1000.0 - wanted) < 0.5)

        self._need(f"84: does not go to {wanted:.1f} m", now_s, met, RISE_S)

    # --- plans ----------------------------------------------------------------------------------------------------
    def _on_mission_request_list(self, message: Message, now_s: float) -> None:
        self._need_message("43", "MISSION_COUNT", now_s, mission_type=message.mission_type)

    def _on_mission_request_int(self, message: Message, now_s: float) -> None:
        kind, seq = message.mission_type, message.seq
        self._need_message("51", "MISSION_ITEM_INT", now_s, mission_type=kind, seq=seq)

    def _on_mission_count(self, message: Message, now_s: float) -> None:
        self._need_next(message.mission_type, 0 if message.count else None, now_s)

    def _on_mission_item_int(self, message: Message, now_s: float) -> None:
        self._need_next(message.mission_type, message.seq + 1, now_s)

    def _need_next(self, kind: int, seq: int | None, now_s: float) -> None:
        """The request for an item, or the end of the upload."""

        def met(heard: Message) -> bool:
            name = heard.get_type()
            if name in ("MISSION_REQUEST", "MISSION_REQUEST_INT"):
                return bool(heard.mission_type == kind and heard.seq == seq)
            return bool(name == "MISSION_ACK" and heard.mission_type == kind and heard.type == 0 and seq != 0)

        self._need(f"upload of type {kind}: neither a request for {seq} nor MISSION_ACK 0", now_s, met)

    def _on_mission_item(self, message: Message, now_s: float) -> None:
        assert message.current == 2, "QGroundControl sends float items as guided targets only"
        self._need_message("39", "MISSION_ACK", now_s, type=0)

    def _on_mission_clear_all(self, message: Message, now_s: float) -> None:
        self._need_message("45", "MISSION_ACK", now_s, type=0, mission_type=message.mission_type)

    def _on_serial_control(self, message: Message, now_s: float) -> None:
        if message.flags & 2 and message.count:
            self._need_message("126", "SERIAL_CONTROL", now_s, flags=1)

    def _on_set_gps_global_origin(self, message: Message, now_s: float) -> None:
        self._need_message("48", "GPS_GLOBAL_ORIGIN", now_s)

    def _on_mission_set_current(self, message: Message, now_s: float) -> None:
        self._need_message("41", "MISSION_CURRENT", now_s, seq=message.seq)

    # --- parameters and files -------------------------------------------------------------------------------------
    def _on_param_request_list(self, message: Message, now_s: float) -> None:
        self._need_message("21", "PARAM_VALUE", now_s, param_index=0)

    def _on_param_request_read(self, message: Message, now_s: float) -> None:
        self._need_message("20", "PARAM_VALUE", now_s, param_id=message.param_id)

    def _on_param_set(self, message: Message, now_s: float) -> None:
        def met(heard: Message) -> bool:
            return (
                heard.get_type() == "PARAM_VALUE"
                and heard.param_id == message.param_id
                and heard.param_type == message.param_type
                and isclose(heard.param_value, message.param_value, rel_tol=1e-6)
            )

        self._need(f"23: {message.param_id} is not confirmed", now_s, met)

    def _on_file_transfer_protocol(self, message: Message, now_s: float) -> None:
        asked = message.payload[3]
        endings = {FTP_RESET: _acknowledged, FTP_OPEN: _opened_or_absent, FTP_BURST: _burst_ended}
        ending = endings[asked]

        def met(heard: Message) -> bool:
            return heard.get_type() == "FILE_TRANSFER_PROTOCOL" and heard.payload[5] == asked and ending(heard.payload)

        self._need(f"110: operation {asked} is not answered", now_s, met)


def _acknowledged(payload: list[int]) -> bool:
    return payload[3] == FTP_ACK


def _opened_or_absent(payload: list[int]) -> bool:
    return payload[3] == FTP_ACK or (payload[3] == FTP_NAK and payload[12] == FTP_NO_FILE)


def _burst_ended(payload: list[int]) -> bool:
    return bool(payload[3] == FTP_ACK and payload[6]) or (payload[3] == FTP_NAK and payload[12] == FTP_EOF)


def not_given(value: Any) -> Any:
    """A recorded value: NaN is written as text."""
    return float("nan") if value == "NaN" else value
