"""Does: takes in, enrols, answers, rebuilds."""
