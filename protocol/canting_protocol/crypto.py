"""The primitives, behind one thin module: SHA-256, Ed25519, AES-256-GCM, HPKE.

All of them exist in browsers too. Keys and nonces come in as arguments: this module draws no
random numbers.
"""

import hashlib
from functools import lru_cache
from typing import Final, NewType

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from canting_protocol.errors import Refused

PublicKey = NewType("PublicKey", bytes)
"""32 bytes, as RFC 8032 writes them."""

BoxPublic = NewType("BoxPublic", bytes)
"""32 bytes, as RFC 7748 writes them: what letters are sealed to."""

SEED_BYTES: Final = 32
KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
NONCE_BYTES: Final = 12


def sha256(*parts: bytes) -> bytes:
    """Return the 32 bytes of SHA-256 over the parts, one after the other."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


class SigningKey:
    """A device's or the registry's Ed25519 key, from its 32-byte seed."""

    __slots__ = ("_key", "box", "public")

    def __init__(self, seed: bytes) -> None:
        self.box = BoxKey(seed)
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(self._key.public_key().public_bytes_raw())

    def sign(self, purpose: bytes, message: bytes) -> bytes:
        """Return the 64-byte signature over purpose ‖ 0 ‖ message.

        The purpose separates domains: a signed batch can never be shown as a receipt.
        """
        return self._key.sign(purpose + b"\0" + message)

    def derive(self, purpose: bytes) -> bytes:
        """Return 32 secret bytes for one purpose, SHA-256 of it and the seed; never stored."""
        return sha256(purpose, b"\0", self._key.private_bytes_raw())


_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_BOX_DOMAIN: Final = b"canting/box/1\0"


class BoxKey:
    """The X25519 key with which the holder of a seed opens what is sealed to it."""

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        self._key = X25519PrivateKey.from_private_bytes(sha256(_BOX_DOMAIN, seed))
        self.public = BoxPublic(self._key.public_key().public_bytes_raw())

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Open what `seal_to` made.

        Raises:
            Refused: `not_openable`, when it is sealed to another or a byte was changed.
        """
        try:
            return _SUITE.decrypt(sealed, self._key, bound_to)
        except (InvalidTag, ValueError) as error:
            raise Refused("not_openable", "this does not open with this key") from error


def seal_to(box: BoxPublic, plain: bytes, bound_to: bytes) -> bytes:
    """Encrypt to the holder of a key, with HPKE in base mode; 48 bytes longer than `plain`.

    X25519, HKDF-SHA256, AES-256-GCM, which browsers have too. `bound_to` is HPKE's `info`: one
    letter is one HPKE context, so that it binds as associated data would. The ephemeral key is the
    library's own chance.

    Raises:
        Refused: `malformed`, when `box` is no key.
    """
    try:
        return _SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(box), bound_to)
    except ValueError as error:
        raise Refused("malformed", "this is no key to seal to") from error


_SMALL_ORDER: Final = frozenset(
    map(
        bytes.fromhex,
        (
            "00" * 32,
            "01" + "00" * 31,
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "ec" + "ff" * 30 + "7f",
            "ed" + "ff" * 30 + "7f",
            "ee" + "ff" * 30 + "7f",
        ),
    )
)
"""Points of order 1, 2, 4 and 8, in every encoding, without the sign of x. Of such a key one
signature fits any message, so that it is nobody's word (Chalkias, Garillot and Nikolaenko,
Taming the many EdDSAs, 2020)."""


@lru_cache(maxsize=4096)
def _verifier(key: PublicKey) -> Ed25519PublicKey:
    if len(key) == KEY_BYTES and key[:-1] + bytes([key[-1] & 0x7F]) in _SMALL_ORDER:
        raise ValueError
    return Ed25519PublicKey.from_public_bytes(key)


def verify(key: PublicKey, purpose: bytes, message: bytes, signature: bytes) -> None:
    """Check a signature made by `SigningKey.sign`.

    Raises:
        Refused: `bad_signature`, also for a key that is not one, or whose signatures prove nothing.
    """
    try:
        _verifier(key).verify(signature, purpose + b"\0" + message)
    except (InvalidSignature, ValueError) as error:
        raise Refused("bad_signature", "the signature does not fit") from error


def seal(key: bytes, nonce: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """Encrypt with AES-256-GCM; `nonce` is 12 fresh bytes, `bound_to` the associated data."""
    return AESGCM(key).encrypt(nonce, plain, bound_to)


def unseal(key: bytes, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """Decrypt what `seal` made.

    Raises:
        Refused: `not_private`, when the key is another or a byte was changed.
    """
    try:
        return AESGCM(key).decrypt(nonce, sealed, bound_to)
    except (InvalidTag, ValueError) as error:
        raise Refused("not_private", "this private value does not open with this key") from error
