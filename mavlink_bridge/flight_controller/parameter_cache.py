"""Parameters of the controller on which Sortie's decisions depend: read once, then followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mavlink_bridge.clients.base import Target
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.wire.codec import dialect

_RETRY_MS: Final = 1000
_ATTEMPTS: Final = 10


class ParameterCache(Speaker):
    """Reader of `names`, one by one, with repetitions. `on_value(name, value)` is called for each PARAM_VALUE of these
    names. A name without an answer is given up after ten attempts."""

    clock: Clock = "link"
    handles = frozenset(("PARAM_VALUE",))

    def __init__(self, target: Target, names: tuple[str, ...], on_value: Callable[[str, float], None]) -> None:
        self._target = target
        self._missing = dict.fromkeys(names, 0)
        self._names = frozenset(names)
        self._on_value = on_value
        self._due_ms = 0
        super().__init__()

    @property
    def missing(self) -> tuple[str, ...]:
        """Names without an answer so far."""
        return tuple(self._missing)

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if peer.system != self._target.system or peer.component != self._target.component:
            return
        name = message.param_id
        if name in self._names:
            self._missing.pop(name, None)
            self._on_value(name, self._target.firmware.value_of(message.param_value, message.param_type))

    def handle_timeout(self, now_ms: int) -> None:
        if not self._missing or now_ms < self._due_ms:
            return
        self._due_ms = now_ms + _RETRY_MS
        for name, attempts in list(self._missing.items()):
            if attempts >= _ATTEMPTS:
                del self._missing[name]
                continue
            self._missing[name] = attempts + 1
            self._out.append(
                Outgoing(
                    dialect.MAVLink_param_request_read_message(
                        self._target.system, self._target.component, name.encode(), -1
                    )
                )
            )

    def next_deadline_ms(self) -> int | None:
        return self._due_ms if self._missing else None
