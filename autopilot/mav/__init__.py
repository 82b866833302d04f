"""MAVLink's numbers, once: the enumerations of common.xml and ardupilotmega.xml that Sortie uses.

Pure, so that the core may know them; a test compares every member with pymavlink's dialect. The members are those that
something here asks for, or the whole enumeration where it is small. Bit masks are plain integers too: `&` and `|` of
two members give an int (an IntFlag would make an object for each, at every heartbeat). Names are MAVLink's without the
enumeration's prefix. Messages have no numbers here: `mavlink_bridge.wire.codec` has them by name.
"""

from __future__ import annotations

from autopilot.mav.camera import *
from autopilot.mav.commands import *
from autopilot.mav.fields import *
from autopilot.mav.gimbal import *
from autopilot.mav.payload import *
from autopilot.mav.traffic import *
