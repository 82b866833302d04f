"""Testing tools for others' MAVLink code and our own. Public: names change with a version.

    wires           endpoints over lossy wires in memory, in virtual time
    hostile         a peer that sends what nobody should, from a seed
    link_contract   what every link must do: run `check_link` on yours
    bootloader      the bootloader of an STM32 flight controller, sans I/O, with faults
    board           the board around it: plug, firmware, restarts
    pty_board       that board on a pseudo-terminal, for programs that open a serial port

`docs/testing-mavlink.md` has an example of each. Nothing of the product imports this package, but for `sortie flash
--simulate`.
"""
