"""Preset dictionaries for DEFLATE: numbered, immutable, kept for ever.

Number 0 is empty, for ends without the file. Number 1 was trained on another seed of the workload
generator plus the words of Mojokerto's trade (`tests/tools/train_dictionary.py`).
"""

from importlib.resources import files
from typing import Final

from canting_protocol.limits import DICTIONARY_BYTES_MAX

NEWEST: Final = 1
DICTIONARIES: Final = {
    0: b"",
    1: files(__package__).joinpath("dictionary-1.bin").read_bytes(),
}

assert all(len(words) <= DICTIONARY_BYTES_MAX for words in DICTIONARIES.values())
