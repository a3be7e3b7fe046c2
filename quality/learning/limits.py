"""What learning takes at least; known to pages, which load no learning library."""

LEAST_PER_CLASS = 3
"""With fewer labels a class cannot be learned once some of them are held out."""
