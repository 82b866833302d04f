"""Cases that judge how a vehicle speaks MAVLink, whoever made it: `sortie conform`.

`case` is the form of a case, `exchange` the words in which it is told, `cases` has them, a module for each family of
services, and `examination` runs them: sans-IO, bytes and time in, bytes out. `judge` brings it to a vehicle, `report`
tells what was found.
"""
