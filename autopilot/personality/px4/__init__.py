"""PX4's personality: its modes, failsafes, words and parameters over the core's, as decisions without a wire."""
