"""Simulated and scripted users, and the rates at which they err."""
