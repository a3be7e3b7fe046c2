"""Measured, never asserted on time: `make bench` runs what the product does beside the bare statements it stands on."""
