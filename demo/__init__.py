"""Seven months of 27 artisans, in about a minute: `python -m demo`."""
