"""Flies the copter of a box for its skimmer, and says what it senses; an autopilot's facts in, commands out."""
