"""DroneKit 2.9.2 on a Python of today: the two things it imports that are gone.

`collections.MutableMapping` left Python 3.10 (it is in `collections.abc`), and `past.builtins.basestring` is of the
`future` package, which DroneKit needs without saying so. Both are put back before it is imported, for this process.
"""

from __future__ import annotations

import collections
import collections.abc
import sys
from types import ModuleType
from typing import Any


def load_dronekit() -> Any:
    """The `dronekit` module."""
    if not hasattr(collections, "MutableMapping"):
        collections.MutableMapping = collections.abc.MutableMapping  # type: ignore[attr-defined]  # that is the shim
    if "past" not in sys.modules:
        past, builtins = ModuleType("past"), ModuleType("past.builtins")
        builtins.basestring = str  # type: ignore[attr-defined]  # a module made here
        sys.modules.update({"past": past, "past.builtins": builtins})
    import dronekit

    return dronekit
