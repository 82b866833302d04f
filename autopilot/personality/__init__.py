"""Personalities: the decisions of the firmware that a vehicle presents (`autopilot.context.personality`).

Every vehicle begins with `ardupilot`; `px4` replaces it where ground stations are to see a PX4.
"""
