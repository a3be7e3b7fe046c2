"""A kind of regions that only tests know: it shows that a kind is its file, and nothing else."""
