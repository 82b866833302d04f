"""In the place of wxPython: MAVProxy's gimbal module imports its map, of which it uses nothing while none is open."""

from __future__ import annotations

import sys
from types import ModuleType


class _Widgets(ModuleType):
    """Has whatever is asked for: an empty class."""

    __path__ = ()

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (), {})
        setattr(self, name, made)
        return made


sys.modules[__name__] = _Widgets(__name__)
