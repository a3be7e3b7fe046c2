"""The page on which whoever runs the site sees whether it keeps up."""
