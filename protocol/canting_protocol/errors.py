"""The errors that are *theirs*: what arrived cannot be attributed or placed."""

from typing import Literal

Code = Literal[
    "malformed",
    "too_large",
    "unknown_version",
    "unknown_dictionary",
    "bad_body",
    "bad_signature",
    "unknown_key",
    "wrong_log",
    "erased",
    "not_private",
    "not_openable",
]


class Refused(Exception):
    """Say that something was refused at the door, and why.

    `code` is for programs and is part of the protocol; the text is for a person and is not.
    """

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(text)
        self.code: Code = code


class TooBig(ValueError):
    """Say that a change would exceed a limit of `limits`, before it is made."""
