"""ArduPilot's SITL: its launcher, and a file of default parameters for each frame."""
