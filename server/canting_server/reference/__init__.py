"""What the state publishes and Canting only quotes: dated, source and licence beside it."""
