"""Starts everything on one machine, keeps it running, and stops it in order."""
