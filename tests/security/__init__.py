"""Nobody in, and nothing bad in: what keeps people and input out that do not belong."""
