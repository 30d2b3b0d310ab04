"""Reaches: the HTTP doors."""
