"""Differences between firmwares: modes, missions, parameters, texts, targets, signs of a failsafe.

`protocol` is the interface, `ardupilot` and `px4` implement it, `known` selects one by the HEARTBEAT. No other code
asks which firmware it has (`tests/contracts/test_firmware_is_not_asked.py`).
"""
