"""The artisan's end: her book, kept in one SQLite file, and its way to the registry."""
