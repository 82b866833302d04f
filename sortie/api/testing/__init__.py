"""Plugin for pytest: vehicles as fixtures, and their flights in the report of a failed test."""
