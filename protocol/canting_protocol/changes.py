"""Changes: facts from life, made once and never altered.

A change is an optional salt (a MessagePack uint32) and one MessagePack array `[kind, …]`. Kinds are
numbered, fields only appended, meanings never changed; trailing fields that hold their default are
left out. The structs here are views: what counts is the bytes.
"""

from enum import IntEnum
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Raw

from canting_protocol import codec
from canting_protocol.codec import Array
from canting_protocol.crypto import KEY_BYTES, NONCE_BYTES
from canting_protocol.errors import Refused, TooBig
from canting_protocol.limits import (
    CHANGE_BYTES_MAX,
    CHANGE_LINES_MAX,
    INTEGER_MAX,
    MARK_PIECES_MAX,
    PRIVATE_BYTES_MAX,
    TEXT_BYTES_MAX,
)
from canting_protocol.log import PREFIX_BYTES
from canting_protocol.names import Key


class Kind(IntEnum):
    """What a change is about. Numbers are for ever; those without a struct are kept for later."""

    PROFILE = 1
    ITEM = 2
    PARTNER = 3
    PLACE = 4
    SALE = 5
    RETURN = 6
    PAYMENT = 7
    TRANSFER = 8
    PURCHASE = 9
    EXPENSE = 10
    PRODUCTION = 11
    MOVE = 12
    COUNT = 13
    VOID = 14
    SEEN = 15
    RESOLVE = 16
    CONSENT = 17
    CLOCK = 18
    CERTIFICATE = 19
    PIECE = 20
    ORDER = 21
    VISIT = 22
    TRAINING = 23
    AID = 24
    REVOKE = 25


Whole = Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)]
Rupiah = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
"""Whole rupiah."""
Quantity = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
"""Thousandths of the item's unit."""
Counted = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
Position = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
Day = Annotated[int, Meta(ge=0, le=100_000)]
"""A business date a person states: days since 1970-01-01."""
Text = Annotated[str, Meta(max_length=TEXT_BYTES_MAX, pattern=r"^[^\x00]*\Z")]
Code = Annotated[int, Meta(ge=0, le=10_000)] | Text
"""A numbered word of ours, or the artisan's own."""
Prefix = Annotated[bytes, Meta(min_length=PREFIX_BYTES, max_length=PREFIX_BYTES)]


class Foreign(Array, frozen=True):
    """A name from another log: what change `n` of the log that begins with `log` introduced."""

    log: Prefix
    n: Position
    branch: Annotated[bytes, Meta(min_length=4, max_length=4)] | None = None
    """The first bytes of the change's hash, where its author held more than one at that place."""


Name = Whole | Foreign
"""`n` in the author's own log, below zero a well-known name, or a name from another log."""


class Private(Array, frozen=True):
    """What the registry stores and cannot read: encrypted with the artisan's book key."""

    key: Annotated[bytes, Meta(min_length=4, max_length=4)]
    nonce: Annotated[bytes, Meta(min_length=NONCE_BYTES, max_length=NONCE_BYTES)]
    sealed: Annotated[bytes, Meta(min_length=16, max_length=PRIVATE_BYTES_MAX)]


Note = Text | Private
_Lines = Meta(min_length=1, max_length=CHANGE_LINES_MAX)
_LinesOrNone = Meta(max_length=CHANGE_LINES_MAX)


class Account(IntEnum):
    """Where money is, or what it became; debts and advances are kept per partner."""

    CASH = 0
    BANK = 1
    QRIS = 2
    RECEIVABLE = 3
    PAYABLE = 4
    ADVANCE = 5
    CAPITAL = 6
    DRAWINGS = 7
    OPENING = 8
    SALES = 9
    COMMISSION = 10
    FEES = 11
    STOCK = 12
    EXPENSES = 13
    WAGES = 14


class Channel(IntEnum):
    """How a sale came about."""

    DIRECT = 0
    SHOP = 1
    MARKET = 2
    WHATSAPP = 3
    TOKOPEDIA = 4
    SHOPEE = 5
    FAIR = 6
    CONSIGNMENT = 7
    UNIFORM = 8


class Sharing(IntEnum):
    """What the artisan lets staff see."""

    REGISTRY = 0
    TOTALS = 1
    LINES = 2


class Role(IntEnum):
    """What a certificate lets a key do."""

    DEVICE = 0


class ProfileField(IntEnum):
    """Fields of the artisan herself."""

    NAME = 1
    BRAND = 2
    AREA = 3
    CRAFT = 4
    PHONE = 5
    WORKERS = 6
    HOURS = 7
    NIB = 8
    LEGAL_FORM = 9
    START_YEAR = 10
    STATUS = 11
    VILLAGE = 12
    DISTRICT = 13
    REGENCY = 14
    NIK = 15
    NIK_END = 16


class ItemField(IntEnum):
    """Fields of a product or a material."""

    NAME = 1
    TYPE = 2
    UNIT = 3
    PRICE = 4
    MOTIF = 5
    TECHNIQUE = 6
    DYE = 7
    TEXTILE = 8
    PRODUCT_CLASS = 9
    STOCK_MIN = 10
    OWNER = 11
    SAME_AS = 12
    ARCHIVED = 13


class PartnerField(IntEnum):
    """Fields of a buyer, gallery, home worker or supplier; what names a person is private."""

    NAME = 1
    ROLE = 2
    PHONE = 3
    NOTE = 4
    SAME_AS = 12
    ARCHIVED = 13


class PlaceField(IntEnum):
    """Fields of a place where goods lie."""

    NAME = 1
    TYPE = 2
    PARTNER = 3
    SAME_AS = 12
    ARCHIVED = 13


class FieldWrite(Array, frozen=True):
    """One field and its value, as MessagePack bytes."""

    field: Annotated[int, Meta(ge=1, le=10_000)]
    value: Raw


FieldWrites = Annotated[list[FieldWrite], Meta(min_length=1, max_length=64)]


class _Change(Array, frozen=True):
    """The base of the views."""


class Profile(_Change, frozen=True, tag=1):
    """Write fields of the artisan; each field is a register of its own."""

    fields: FieldWrites


class Item(_Change, frozen=True, tag=2):
    """Introduce an item (target nil) with its first values, or write fields of one."""

    target: Name | None
    fields: FieldWrites


class Partner(_Change, frozen=True, tag=3):
    """Introduce a partner, or write fields of one."""

    target: Name | None
    fields: FieldWrites


class Place(_Change, frozen=True, tag=4):
    """Introduce a place, or write fields of one."""

    target: Name | None
    fields: FieldWrites


class SaleLine(Array, frozen=True):
    """What was sold for how much in all; with an owner, in commission for another."""

    item: Name
    quantity: Quantity
    amount: Rupiah
    owner: Name | None = None
    commission: Rupiah | None = None


class Sale(_Change, frozen=True, tag=5):
    """Goods left a place to a buyer; account 3 (receivable) means on credit."""

    lines: Annotated[list[SaleLine], _Lines]
    place: Name = -1
    channel: Code = 0
    account: Annotated[int, Meta(ge=0, le=3)] = 0
    day: Day | None = None
    partner: Name | None = None
    fee: Rupiah | None = None
    note: Note | None = None
    reference: Text | None = None
    """The number another system gave it (an imported order): the same one twice is shown."""


class GoodsLine(Array, frozen=True):
    """An item, how much of it, and its amount in all."""

    item: Name
    quantity: Quantity
    amount: Rupiah


class Return(_Change, frozen=True, tag=6):
    """A buyer brought goods back and got the amount; points at the sale where it is known."""

    lines: Annotated[list[GoodsLine], _Lines]
    place: Name = -1
    channel: Code = 0
    account: Annotated[int, Meta(ge=0, le=3)] = 0
    day: Day | None = None
    partner: Name | None = None
    sale: Name | None = None
    note: Note | None = None


class Payment(_Change, frozen=True, tag=7):
    """Money from (direction 1) or to (−1) a partner, for debts."""

    direction: Literal[-1, 1]
    amount: Rupiah
    partner: Name = -1
    account: Annotated[int, Meta(ge=0, le=2)] = 0
    day: Day | None = None
    note: Note | None = None


class Transfer(_Change, frozen=True, tag=8):
    """Money between two of her accounts: QRIS settled, capital in, prive out, opening balance."""

    source: Annotated[int, Meta(ge=0, le=14)]
    target: Annotated[int, Meta(ge=0, le=14)]
    amount: Rupiah
    day: Day | None = None
    fee: Rupiah | None = None
    note: Note | None = None


class Purchase(_Change, frozen=True, tag=9):
    """Goods came from a supplier; account 4 (payable) means on credit."""

    lines: Annotated[list[GoodsLine], _Lines]
    place: Name = -1
    account: Annotated[int, Meta(ge=0, le=4)] = 0
    day: Day | None = None
    partner: Name | None = None
    note: Note | None = None


class Expense(_Change, frozen=True, tag=10):
    """Money for something that is not goods."""

    category: Code
    amount: Rupiah
    account: Annotated[int, Meta(ge=0, le=4)] = 0
    day: Day | None = None
    partner: Name | None = None
    note: Note | None = None


class MoveLine(Array, frozen=True):
    """An item and how much of it."""

    item: Name
    quantity: Quantity


class Production(_Change, frozen=True, tag=11):
    """Materials went in, cloth came out, and a wage fell due to whoever made it."""

    used: Annotated[list[MoveLine], _LinesOrNone]
    made: Annotated[list[MoveLine], _LinesOrNone]
    place: Name = -1
    """Where the materials lay."""
    to: Name | None = None
    """Where the cloth went; nil: the same place."""
    day: Day | None = None
    wage: Rupiah | None = None
    worker: Name | None = None
    account: Annotated[int, Meta(ge=0, le=4)] = 0
    note: Note | None = None


class Move(_Change, frozen=True, tag=12):
    """Goods changed place: *titip jual* is a move, not a sale."""

    lines: Annotated[list[MoveLine], _Lines]
    source: Name
    to: Name
    day: Day | None = None
    note: Note | None = None


class CountLine(Array, frozen=True):
    """An item and how much of it was there."""

    item: Name
    counted: Counted


class Count(_Change, frozen=True, tag=13):
    """Stock opname: asserts what lies at a place, of the items it lists and no others."""

    lines: Annotated[list[CountLine], _Lines]
    place: Name = -1
    day: Day | None = None


class Void(_Change, frozen=True, tag=14):
    """Take a fact out of the books, with a reason; never itself voided."""

    target: Name
    reason: Code | None = None


class Piece(Array, frozen=True):
    """first…n of a log, on the path that ends in `hash`; log and hash by their first 8 bytes."""

    log: Prefix
    first: Position
    n: Position
    hash: Prefix


class Seen(_Change, frozen=True, tag=15):
    """A mark: what its author has absorbed since the last one."""

    pieces: Annotated[list[Piece], Meta(min_length=1, max_length=MARK_PIECES_MAX)]


class Resolve(_Change, frozen=True, tag=16):
    """A person settled a conflict: a field write like any other that has seen them all."""

    of: Annotated[int, Meta(ge=1, le=4)]
    target: Name | None
    field: Annotated[int, Meta(ge=1, le=10_000)]
    value: Raw


class Consent(_Change, frozen=True, tag=17):
    """What staff may see from now on; `wording` is the version of the text she was shown."""

    level: Annotated[int, Meta(ge=0, le=2)]
    wording: Annotated[int, Meta(ge=0, le=10_000)] = 1
    witness: Note | None = None


class Clock(_Change, frozen=True, tag=18):
    """A measured clock error, in seconds: true time = the log's time + offset ± error."""

    piece: Piece
    offset: Whole
    error: Annotated[int, Meta(ge=0, le=INTEGER_MAX)]


class Certificate(_Change, frozen=True, tag=19):
    """The registry lets a key write in this ledger."""

    key: Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
    role: Annotated[int, Meta(ge=0, le=100)] = 0
    box: Annotated[bytes, Meta(max_length=KEY_BYTES)] = b""
    """The X25519 key that letters to it are sealed to."""


class Revoke(_Change, frozen=True, tag=25):
    """The registry trusts a key no further: of its logs only these heads, and what is below, stand.

    Several revocations of one key are a union: a later one that names further heads accepts more.
    """

    key: Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
    heads: Annotated[list[Piece], Meta(max_length=MARK_PIECES_MAX)]
    reason: Code | None = None


Change = (
    Profile
    | Item
    | Partner
    | Place
    | Sale
    | Return
    | Payment
    | Transfer
    | Purchase
    | Expense
    | Production
    | Move
    | Count
    | Void
    | Seen
    | Resolve
    | Consent
    | Clock
    | Certificate
    | Revoke
)

_KNOWN: Final = frozenset(shape.__struct_config__.tag for shape in Change.__args__)
_decoder: Final[msgspec.msgpack.Decoder[Change]] = msgspec.msgpack.Decoder(Change)
_opaque: Final = codec.decoder(list[Raw])
_integer: Final = codec.decoder(int)
_anything: Final = codec.decoder(object)

SALT_BYTES: Final = 4
_SALT_MARK: Final = 0xCE


class UnknownKind(Exception):
    """Say that the change is of a kind that this version does not know: park it."""


class BadChange(Exception):
    """Say that the change is of a known kind and does not hold what that kind must hold."""


def write(change: Change, salt: bytes = b"") -> bytes:
    """Return the bytes of a change, ready to be hashed.

    `salt` is nothing, or 4 random bytes: two copies of a phone that record the same sale after
    being opened make two sales.

    Raises:
        TooBig: the change exceeds a limit of `limits`.
    """
    body = codec.encode(_array(change))
    if len(body) + SALT_BYTES + 1 > CHANGE_BYTES_MAX:
        raise TooBig(f"a change of {len(body)} bytes; at most {CHANGE_BYTES_MAX}")
    try:
        read(body)
    except BadChange as error:
        raise TooBig(str(error)) from error
    return bytes([_SALT_MARK]) + salt + body if salt else body


def _array(view: Array) -> list[Any]:
    """Return the view as an array without its trailing defaults."""
    tag = view.__struct_config__.tag
    array: list[Any] = [] if tag is None else [tag]
    values = [getattr(view, field) for field in view.__struct_fields__]
    defaults = view.__struct_defaults__
    for default in reversed(defaults):
        if values[-1] != default:
            break
        values.pop()
    return array + [_part(part) for part in values]


def _part(part: object) -> object:
    if isinstance(part, Array):
        return _array(part)
    return [_part(each) for each in part] if isinstance(part, list) else part


def unsalted(body: bytes) -> bytes:
    """Return the array of a change without its salt."""
    return body[1 + SALT_BYTES :] if body[:1] == bytes([_SALT_MARK]) else body


def kind_of(body: bytes) -> int:
    """Return the kind's number.

    Raises:
        BadChange: this is not an array that begins with a number.
    """
    try:
        parts = codec.decode(_opaque, unsalted(body))
        kind = codec.decode(_integer, bytes(parts[0]))
    except (Refused, IndexError) as error:
        raise BadChange("not an array that begins with a kind") from error
    if abs(kind) > INTEGER_MAX:
        raise BadChange("no kind has such a number")
    return kind


def read(body: bytes) -> Change:
    """Return the view of a change.

    Raises:
        UnknownKind: made by a newer version.
        BadChange: a known kind without what it must hold.
    """
    try:
        return _decoder.decode(unsalted(body))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        if kind_of(body) not in _KNOWN:
            raise UnknownKind(str(kind_of(body))) from None
        raise BadChange(str(error)) from error


def value(of: int | str | bytes | Private | Foreign | None) -> Raw:
    """Return a field's value as it is stored and compared: its MessagePack bytes."""
    return Raw(codec.encode(_part(of)))


def name_of(key: Key) -> Name:
    """Return a table key as the name that any log may write."""
    log, dot, place = key.partition(".")
    if not dot:
        return int(key)
    n, _, branch = place.partition("~")
    return Foreign(bytes.fromhex(log), int(n), bytes.fromhex(branch) or None)


def plain(raw: bytes | Raw) -> Any:
    """Return a field's value as Python has it.

    Raises:
        BadChange: a float, a map or an integer beyond ±(2^53−1).
    """
    try:
        decoded = codec.decode(_anything, bytes(raw))
    except Refused as error:
        raise BadChange(str(error)) from error
    if not codec.within_range(decoded):
        raise BadChange("a field's value must be an integer in range, text, bytes, nil or an array")
    return decoded
