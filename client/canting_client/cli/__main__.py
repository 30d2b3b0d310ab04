"""`python -m canting_client.cli` is `canting`."""

from canting_client.cli import main

main()
