"""A device's home: its key, the books it keeps, and a guard for each, outside the books' folder."""

import os
import re
import secrets
import time
from pathlib import Path
from typing import Final

import platformdirs
from filelock import FileLock

from canting_client.book import Book, Chance
from canting_protocol.crypto import SEED_BYTES, SigningKey

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class HomeProblem(Exception):
    """Say what is wrong with the home, in words for its owner."""


class Home:
    """Where a device keeps the books of one or several artisans."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder or Path(
            os.environ.get("CANTING_HOME") or platformdirs.user_data_dir("canting", appauthor=False)
        )

    @property
    def names(self) -> list[str]:
        """The names of the books."""
        return sorted(path.stem for path in (self.folder / "books").glob("*.db"))

    def key(self) -> SigningKey:
        """Return the device's key, made when it is first wanted.

        Raises:
            HomeProblem: the file holds something else.
        """
        path = self.folder / "device.key"
        if not path.exists():
            self._make_key(path)
        seed = path.read_bytes()
        if len(seed) != SEED_BYTES:
            raise HomeProblem(f"Kunci perangkat di {path} rusak.")
        return SigningKey(seed)

    def make(self, name: str) -> Book:
        """Begin a new book.

        Raises:
            HomeProblem: the name is taken, or no name for a file.
        """
        if not _NAME.fullmatch(name):
            raise HomeProblem(
                f"Nama buku {name!r} tidak bisa dipakai: huruf kecil, angka, - dan _ saja."
            )
        if name in self.names:
            raise HomeProblem(f"Buku {name!r} sudah ada di perangkat ini.")
        (self.folder / "books").mkdir(parents=True, exist_ok=True)
        return self._open(name)

    def open(self, name: str | None) -> Book:
        """Open a book; without a name the only one there is.

        Raises:
            HomeProblem: there is none, or several.
        """
        names = self.names
        if name is None:
            if not names:
                raise HomeProblem("Belum ada buku di perangkat ini. Mulai: canting init NAMA")
            if len(names) > 1:
                raise HomeProblem(f"Ada beberapa buku; pilih dengan --book: {', '.join(names)}")
            name = names[0]
        if name not in names:
            known = ", ".join(names) or "belum ada"
            raise HomeProblem(f"Tidak ada buku {name!r}. Yang ada: {known}.")
        return self._open(name)

    def _open(self, name: str) -> Book:
        return Book(
            self.folder / "books" / f"{name}.db",
            self.key(),
            Chance(lambda: int(time.time()), secrets.token_bytes),
            self.folder / "guards" / f"{name}.guard",
        )

    def _make_key(self, path: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=60):
            if path.exists():
                return  # another process was quicker
            # Whole or not at all: after a power cut an empty key would lock the books for ever.
            beside = path.with_suffix(".new")
            beside.unlink(missing_ok=True)
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(SEED_BYTES))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
