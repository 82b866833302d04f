"""PX4's personality: its modes, failsafes, texts and parameters on top of the core, as decisions without messages."""
