"""The frame: settings, URLs, workers and the start-up command. No product rules."""

__all__ = ["__version__"]

__version__ = "0.1.0"
