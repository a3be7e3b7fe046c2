"""PostgreSQL and Redis as this machine's own processes, from the programs that two Python packages carry."""
