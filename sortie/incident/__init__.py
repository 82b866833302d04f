"""One log, flown again or shown as it was."""
