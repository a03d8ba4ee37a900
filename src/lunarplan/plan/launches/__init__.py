"""The scans for the launch windows of a mission, one for each way to the Moon."""
