"""Agreement between people: measured in a job when answers are new, and kept as a report per question."""
