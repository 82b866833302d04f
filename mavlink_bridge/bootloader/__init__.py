"""Firmware upload over serial, sans I/O: the bootloader protocol that STM32 boards of ArduPilot and PX4 speak.

    protocol    opcodes, replies, the flash CRC
    firmware    .apj, .px4 and .bin files, checked before a board is touched
    boards      names, ids and USB ids of flight controllers
    script      sequential code over bytes and time that somebody else supplies
    client      one bootloader command after the other
    upload      identify, check, erase, program, verify, boot; one second try
    mavlink     what is said to a running autopilot: restart into the bootloader, which version are you
    session     from a port to a linked vehicle: all of the above, with the limits
    failures    how it can end badly: what happened, the state of the board, what to do next

The other side, a bootloader and the board around it, is in `mavlink_bridge.testing`.

Nothing here opens a port, sleeps or asks a clock.
"""
