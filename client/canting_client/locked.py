"""What only a passphrase opens: one book in one file, or a few words.

The passphrase becomes a key by scrypt, once; each sealing takes a fresh nonce. A head in the clear
tells how the key is made, with a check of the key (a wrong passphrase is told from a damaged file)
and a checksum of itself.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from canting_client.appearing import keep_name
from canting_protocol import crypto
from canting_protocol.crypto import NONCE_BYTES, sha256
from canting_protocol.errors import Refused

MAGIC: Final = b"canting/locked/1\n"
SALT_BYTES: Final = 16
CHECK_BYTES: Final = 16
SUM_BYTES: Final = 8
HEAD_BYTES: Final = len(MAGIC) + 3 + SALT_BYTES + CHECK_BYTES + SUM_BYTES

COST_LOG2: int = 16
"""64 MB and about half a second for each guess; tests take less."""
COST_LOG2_MAX: Final = 20
BLOCK: Final = 8
LANES: Final = 2

_BOOK: Final = b"book"


class NotOpened(Exception):
    """Say that something locked was not opened; nothing was changed."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class WrongPassphrase(NotOpened):
    """Say that the passphrase is another."""


class Damaged(NotOpened):
    """Say that a file is not what was written: cut short, or altered."""


class Key(NamedTuple):
    """A key that was made from a passphrase, and the head that tells how."""

    head: bytes
    key: bytes

    def seal(self, plain: bytes, nonce: bytes, bound_to: bytes) -> bytes:
        """Return something sealed; `nonce` is fresh each time."""
        return nonce + crypto.seal(self.key, nonce, plain, self.head + bound_to)

    def unseal(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Open what `seal` made.

        Raises:
            Refused: it was altered, or belongs elsewhere.
        """
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return crypto.unseal(self.key, nonce, rest, self.head + bound_to)


def new_key(passphrase: str, salt: bytes) -> Key:
    """Make a key that was not there before."""
    how = bytes([COST_LOG2, BLOCK, LANES]) + salt
    key, check = _derive(passphrase, how)
    head = MAGIC + how + check
    return Key(head + sha256(head)[:SUM_BYTES], key)


def key_of(head: bytes, passphrase: str, path: Path) -> Key:
    """Make the key again that a head tells of; `path` is where the head stands.

    Raises:
        WrongPassphrase, Damaged.
    """
    said, sum_ = head[:-SUM_BYTES], head[-SUM_BYTES:]
    if len(head) != HEAD_BYTES or not is_locked(head) or sha256(said)[:SUM_BYTES] != sum_:
        raise Damaged(path)
    how = said[len(MAGIC) : -CHECK_BYTES]
    if how[0] > COST_LOG2_MAX or (how[1], how[2]) != (BLOCK, LANES):
        raise Damaged(path)
    key, check = _derive(passphrase, how)
    if check != said[-CHECK_BYTES:]:
        raise WrongPassphrase(path)
    return Key(head, key)


def is_locked(raw: bytes) -> bool:
    """Say whether bytes begin as a locked file does."""
    return raw.startswith(MAGIC)


class Vault:
    """A locked file: read and written whole, by one process at a time (the caller sees to that)."""

    def __init__(
        self,
        path: Path,
        passphrase: Callable[[], str],
        random: Callable[[int], bytes],
        *,
        fresh: bool = False,
        durable: bool = True,
    ) -> None:
        self.path = path
        self.fresh = fresh
        """It is about to be made: there must be none yet."""
        self._passphrase = passphrase
        self._random = random
        self._durable = durable
        self._key: Key | None = None

    def unlock(self) -> None:
        """Ask for the passphrase of a file that is about to be made, and make the key."""
        if self._key is None:
            self._key = new_key(self._passphrase(), self._random(SALT_BYTES))

    def read(self) -> bytes:
        """Return what is locked in the file.

        Raises:
            WrongPassphrase, Damaged.
        """
        raw = self.path.read_bytes()
        head = raw[:HEAD_BYTES]
        if self._key is None or self._key.head != head:
            if len(raw) <= HEAD_BYTES + NONCE_BYTES or not is_locked(head):
                raise Damaged(self.path)  # before anybody is asked for a passphrase
            self._key = key_of(head, self._passphrase(), self.path)
        try:
            return self._key.unseal(raw[HEAD_BYTES:], _BOOK)
        except Refused as error:
            raise Damaged(self.path) from error

    def write(self, plain: bytes) -> None:
        """Put something in place of what the file holds: after a crash it is the old or the new."""
        self.put(plain, self.path)
        self.fresh = False

    def put(self, plain: bytes, path: Path) -> None:
        """Write a locked file that opens as this one does."""
        self.unlock()
        assert self._key is not None
        beside = path.with_name(f"{path.name}.new")
        beside.unlink(missing_ok=True)  # of a process that was killed
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._key.head)
                file.write(self._key.seal(plain, self._random(NONCE_BYTES), _BOOK))
                file.flush()
                if self._durable:
                    os.fsync(file.fileno())
        except BaseException:
            beside.unlink(missing_ok=True)  # a full disk needs the room
            raise
        beside.replace(path)
        if self._durable:
            keep_name(path.parent)


def _derive(passphrase: str, how: bytes) -> tuple[bytes, bytes]:
    """Return the key, and the check that tells a wrong passphrase."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    size = crypto.KEY_BYTES + CHECK_BYTES
    made = Scrypt(salt=how[3:], length=size, n=1 << how[0], r=how[1], p=how[2])
    both = made.derive(passphrase.encode())
    return both[: crypto.KEY_BYTES], both[crypto.KEY_BYTES :]
