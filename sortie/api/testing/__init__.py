"""The pytest plugin: vehicles as fixtures, their flights in the report of a test that fails."""
