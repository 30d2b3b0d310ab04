"""The officer's bag: letters carried both ways, none of which he can read."""
