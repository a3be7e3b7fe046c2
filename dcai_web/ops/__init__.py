"""What keeps the product running: engines, supervisor, backups, figures and logs; no product rules."""
