"""Firmware's own ways: modes, missions, parameters, texts, targets, signs of a failsafe.

`protocol` is what is asked, `ardupilot` and `px4` answer it, `known` finds who sends a HEARTBEAT. Nothing else asks
which firmware it has (`tests/contracts/test_firmware_is_not_asked.py`).
"""
