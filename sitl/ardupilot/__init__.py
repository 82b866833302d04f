"""ArduPilot's own SITL: its launcher, and its default parameters, one file for each frame."""
