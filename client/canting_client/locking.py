"""From a book that anyone can read who has the device to one that only the passphrase opens.

The locked file appears whole; from then on it is the book, and the plain file is written no more
(`Book` looks, under the lock). So it may be broken off anywhere: whoever opens the book next
finishes it. What stands on the disk where the plain file was is the disk's: nothing here can wipe
it for certain.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from canting_client import book as book_module
from canting_client import store
from canting_client.home import Home
from canting_client.language import t
from canting_client.locked import Damaged, Vault
from canting_client.plain import lock_of, remove


def lock(home: Home, name: str) -> bool:
    """Lock a book, and everything of it that is kept in this home; say whether it was plain.

    Raises:
        sqlite3.DatabaseError: the book is damaged; it stays as it is.
    """
    vault = home.vault(name)
    if vault is None:
        vault, was_plain = home.new_vault(name), True
        vault.unlock()  # nobody waits for the book while a passphrase is typed
        with lock_of(home.plain_path(name)), lock_of(vault.path):
            if home.is_locked(name):
                raise book_module.Gone
            image = _whole(home.plain_path(name))
            vault.write(image)
            if vault.read() != image:
                raise Damaged(vault.path)
            remove(home.plain_path(name))
    else:
        was_plain = False
        with home.open(name):
            vault.read()
    _lock_what_is_kept(home, name, vault)
    return was_plain


def _whole(path: Path) -> bytes:
    """Return a plain book as it stands, with what SQLite keeps beside it."""
    with (
        closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as conn,
        closing(store.connect_in_memory()) as copy,
    ):
        conn.backup(copy)
        image = store.image_of(copy)
    with closing(store.connect_in_memory(image)) as again:
        if not store.is_book(again) or not store.is_sound(again):
            raise sqlite3.DatabaseError(t("rusak"))
        store.check_format(again)
        return store.image_of(again)


def _lock_what_is_kept(home: Home, name: str, vault: Vault) -> None:
    """Lock the books that gave way to a backup, and drop what killed processes left unfinished."""
    kept = rf"{re.escape(name)}-\d{{8}}-\d{{6}}-[0-9a-f]{{4}}\.db"
    for path in _matching(home.folder / "kept", rf"{kept}(-wal|-shm|-journal)?"):
        vault.put(path.read_bytes(), path.with_name(f"{path.name}.locked"))
        path.unlink()
    unfinished = rf"\.({re.escape(name)}\.db|{kept})\.[0-9a-f]{{8}}\.new(-wal|-shm|-journal)?"
    for folder in ("kept", "books"):
        for path in _matching(home.folder / folder, unfinished):
            path.unlink(missing_ok=True)


def _matching(folder: Path, pattern: str) -> Iterator[Path]:
    if folder.is_dir():
        yield from (each for each in sorted(folder.iterdir()) if re.fullmatch(pattern, each.name))
