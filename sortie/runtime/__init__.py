"""The run loop and its clocks."""
