"""Pilot of a box's copter: reads an autopilot's facts and commands it for the skimmer controller."""
