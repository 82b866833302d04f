"""Personalities: how the firmwares decide that a vehicle is spoken to as (`autopilot.context.personality`).

`ardupilot` is that of every vehicle from the start on; `px4` takes its place where stations are to find a PX4.
"""
