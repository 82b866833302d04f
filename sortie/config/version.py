"""Version of Sortie. `setup.cfg` reads it here. It is not read from the metadata of the installed package, because that
takes longer than the whole command."""

VERSION = "0.1.0"
