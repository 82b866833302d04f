"""A Mission Planner of script: what it sends on connecting, planning and flying, in its order
(docs/reference/ground-stations.md, 2.2, 3.1, 3.3), over a link in memory. It asserts what Mission Planner would
miss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymavlink.dialects.v10 import ardupilotmega as v1

from mavlink_bridge.wire.codec import dialect as m
from sortie.api.link import SessionLink
from sortie.api.session import Session
from tests.fakes.station_plan import Row

#: Groups and the rates in Hz that it wishes, and the message by which it judges them.
STREAMS = ((2, 2, "SYS_STATUS"), (6, 2, "GLOBAL_POSITION_INT"), (10, 4, "ATTITUDE"), (11, 4, "VFR_HUD"),
           (12, 2, "AHRS"), (1, 2, "RAW_IMU"), (3, 2, "RC_CHANNELS"))  # fmt: skip
ACK_S = 2.0
BLOCK = 239


class MissionPlanner:
    """One instance on one link. All that was heard is in `log`."""

    def __init__(self, session: Session, system: int = 255, component: int = 190) -> None:
        self.session = session
        self.link: SessionLink = session.connect(system=system, component=component)
        self.me = (system, component)
        self.log: list[Any] = []

    # --- basics ---------------------------------------------------------------------------------------------------
    def send(self, message: Any) -> None:
        self.link.send(message)

    def hear(self, name: str, within_s: float = ACK_S, **fields: Any) -> Any:
        """The next message of that name with these values."""

        def fits(message: Any) -> bool:
            return all(getattr(message, key) == value for key, value in fields.items())

        return self.link.receive(name, within_s, fits)

    def command_long(self, command: int, *parameters: float) -> int:
        """COMMAND_LONG to component 1; the result of its acknowledgement, which must be the only one."""
        self.link.messages()
        filled = [*parameters, *[0.0] * (7 - len(parameters))]
        self.send(m.MAVLink_command_long_message(1, 1, command, 0, *filled))
        return self._result(command)

    def command_int(self, command: int, frame: int, parameters: Sequence[float], x: int, y: int, z: float) -> int:
        """COMMAND_INT."""
        self.link.messages()
        self.send(m.MAVLink_command_int_message(1, 1, frame, command, 0, 0, *parameters, x, y, z))
        return self._result(command)

    def _result(self, command: int) -> int:
        answers = [one for one in self.link.messages() if one.get_type() == "COMMAND_ACK" and one.command == command]
        final = [one for one in answers if one.result != m.MAV_RESULT_IN_PROGRESS]
        if not final:
            final = [self.hear("COMMAND_ACK", ACK_S, command=command)]
        assert len(final) == 1, f"{len(final)} acknowledgements of {command}"
        assert (final[0].target_system, final[0].target_component) == self.me
        return int(final[0].result)

    # --- connecting -----------------------------------------------------------------------------------------------
    def connect(self) -> None:
        """Two HEARTBEATs, greetings in both versions, version, banner, streams, cameras that are not there."""
        self.send(m.MAVLink_heartbeat_message(m.MAV_TYPE_GCS, 8, 0, 0, 0, 3))
        for _ in range(2):
            self.hear("HEARTBEAT", 1.5)
        self._greet()
        self.check_version()
        self.check_banner()
        self.ask_streams()
        for message in (259, 269):
            assert self.command_long(512, message) in (m.MAV_RESULT_UNSUPPORTED, m.MAV_RESULT_FAILED)
        assert self.command_long(521) in (m.MAV_RESULT_UNSUPPORTED, m.MAV_RESULT_FAILED)

    def _greet(self) -> None:
        text = b"Mission Planner"
        self.link.write(v1.MAVLink_statustext_message(6, text).pack(v1.MAVLink(None, *self.me)))
        for _ in range(2):
            self.send(m.MAVLink_statustext_message(6, text))

    def check_version(self) -> None:
        """By 512, by 520, and by message 183: each brings AUTOPILOT_VERSION."""
        assert self.command_long(512, 148) == m.MAV_RESULT_ACCEPTED
        self.send(m.MAVLink_command_long_message(1, 1, 520, 0, 1, 0, 0, 0, 0, 0, 0))
        self.hear("AUTOPILOT_VERSION", 1.0)
        self.send(m.MAVLink_autopilot_version_request_message(1, 1))
        version = self.hear("AUTOPILOT_VERSION", 0.5)
        assert version.flight_sw_version == 0x040602FF
        needed = m.MAV_PROTOCOL_CAPABILITY_MISSION_INT | m.MAV_PROTOCOL_CAPABILITY_MISSION_FENCE
        needed |= m.MAV_PROTOCOL_CAPABILITY_MISSION_RALLY | m.MAV_PROTOCOL_CAPABILITY_FTP
        assert version.capabilities & needed == needed
        assert any(version.uid2) or version.uid

    def check_banner(self) -> None:
        """Twice, as it does; the first text begins with the vehicle's name."""
        for _ in range(2):
            self.send(m.MAVLink_command_long_message(1, 1, 42428, 0, 0, 0, 0, 0, 0, 0, 0))
            self.hear("COMMAND_ACK", command=42428, result=m.MAV_RESULT_ACCEPTED)
            first = self.hear("STATUSTEXT")
            assert first.text == "ArduCopter V4.6.2" or first.text.startswith("ArduCopter V4.6.2 (")
            assert [self.hear("STATUSTEXT").severity for _ in range(3)] == [6, 6, 6]

    def ask_streams(self) -> None:
        """Each request twice."""
        for group, rate, _ in STREAMS * 2:
            self.send(m.MAVLink_request_data_stream_message(1, 1, group, rate, 1))

    def check_rates(self, seconds: int = 10) -> None:
        """It asks again for ever where a rate is above its wish by 0.1 Hz or below it by 1 Hz."""
        self.link.messages()
        self.session.run_for(seconds)
        heard = [message.get_type() for message in self.link.messages()]
        for _, wish, name in STREAMS:
            rate = heard.count(name) / seconds
            assert wish - 1.0 < rate <= wish + 0.1, f"{name}: {rate} Hz, wished {wish} Hz"

    # --- parameters -----------------------------------------------------------------------------------------------
    def list_parameters(self) -> dict[str, float]:
        """The list: every index once, a constant count, no text that it would take for a version."""
        self.send(m.MAVLink_param_request_list_message(1, 1))
        self.session.run_for(4.0)
        values = [message for message in self.link.messages() if message.get_type() == "PARAM_VALUE"]
        assert [value.param_index for value in values] == list(range(values[0].param_count))
        return {value.param_id: value.param_value for value in values}

    def packed_parameters(self) -> bytes:
        """The same by file transfer, as it does with capability bit 32."""
        assert self._ftp(1, 2)[3] == 128
        opened = self._ftp(2, 4, b"@PARAM/param.pck?withdefaults=1")
        assert opened[3] == 128
        self._send_ftp(3, 15, b"", BLOCK)
        content = b""
        while True:
            reply = self._ftp_reply()
            if reply[3] == 129:
                assert reply[12] == 6  # the end of the file
                return content
            content += bytes(reply[12 : 12 + reply[4]])

    def _ftp(self, seq: int, operation: int, data: bytes = b"") -> list[int]:
        self._send_ftp(seq, operation, data, len(data))
        return self._ftp_reply()

    def _send_ftp(self, seq: int, operation: int, data: bytes, size: int) -> None:
        head = [seq & 255, seq >> 8, 0, operation, size, 0, 0, 0, 0, 0, 0, 0]
        payload = head + list(data) + [0] * (239 - len(data))
        self.send(m.MAVLink_file_transfer_protocol_message(0, 1, 1, payload))

    def _ftp_reply(self) -> list[int]:
        return list(self.hear("FILE_TRANSFER_PROTOCOL").payload)

    def set(self, name: str, value: float) -> None:
        """PARAM_SET; it looks at the name only."""
        self.send(m.MAVLink_param_set_message(1, 1, name.encode(), value, m.MAV_PARAM_TYPE_REAL32))
        assert self.hear("PARAM_VALUE", 0.7, param_id=name).param_value == value

    # --- plans ----------------------------------------------------------------------------------------------------
    def upload(self, rows: Sequence[Row], kind: int) -> None:
        """Items as they are asked for; its own MISSION_ACK at the end."""
        self.link.messages()
        self.send(m.MAVLink_mission_count_message(1, 1, len(rows), kind))
        for seq, row in enumerate(rows):
            self.hear("MISSION_REQUEST", 0.7, seq=seq, mission_type=kind, target_system=255, target_component=190)
            self.send(self._item(seq, row, kind))
        assert self.hear("MISSION_ACK", 0.45, mission_type=kind).type == 0
        self.send(m.MAVLink_mission_ack_message(1, 1, 0, kind))

    @staticmethod
    def _item(seq: int, row: Row, kind: int) -> Any:
        return m.MAVLink_mission_item_int_message(
            1, 1, seq, row.frame, row.command, 0, 1, *row.parameters, row.x, row.y, row.alt, kind
        )

    def download(self, kind: int) -> list[Any]:
        """One item after the other."""
        self.send(m.MAVLink_mission_request_list_message(1, 1, kind))
        count = self.hear("MISSION_COUNT", 0.7, mission_type=kind).count
        items = []
        for seq in range(count):
            self.send(m.MAVLink_mission_request_int_message(1, 1, seq, kind))
            items.append(self.hear("MISSION_ITEM_INT", 2.5, seq=seq, mission_type=kind))
        self.send(m.MAVLink_mission_ack_message(1, 1, 0, kind))
        return items

    # --- flying ---------------------------------------------------------------------------------------------------
    def mode(self, number: int) -> None:
        """One click: the command without waiting, and the old message twice."""
        self.link.messages()
        self.send(m.MAVLink_command_long_message(1, 1, 176, 0, 1, number, 0, 0, 0, 0, 0))
        for _ in range(2):
            self.send(m.MAVLink_set_mode_message(1, 1, number))
        assert self.hear("COMMAND_ACK", command=176).result == m.MAV_RESULT_ACCEPTED
        self.hear("HEARTBEAT", 1.0, custom_mode=number)

    def fly_to(self, lat: float, lon: float, height: float) -> None:
        """Message 86, position only."""
        self.send(
            m.MAVLink_set_position_target_global_int_message(
                0, 1, 1, 6, 0xFDF8, round(lat * 1e7), round(lon * 1e7), height, 0, 0, 0, 0, 0, 0, 0, 0
            )
        )

    def change_height(self, height: float) -> None:
        """MISSION_ITEM with current 3, and its acknowledgement."""
        self.send(m.MAVLink_mission_item_message(1, 1, 0, 3, 16, 3, 0, 0, 0, 0, 0, 0, 0, height, 0))
        assert self.hear("MISSION_ACK", 1.0).type == 0

    def set_current(self, seq: int) -> None:
        """Message 41; it takes any MISSION_CURRENT for an answer."""
        self.link.messages()
        self.send(m.MAVLink_mission_set_current_message(1, 1, seq))
        assert self.hear("MISSION_CURRENT", 0.2).seq == seq
