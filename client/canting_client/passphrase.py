"""The passphrase of whoever keeps this home: from a file, or asked for on the terminal."""

import getpass
import os
import sys
import unicodedata
from pathlib import Path
from typing import Final

from canting_client.language import t

LETTERS_MIN: Final = 12


class NoPassphrase(Exception):
    """Say that there is none, or none that will do, in words for its owner."""


class Passphrase:
    """One passphrase, asked for when it is first wanted."""

    def __init__(self, file: Path | None = None) -> None:
        named = os.environ.get("CANTING_PASSPHRASE_FILE")
        self._file = file or (Path(named) if named else None)
        self._known: str | None = None

    def at_hand(self) -> str | None:
        """Return it if it stands in a file, or was given already; ask nobody."""
        if self._known is None and self._file is not None:
            with self._file.open(encoding="utf-8", errors="surrogateescape") as file:
                self._known = _plain(file.readline().rstrip("\r\n"))
            if not self._known:
                raise NoPassphrase(t("Baris pertama {file} kosong.", file=self._file))
        return self._known

    def given(self) -> str:
        """Return it, whoever has to be asked.

        Raises:
            NoPassphrase: nobody can be asked.
        """
        if self.at_hand() is None:
            self._known = _ask(t("Kata sandi: "))
        assert self._known is not None
        return self._known

    def chosen(self) -> str:
        """Return one for something new; on the terminal it is typed twice.

        Raises:
            NoPassphrase: it is too short, or was typed in two ways.
        """
        if self.at_hand() is None:
            word = _ask(t("Kata sandi baru: "))
            if word != _ask(t("Sekali lagi: ")):
                raise NoPassphrase(t("Dua kali diketik, tidak sama. Tidak ada yang diubah."))
            self._known = word
        assert self._known is not None
        if len(self._known) < LETTERS_MIN:
            raise NoPassphrase(
                t("Kata sandi paling sedikit {n} huruf: beberapa kata saja.", n=LETTERS_MIN)
            )
        return self._known


def _ask(words: str) -> str:
    if not sys.stdin.isatty():
        raise NoPassphrase(
            t("Ini terkunci. Tambahkan --passphrase-file BERKAS (kata sandi di baris pertama).")
        )
    return _plain(getpass.getpass(words))


def _plain(word: str) -> str:
    """Return a word as one keyboard or another would have typed it."""
    return unicodedata.normalize("NFC", word)
