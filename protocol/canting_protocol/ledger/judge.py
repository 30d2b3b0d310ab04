"""What may be applied. Storage never depends on it: a change is kept first, and judged then."""

from typing import Final, NamedTuple

from canting_protocol.changes import (
    BadChange,
    Certificate,
    Change,
    Count,
    Expense,
    Item,
    Kind,
    Move,
    Partner,
    Payment,
    Place,
    Production,
    Profile,
    Purchase,
    Resolve,
    Return,
    Revoke,
    Sale,
    Transfer,
    UnknownKind,
    Void,
    kind_of,
    read,
)
from canting_protocol.crypto import KEY_BYTES, PublicKey
from canting_protocol.ledger.registers import check_value
from canting_protocol.limits import AMOUNT_MAX
from canting_protocol.messages import Reason, Verdict

_REGISTRY_WRITES: Final = frozenset(
    {
        Kind.PROFILE,
        Kind.VOID,
        Kind.SEEN,
        Kind.RESOLVE,
        Kind.CLOCK,
        Kind.CERTIFICATE,
        Kind.REVOKE,
    }
)
_ONLY_REGISTRY_WRITES: Final = frozenset({Kind.CERTIFICATE, Kind.REVOKE})


class Judgement(NamedTuple):
    """What becomes of a change by itself; the view is there when it is applied."""

    kind: int
    verdict: Verdict
    reason: Reason
    change: Change | None


def judge(body: bytes, *, by_registry: bool, registry: PublicKey | None = None) -> Judgement:
    """Judge a change by what it says and by whose log it stands in.

    What a revocation says of it comes after that: `revoked`.
    """
    try:
        change = read(body)
    except UnknownKind:
        return Judgement(kind_of(body), Verdict.PARKED, Reason.UNKNOWN_KIND, None)
    except BadChange:
        return Judgement(_kind_or_none(body), Verdict.REFUSED, Reason.BAD_VALUE, None)
    kind: int = change.__struct_config__.tag  # type: ignore[assignment]
    allowed = kind in _REGISTRY_WRITES if by_registry else kind not in _ONLY_REGISTRY_WRITES
    if not allowed:
        return Judgement(kind, Verdict.REFUSED, Reason.OUT_OF_SCOPE, None)
    try:
        _check(kind, change, registry)
    except BadChange:
        return Judgement(kind, Verdict.REFUSED, Reason.BAD_VALUE, None)
    return Judgement(kind, Verdict.APPLIED, Reason.NONE, change)


def check(change: Change, registry: PublicKey | None = None) -> None:
    """Raise `BadChange` when a change would be refused for what it holds; ask before it is made."""
    _check(change.__struct_config__.tag, change, registry)  # type: ignore[arg-type]


def _check(kind: int, change: Change, registry: PublicKey | None) -> None:
    match change:
        case Sale():  # first, since most are
            amount = quantity = 0
            for line in change.lines:
                amount += line.amount
                quantity += line.quantity
                if (line.commission or 0) > line.amount:
                    raise BadChange("a commission is more than the price")
            _within(max(amount, quantity, change.fee or 0))
        case Profile() | Item() | Partner() | Place():
            numbers = [each.field for each in change.fields]
            if len(set(numbers)) < len(numbers):
                raise BadChange("a field is written twice")
            for each in change.fields:
                check_value(kind, each.field, bytes(each.value))
        case Resolve():
            if (change.of == Kind.PROFILE) != (change.target is None):
                raise BadChange("a profile has no name, and everything else has one")
            check_value(change.of, change.field, bytes(change.value))
        case Return() | Purchase():
            _within(sum(line.amount for line in change.lines))
            _within(sum(line.quantity for line in change.lines))
        case Payment() | Expense():
            _within(change.amount)
        case Transfer():
            _within(max(change.amount, change.fee or 0))
        case Move():
            _within(sum(line.quantity for line in change.lines))
        case Count():
            _within(sum(line.counted for line in change.lines))
        case Production():
            if not change.used and not change.made and not change.wage:
                raise BadChange("a production without goods or wage")
            _within(sum(line.quantity for line in change.used + change.made))
            _within(change.wage or 0)
        case Certificate():
            if len(change.box) not in (0, KEY_BYTES):
                raise BadChange("a box key has 32 bytes, or is not told")
        case Revoke():
            if change.key == registry:
                raise BadChange("the registry's own key is not revoked")
        case Void():
            if isinstance(change.target, int) and change.target < 1:
                raise BadChange("a void of something that has a well-known name")
        case _:
            pass


def _within(total: int) -> None:
    if total > AMOUNT_MAX:
        raise BadChange(f"more than {AMOUNT_MAX} in one fact")


def _kind_or_none(body: bytes) -> int:
    try:
        return kind_of(body)
    except BadChange:
        return 0
