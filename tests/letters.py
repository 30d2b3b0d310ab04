"""Signed requests in letters, and replies out of them: how every door speaks."""

from canting_protocol.bundles import read_bundle, write_bundle
from canting_protocol.crypto import BoxPublic, SigningKey
from canting_protocol.letters import VERSION, Address, open_letter, read_letter, seal_letter, to_id
from canting_protocol.messages import Reply, read_reply


def in_letter(box: BoxPublic | bytes, request: bytes) -> bytes:
    """Return a signed request as a device posts it; nobody reads where it is addressed."""
    address = Address(VERSION, bytes(8), bytes(8))
    return write_bundle([seal_letter(BoxPublic(box), address, request)])


def out_of_letter(bundle: bytes, *keys: SigningKey) -> Reply:
    """Return the reply in the only letter of a bundle, opened by whichever key it is for."""
    (letter,) = read_bundle(bundle).letters
    to = read_letter(letter).address.to
    (key,) = (each for each in keys if to_id(each.public) == to)
    return read_reply(open_letter(key.box, letter)[1])
