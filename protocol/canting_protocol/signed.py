"""Signed words: bytes and the signature over them, and one way to write and to read each kind.

Bytes are signed, never objects: what a word says is read from the very bytes that were signed.
"""

from collections.abc import Callable
from typing import Annotated, Final, Generic, Protocol, TypeVar

from msgspec import Meta

from canting_protocol import codec
from canting_protocol.codec import Array
from canting_protocol.crypto import SIGNATURE_BYTES, PublicKey, SigningKey, verify
from canting_protocol.errors import Refused


class Signed(Array, frozen=True):
    """Bytes and the signature over them."""

    body: bytes
    signature: Annotated[bytes, Meta(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES)]


class Versioned(Protocol):
    """Whatever begins with its version."""

    @property
    def version(self) -> int:
        """The version of its form."""
        ...


W = TypeVar("W", bound=Versioned)
_signed: Final = codec.decoder(Signed)


def check_version(said: Versioned, version: int) -> None:
    """Raise `Refused` (`unknown_version`) when something is not of this version."""
    if said.version != version:
        raise Refused("unknown_version", f"version {said.version} is not known here")


class Word(Generic[W]):
    """One kind of signed word. The purpose keeps it from being shown as another kind."""

    def __init__(self, shape: type[W], purpose: bytes, version: int) -> None:
        self._shape = codec.decoder(shape)
        self._purpose = purpose
        self._version = version

    def write(self, key: SigningKey, said: W) -> bytes:
        """Return what is said, signed."""
        body = codec.encode(said)
        return codec.encode(Signed(body, key.sign(self._purpose, body)))

    def read(self, data: bytes, signer: Callable[[W], bytes]) -> W:
        """Return what is said, verified; `signer` tells the key of whoever must have signed it.

        Raises:
            Refused: `malformed`, `unknown_version`, `bad_signature`.
        """
        signed = codec.decode(_signed, data)
        said = codec.decode(self._shape, signed.body)
        check_version(said, self._version)
        verify(PublicKey(signer(said)), self._purpose, signed.body, signed.signature)
        return said

    def peek(self, data: bytes) -> W:
        """Return what is said, unverified.

        Raises:
            Refused: `malformed`.
        """
        return codec.decode(self._shape, codec.decode(_signed, data).body)
