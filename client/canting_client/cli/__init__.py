"""`canting`: the artisan's book on the command line.

Nothing here imports an HTTP stack until a command needs the network, and a command imports no other
one: a sale is to be recorded at once.
"""

from canting_client.cli.run import main
from canting_client.cli.words import money, pieces

__all__ = ["main", "money", "pieces"]
