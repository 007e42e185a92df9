"""Agents on the same users: the loop, rows, metrics, calibration, the agent contract."""
