"""A file that only a passphrase opens, written and read in chunks whatever its size.

The passphrase becomes a key by scrypt. Each chunk is sealed by itself with AES-256-GCM; its number,
and whether it is the last, are part of its nonce, so that none can be left out, moved or added.
"""

import hmac
from collections.abc import Callable, Iterator
from typing import IO, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC: Final = b"canting/sealed/1\n"
SALT_BYTES: Final = 16
PREFIX_BYTES: Final = 7
TAG_BYTES: Final = 16
CHUNK_BYTES: Final = 1 << 20
PASSPHRASE_LETTERS_MIN: Final = 12

_COST: Final = 1 << 16
"""64 MB and about half a second for each guess."""


class Readable(Protocol):
    """What can be read piece by piece: each piece of the size asked for, but the last."""

    def read(self, size: int, /) -> bytes:
        """Return the next so many bytes."""
        ...


class NotOpened(Exception):
    """Say that a file could not be opened: another passphrase, or not what was written."""


def seal(
    source: Readable, target: IO[bytes], passphrase: str, random: Callable[[int], bytes]
) -> None:
    """Write everything that `source` holds to `target`, sealed."""
    salt, prefix = random(SALT_BYTES), random(PREFIX_BYTES)
    head = MAGIC + salt + prefix
    target.write(head)
    cipher = AESGCM(_key(passphrase, salt))
    for number, (chunk, last) in enumerate(_chunks(source, CHUNK_BYTES)):
        target.write(cipher.encrypt(_nonce(prefix, number, last=last), chunk, head))


def unseal(source: Readable, passphrase: str) -> Iterator[bytes]:
    """Yield what was sealed, chunk by chunk; nothing counts until the last has come.

    Raises:
        NotOpened: another passphrase, or altered, or cut short.
    """
    head = source.read(len(MAGIC) + SALT_BYTES + PREFIX_BYTES)
    if len(head) < len(MAGIC) + SALT_BYTES + PREFIX_BYTES or not is_sealed(head):
        raise NotOpened("this is not a sealed file")
    salt, prefix = head[len(MAGIC) : -PREFIX_BYTES], head[-PREFIX_BYTES:]
    cipher = AESGCM(_key(passphrase, salt))
    for number, (chunk, last) in enumerate(_chunks(source, CHUNK_BYTES + TAG_BYTES)):
        try:
            yield cipher.decrypt(_nonce(prefix, number, last=last), chunk, head)
        except InvalidTag as error:
            raise NotOpened("another passphrase, or the file is damaged") from error


def is_sealed(head: bytes) -> bool:
    """Say whether a file that begins so was sealed here."""
    return hmac.compare_digest(head[: len(MAGIC)], MAGIC)


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_COST, r=8, p=2).derive(passphrase.encode())


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


def _chunks(source: Readable, size: int) -> Iterator[tuple[bytes, bool]]:
    """Yield chunks of a size, and whether each is the last; there is always one."""
    chunk = source.read(size)
    while True:
        following = source.read(size) if len(chunk) == size else b""
        yield chunk, not following
        if not following:
            return
        chunk = following
