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
from canting_client.language import t
from canting_client.locked import HEAD_BYTES, Vault, key_of
from canting_client.passphrase import Passphrase
from canting_protocol.crypto import SEED_BYTES, SigningKey

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class HomeProblem(Exception):
    """Say what is wrong with the home, in words for its owner."""


class Home:
    """Where a device keeps the books of one or several artisans."""

    def __init__(self, folder: Path | None, passphrase: Passphrase | None = None) -> None:
        self.passphrase = passphrase or Passphrase()
        self.folder = folder or Path(
            os.environ.get("CANTING_HOME") or platformdirs.user_data_dir("canting", appauthor=False)
        )

    @property
    def names(self) -> list[str]:
        """The names of the books."""
        books = self.folder / "books"
        return sorted({path.stem for end in ("db", "locked") for path in books.glob(f"*.{end}")})

    def key(self, book: str | None = None) -> SigningKey:
        """Return the key that a book is written with: this device's, made when it is first wanted.

        A book that came from a lost device goes on with the key of that one.

        Raises:
            HomeProblem: the file holds something else.
        """
        return SigningKey(self.seed(book))

    def seed(self, book: str | None = None) -> bytes:
        """Return the seed of that key.

        Raises:
            HomeProblem: the file holds something else.
        """
        path = self.folder / "device.key"
        if book is not None and (own := self.folder / "keys" / f"{book}.key").exists():
            path = own
        elif not path.exists():
            self._keep(path, secrets.token_bytes(SEED_BYTES))
        seed = path.read_bytes()
        if len(seed) != SEED_BYTES:
            raise HomeProblem(t("Kunci perangkat di {path} rusak.", path=path))
        return seed

    def keep_seed(self, book: str, seed: bytes | None) -> None:
        """Write a book with another device's key from now on; None: with this device's."""
        own = self.folder / "keys" / f"{book}.key"
        if seed is None or seed == self.seed():
            own.unlink(missing_ok=True)
        else:
            self._keep(own, seed, instead=True)

    def book_path(self, name: str) -> Path:
        """Return where a book is."""
        return self.locked_path(name) if self.is_locked(name) else self.plain_path(name)

    def plain_path(self, name: str) -> Path:
        """Return where a book is that anyone can read who has the device."""
        return self.folder / "books" / f"{name}.db"

    def locked_path(self, name: str) -> Path:
        """Return where a book is that only the passphrase opens."""
        return self.folder / "books" / f"{name}.locked"

    def is_locked(self, name: str) -> bool:
        """Say whether only the passphrase opens a book."""
        return self.locked_path(name).exists()

    def guard_path(self, name: str) -> Path:
        """Return where a book's guard is."""
        return self.folder / "guards" / f"{name}.guard"

    def kept_path(self, name: str) -> Path:
        """Return where a book that gives way to a backup is kept."""
        folder = self.folder / "kept"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}.db"

    def check_name(self, name: str) -> None:
        """Raise HomeProblem when no book can have that name; make the books' folder."""
        if not _NAME.fullmatch(name):
            raise HomeProblem(
                t(
                    "Nama buku {name!r} tidak bisa dipakai: huruf kecil, angka, - dan _ saja.",
                    name=name,
                )
            )
        (self.folder / "books").mkdir(parents=True, exist_ok=True)

    def make(self, name: str, *, locked: bool = False) -> Book:
        """Begin a new book; one that is `locked` opens with the passphrase only.

        Raises:
            HomeProblem: the name is taken, or no name for a file.
        """
        self.check_name(name)
        if name in self.names:
            raise HomeProblem(t("Buku {name!r} sudah ada di perangkat ini.", name=name))
        return self._open(name, self.new_vault(name) if locked else None)

    def new_vault(self, name: str) -> Vault:
        """Return where a new locked book will be, under the passphrase that the others have."""
        return Vault(
            self.locked_path(name), self.chosen_passphrase, secrets.token_bytes, fresh=True
        )

    def chosen_passphrase(self) -> str:
        """Return the passphrase for something new: the one that opens what is locked already.

        Raises:
            WrongPassphrase: it does not.
        """
        for path in sorted((self.folder / "books").glob("*.locked")):
            with path.open("rb") as file:
                head = file.read(HEAD_BYTES)
            key_of(head, self.passphrase.given(), path)
            return self.passphrase.given()
        return self.passphrase.chosen()

    def open(self, name: str | None) -> Book:
        """Open a book; without a name the only one there is.

        Raises:
            HomeProblem: there is none, or several.
        """
        name = self.which(name)
        return self._open(name, self.vault(name))

    def vault(self, name: str) -> Vault | None:
        """Return where a book lies locked, or None: it is not."""
        if not self.is_locked(name):
            return None
        return Vault(self.locked_path(name), self.passphrase.given, secrets.token_bytes)

    def which(self, name: str | None) -> str:
        """Return the name of the book that is meant; without one, of the only one there is.

        Raises:
            HomeProblem: there is none, or several.
        """
        names = self.names
        if name is None:
            if not names:
                raise HomeProblem(t("Belum ada buku di perangkat ini. Mulai: canting init NAMA"))
            if len(names) > 1:
                raise HomeProblem(
                    t("Ada beberapa buku; pilih dengan --book: {names}", names=", ".join(names))
                )
            name = names[0]
        if name not in names:
            known = ", ".join(names) or t("belum ada")
            raise HomeProblem(
                t("Tidak ada buku {name!r}. Yang ada: {known}.", name=name, known=known)
            )
        return name

    def _open(self, name: str, vault: Vault | None) -> Book:
        book = Book(
            self.plain_path(name) if vault is None else vault.path,
            self.key(name),
            Chance(lambda: int(time.time()), secrets.token_bytes),
            self.guard_path(name),
            vault=vault,
        )
        if vault is not None and self.plain_path(name).exists():
            from canting_client.plain import HoldsMore, drop

            path = self.plain_path(name)
            try:
                drop(path, book)
            except HoldsMore as error:
                book.close()
                raise HomeProblem(
                    t(
                        "Ada dua buku {name!r}: yang terkunci, dan {path} yang isinya lain. "
                        "Pindahkan salah satunya; tidak ada yang dihapus.",
                        name=name,
                        path=path,
                    )
                ) from error
            except BaseException:
                book.close()
                raise
        return book

    def _keep(self, path: Path, seed: bytes, *, instead: bool = False) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=60):
            if path.exists() and not instead:
                return  # another process was quicker
            # Whole or not at all: after a power cut an empty key would lock the books for ever.
            beside = path.with_suffix(".new")
            beside.unlink(missing_ok=True)
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(seed)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
