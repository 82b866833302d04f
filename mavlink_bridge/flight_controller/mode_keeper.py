"""Who has the vehicle: compares the mode that was commanded with the one that HEARTBEAT shows.

Nothing is commanded until `command`. From then on every other mode than the wanted one means that somebody else (a
pilot, a ground station, a failsafe, a restart) has taken the vehicle; it is not taken back without a new `command`.
"""

from __future__ import annotations


class ModeKeeper:
    """`actual`: the controller's mode now, ArduPilot's numbers. `wanted`: the commanded one, None while somebody else
    has the vehicle. `confirmed`: it has been seen, or acknowledged, in the wanted mode."""

    def __init__(self, actual: int) -> None:
        self.actual = actual
        self.wanted: int | None = None
        self.confirmed = False
        self._before: int | None = None  # what HEARTBEATs sent before the change still say

    @property
    def commanded(self) -> bool:
        return self.wanted is not None

    def command(self, mode: int) -> bool:
        """`mode` is wanted from now on. False when the controller is already in it: nothing need be asked."""
        self.wanted = mode
        self.confirmed = self.actual == mode
        self._before = None if self.confirmed else self.actual
        return not self.confirmed

    def release(self) -> None:
        """Nothing is wanted any more."""
        self.wanted = None
        self.confirmed = False
        self._before = None

    def acknowledged(self) -> None:
        """The controller has accepted the wanted mode."""
        if self.wanted is not None:
            self.actual = self.wanted
            self.confirmed = True

    def heartbeat(self, mode: int) -> bool:
        """A HEARTBEAT shows `mode`. True when the core must follow: the vehicle was taken, or changed hands anew."""
        if self.wanted is None:
            changed = mode != self.actual
            self.actual = mode
            return changed
        if mode == self.wanted:
            self.actual = mode
            self.confirmed = True
            self._before = None
            return False
        if mode == self._before:
            return False  # on its way
        self.actual = mode
        self.release()
        return True
