"""Firmware upload over serial by the bootloader protocol of STM32 boards (ArduPilot and PX4), without I/O.

    protocol    opcodes, replies, the flash CRC
    firmware    .apj, .px4 and .bin files, checked before a board is touched
    boards      names, ids and USB ids of flight controllers
    script      sequential code over bytes and time
    client      the bootloader's commands
    upload      identify, check, erase, program, verify, boot, with one second try
    mavlink     restart of a running autopilot into its bootloader, and its version
    session     from a port to a linked vehicle: all of the above, with time limits
    failures    errors: what happened, the state of the board, what to do next

`mavlink_bridge.testing` has a bootloader and a board for tests. These modules open no port and read no clock.
"""
