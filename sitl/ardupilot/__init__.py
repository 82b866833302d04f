"""Default parameters for ArduPilot's own SITL, one file for each frame."""
