"""`canting`: the artisan's book on the command line.

Nothing here imports an HTTP stack until a command needs the network.
"""

from canting_client.cli import (  # isort: skip
    begin,
    facts,
    paying,
    looking,
    things,
    reporting,
    whole,
    carrying,
)
from canting_client.cli.run import main
from canting_client.cli.words import money, pieces

__all__ = [
    "begin",
    "carrying",
    "facts",
    "looking",
    "main",
    "money",
    "paying",
    "pieces",
    "reporting",
    "things",
    "whole",
]
