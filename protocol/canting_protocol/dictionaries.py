"""Preset dictionaries for DEFLATE: numbered, immutable, kept for ever.

Number 0 is empty, for ends without the file. Numbers 1 and 2 were trained on other seeds of the
workload generator plus the words of Mojokerto's trade (`tests/tools/train_dictionary.py`); 2 by
what DEFLATE does with it, and not by counting alone.
"""

from importlib.resources import files
from typing import Final

from canting_protocol.limits import DICTIONARY_BYTES_MAX

NEWEST: Final = 2
DICTIONARIES: Final = {
    0: b"",
    **{
        number: files(__package__).joinpath(f"dictionary-{number}.bin").read_bytes()
        for number in (1, 2)
    },
}

assert all(len(words) <= DICTIONARY_BYTES_MAX for words in DICTIONARIES.values())
