"""In which language Canting speaks: Indonesian as it is written in the code, or English.

`t` is given the Indonesian words, which are also the key to the English ones (`english.py`, loaded
only when somebody asks for it). What differs from time to time stands in braces.
"""

from typing import Final

INDONESIAN: Final = "id"
ENGLISH: Final = "en"
LANGUAGES: Final = (INDONESIAN, ENGLISH)

_chosen = [INDONESIAN]


def choose(language: str | None) -> bool:
    """Speak a language from now on (`en_GB.UTF-8` is `en`); say whether it is one of ours."""
    word = (language or INDONESIAN).strip().casefold().replace("-", "_").partition("_")[0]
    known = word in LANGUAGES
    _chosen[0] = word if known else INDONESIAN
    return known


def chosen() -> str:
    """Return the language that is spoken."""
    return _chosen[0]


def t(words: str, /, **told: object) -> str:
    """Return the words in the language that is spoken, with what they tell put in."""
    if _chosen[0] == ENGLISH:
        from canting_client.english import WORDS

        words = WORDS.get(words, words)
    return words.format(**told) if told else words
