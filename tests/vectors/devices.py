"""Devices without a database: a key, a pen and a set of changes, all of it from fixed seeds."""

from collections.abc import Iterable, Sequence
from typing import Final

from tests.vectors.deflate import stored

from canting_protocol import changes as c
from canting_protocol import codec
from canting_protocol.batch import VERSION, Envelope, Header
from canting_protocol.crypto import SigningKey, sha256
from canting_protocol.ledger.author import place
from canting_protocol.ledger.pen import Own, Pen
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.project import project
from canting_protocol.log import ArtisanId, Descriptor, Hash, LogId, Placed

ARTISAN: Final = ArtisanId(bytes.fromhex("a1b2c3d4e5f60718"))
REGISTRY: Final = SigningKey(b"R" * 32)
MONDAY: Final = 20_366 * 86_400 + 7 * 3600
"""2025-10-06, 14:00 in Mojokerto: seconds since 1970."""
TODAY: Final = 20_367
"""2025-10-07, a Tuesday: days since 1970-01-01."""
HOUR: Final = 3600
DAY: Final = 86_400


class Device:
    """Someone who writes in a ledger: one of the artisan's devices, or the registry."""

    def __init__(self, letter: str, clock: int = MONDAY) -> None:
        self.letter = letter
        self.key = SigningKey(letter.encode() * 32)
        self.clock = clock
        self.drawn = 0
        self.own: Own | None = None
        self.changes: dict[bytes, Placed] = {}
        self.logs: dict[LogId, Descriptor] = {}

    def random(self, size: int) -> bytes:
        """Return bytes that differ each time and from device to device."""
        self.drawn += 1
        return sha256(self.letter.encode(), self.drawn.to_bytes(4, "big"))[:size]

    def pen(self) -> Pen:
        """Return a pen on what this device holds."""
        parties = Parties(self.logs, REGISTRY.public)
        return Pen(
            project(parties, self.changes.values()),
            parties,
            self.key.public,
            self.own,
            self.random,
        )

    def write(self, *changes: c.Change, salted: bool = False, wait: int = 60) -> Placed:
        """Write changes, each `wait` seconds after the one before; return the last."""
        pen = self.pen()
        for change in changes:
            self.clock += wait
            written = pen.append(change, self.clock, salted=salted)
            self.changes |= {each.hash: each for each in written}
        self.own = pen.own
        self.logs |= pen.logs
        return written[-1]

    def raw(self, body: bytes) -> Placed:
        """Write bytes that a careful device would not, or could not yet."""
        assert self.own is not None
        assert not self.own.rotate
        self.clock += 60
        placed = place(LogId(self.own.log), self.own.n + 1, Hash(self.own.hash), self.clock, body)
        self.changes[placed.hash] = placed
        self.own = Own(placed.log, placed.n, placed.hash)
        return placed

    def hear(self, *others: "Device") -> None:
        """Take in everything that others hold."""
        for other in others:
            self.changes |= other.changes
            self.logs |= other.logs

    def twin(self) -> "Device":
        """Return the same device again, as a copier would make it."""
        copy = Device(self.letter, self.clock)
        copy.drawn, copy.own = self.drawn + 1000, self.own
        copy.changes, copy.logs = dict(self.changes), dict(self.logs)
        return copy

    def begin_anew(self) -> None:
        """Let the next change begin a new incarnation, with the own head as its parent."""
        assert self.own is not None
        self.own = Own(self.own.log, self.own.n, self.own.hash, rotate=True)

    def name(self, placed: Placed) -> c.Name:
        """Return how this device names what a change introduced."""
        if self.own is not None and not self.own.rotate and self.own.log == placed.log:
            return placed.n
        return c.Foreign(placed.log[:8], placed.n)

    def log_of(self) -> list[Placed]:
        """Return the changes of the log that is being written, in order."""
        assert self.own is not None
        mine = [each for each in self.changes.values() if each.log == self.own.log]
        return sorted(mine, key=lambda each: each.n)


def frames(changes: Sequence[Placed], clock: int) -> bytes:
    """Return what a batch of these changes inflates to."""
    out, t = bytearray(), clock
    for each in changes:
        out += codec.uvarint(codec.zigzag(each.t - t)) + codec.uvarint(len(each.body)) + each.body
        t = each.t
    return bytes(out)


def header_of(
    artisan: ArtisanId,
    changes: Sequence[Placed],
    clock: int,
    *,
    dictionary: int = 0,
    body: bytes | None = None,
    count: int | None = None,
) -> Header:
    """Return the header of a batch; its body is stored, not compressed, unless it is given."""
    return Header(
        VERSION,
        artisan,
        changes[0].log,
        changes[0].n,
        changes[0].previous,
        clock,
        dictionary,
        len(changes) if count is None else count,
        stored(frames(changes, clock)) if body is None else body,
    )


def signed(key: SigningKey, header: bytes) -> bytes:
    """Return the envelope of a header's bytes."""
    return codec.encode(Envelope(header, key.sign(b"canting/batch/1", header)))


def batch(
    key: SigningKey, changes: Sequence[Placed], clock: int, artisan: ArtisanId = ARTISAN
) -> bytes:
    """Return consecutive changes of one log as a signed batch that is stored, not compressed."""
    return signed(key, codec.encode(header_of(artisan, changes, clock)))


def everything(*devices: Device) -> tuple[dict[LogId, Descriptor], list[Placed]]:
    """Return what several devices hold together, in log order."""
    logs: dict[LogId, Descriptor] = {}
    changes: dict[bytes, Placed] = {}
    for device in devices:
        logs |= device.logs
        changes |= device.changes
    return logs, in_log_order(changes.values())


def in_log_order(changes: Iterable[Placed]) -> list[Placed]:
    """Return changes by log, number and hash."""
    return sorted(changes, key=lambda each: (each.log, each.n, each.hash))
