"""Log files: the run log, and a folder for each flight."""
