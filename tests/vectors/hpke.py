"""The sender of HPKE (RFC 9180, base mode), by hand and with a given ephemeral key.

A second implementation: the library draws the ephemeral key itself, so that nothing it seals can be
written down ahead, and what it opens is checked here by something that is not itself.
"""

import hashlib
import hmac
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEM: Final = b"\x00\x20"
"""DHKEM(X25519, HKDF-SHA256)."""
KDF: Final = b"\x00\x01"
"""HKDF-SHA256."""
AES_128_GCM: Final = b"\x00\x01"
AES_256_GCM: Final = b"\x00\x02"
_KEY_BYTES: Final = {AES_128_GCM: 16, AES_256_GCM: 32}


class Context(NamedTuple):
    """What a sender has set up: for one message here."""

    enc: bytes
    shared_secret: bytes
    key: bytes
    nonce: bytes

    def seal(self, plain: bytes, aad: bytes = b"") -> bytes:
        """Return the first message's ciphertext."""
        return AESGCM(self.key).encrypt(self.nonce, plain, aad)


def sender(ephemeral: bytes, recipient: bytes, info: bytes, aead: bytes = AES_256_GCM) -> Context:
    """Return the context of a sender with this ephemeral secret key (SetupBaseS)."""
    secret = X25519PrivateKey.from_private_bytes(ephemeral)
    enc = secret.public_key().public_bytes_raw()
    shared = secret.exchange(X25519PublicKey.from_public_bytes(recipient))
    kem = b"KEM" + KEM
    prk = _extract(kem, b"", b"eae_prk", shared)
    shared_secret = _expand(kem, prk, b"shared_secret", enc + recipient, 32)
    suite = b"HPKE" + KEM + KDF + aead
    context = b"\0" + _extract(suite, b"", b"psk_id_hash", b"")
    context += _extract(suite, b"", b"info_hash", info)
    prk = _extract(suite, shared_secret, b"secret", b"")
    key = _expand(suite, prk, b"key", context, _KEY_BYTES[aead])
    return Context(enc, shared_secret, key, _expand(suite, prk, b"base_nonce", context, 12))


def _extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    """LabeledExtract."""
    said = b"HPKE-v1" + suite + label + material
    return hmac.digest(salt or bytes(32), said, "sha256")


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, size: int) -> bytes:
    """LabeledExpand, of one block: nothing here is longer."""
    assert size <= hashlib.sha256().digest_size
    said = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, said + b"\1", "sha256")[:size]
