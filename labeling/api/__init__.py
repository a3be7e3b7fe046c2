"""The HTTP API: parse, authorize, call one service or selector, render."""
