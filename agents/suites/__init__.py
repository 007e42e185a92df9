"""Suites: benchmarks with a name and a version, their cells, submissions by others, and tables of scores."""
