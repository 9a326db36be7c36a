"""Measurements of Cyan; `make bench` runs them all, each prints a table and JSON."""
