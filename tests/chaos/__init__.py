"""Kills the product's processes at random while people label, and checks that nothing is lost and nothing doubled."""
