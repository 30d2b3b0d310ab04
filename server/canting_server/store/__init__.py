"""Keeps: the only SQL of the registry."""
