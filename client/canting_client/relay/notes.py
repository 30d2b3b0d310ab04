"""An officer's own words about whom he visits: name, place, when to come; sealed in his bag.

The bag knows pseudonyms only. What stands here opens with his passphrase, the one of his locked
books, and goes nowhere.
"""

import secrets

from canting_client.home import Home
from canting_client.locked import SALT_BYTES, Damaged, Key, key_of, new_key
from canting_client.relay.bag import Bag
from canting_protocol.crypto import NONCE_BYTES
from canting_protocol.errors import Refused

NOTE_LETTERS_MAX = 500


def write(home: Home, bag: Bag, artisan: bytes, text: str) -> None:
    """Keep a note about an artisan instead of the older one; without a text, forget it.

    Raises:
        NoPassphrase, WrongPassphrase, Damaged: nothing was changed.
    """
    lock = bag.lock
    if lock is None:
        key = new_key(home.chosen_passphrase(), secrets.token_bytes(SALT_BYTES))
    else:
        key = key_of(lock, home.passphrase.given(), bag.path)
    sealed = key.seal(text.encode(), secrets.token_bytes(NONCE_BYTES), _bound(artisan))
    if not bag.put_note(key.head, artisan, sealed if text else None):
        write(home, bag, artisan, text)  # another process wrote the first note just now


def read(home: Home, bag: Bag) -> dict[bytes, str] | None:
    """Return what he noted, by artisan; None when the passphrase is not at hand.

    Raises:
        WrongPassphrase, Damaged.
    """
    lock, notes = bag.lock, bag.notes()
    if lock is None or not notes:
        return {}
    passphrase = home.passphrase.at_hand()
    if passphrase is None:
        return None
    key = key_of(lock, passphrase, bag.path)
    return {artisan: _open(key, bag, artisan, sealed) for artisan, sealed in notes.items()}


def _open(key: Key, bag: Bag, artisan: bytes, sealed: bytes) -> str:
    try:
        return key.unseal(sealed, _bound(artisan)).decode()
    except Refused as error:
        raise Damaged(bag.path) from error


def _bound(artisan: bytes) -> bytes:
    return b"note" + artisan
