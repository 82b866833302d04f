"""Testing tools for MAVLink code, public: names change only with a version.

    wires           endpoints over lossy wires in memory, in virtual time
    hostile         peer that sends invalid and malicious messages, from a seed
    link_contract   rules for links: run `check_link` on yours
    bootloader      bootloader of an STM32 flight controller, sans I/O, with faults
    board           board with it: plug, firmware, restarts
    pty_board       that board on a pseudo-terminal, for programs that open a serial port

`docs/testing-mavlink.md` has an example of each. Nothing of the product imports this package, except `sortie flash
--simulate`.
"""
