"""The version: `setup.cfg` reads it here, and what says it asks nobody, for reading the metadata of what is installed
takes longer than the answer."""

VERSION = "0.1.0"
