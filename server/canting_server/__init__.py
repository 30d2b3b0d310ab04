"""The department's end: the registry of all ledgers, and what staff ask of it."""
