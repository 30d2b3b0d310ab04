"""The workload as changes of ours: what Canting would write where a line of it says something.

Names of things are small numbers, so each artisan's two devices are two logs, with the marks that a
book would write. The names of buyers and suppliers and the notes are private values, which are
random bytes to everyone else: seeded here, so that a run repeats. Nothing of a line is lost but the
milliseconds: `tests.bench.as_lines` gives the lines back.
"""

# ruff: noqa: S311 — chance here must be repeatable, not secret.

import random
from typing import Any, Final, NamedTuple

from tests.bench.workload import Line, Payload, artisan_changes

from canting_protocol import changes as c
from canting_protocol.crypto import KEY_BYTES, NONCE_BYTES, SigningKey
from canting_protocol.log import (
    INCARNATION_BYTES,
    PREFIX_BYTES,
    Descriptor,
    Placed,
    next_hash,
)
from canting_protocol.private import BookKey, hide

PROFILE: Final = {
    "name": c.ProfileField.NAME,
    "brand": c.ProfileField.BRAND,
    "craft": c.ProfileField.CRAFT,
    "phone": c.ProfileField.PHONE,
    "members": c.ProfileField.WORKERS,
    "hours": c.ProfileField.HOURS,
    "desa": c.ProfileField.VILLAGE,
    "kecamatan": c.ProfileField.DISTRICT,
    "kabupaten": c.ProfileField.REGENCY,
}
ITEM: Final = {
    "name": c.ItemField.NAME,
    "type": c.ItemField.TYPE,
    "unit": c.ItemField.UNIT,
    "price": c.ItemField.PRICE,
    "motif": c.ItemField.MOTIF,
    "min_stock": c.ItemField.STOCK_MIN,
}
CHANNEL: Final = {
    "toko": c.Channel.SHOP,
    "pasar": c.Channel.MARKET,
    "wa": c.Channel.WHATSAPP,
    "tokopedia": c.Channel.TOKOPEDIA,
    "shopee": c.Channel.SHOPEE,
    "pameran": c.Channel.FAIR,
    "titip": c.Channel.CONSIGNMENT,
}
SOLD: Final = {
    "tunai": c.Account.CASH,
    "transfer": c.Account.BANK,
    "qris": c.Account.QRIS,
    "tempo": c.Account.RECEIVABLE,
}
BOUGHT: Final = SOLD | {"tempo": c.Account.PAYABLE}


PUSH: Final = 60
"""After how many changes a device syncs, and her other device learns of them."""


class DeviceLog(NamedTuple):
    """What one device has written for its artisan."""

    device: str
    key: SigningKey
    descriptor: Descriptor
    changes: list[Placed]


def logs_of(seed: str, index: int, months: int) -> list[DeviceLog]:
    """Return one artisan's changes as they stand in the log of each of her devices."""
    writer = Writer(random.Random(f"{seed}/{index}/changes"), book_key_of(seed, index))
    for line in artisan_changes(seed, index, months):
        writer.write(line)
    return [log for log in writer.logs.values() if log.changes]


def book_key_of(seed: str, index: int) -> BookKey:
    """Return the key of one artisan's private values."""
    return BookKey(random.Random(f"{seed}/{index}/book key").randbytes(32))


class Writer:
    """Writes changes at the end of the log of the device that a line names."""

    def __init__(self, chance: random.Random, book_key: BookKey) -> None:
        self.logs: dict[str, DeviceLog] = {}
        self._chance = chance
        self._book_key = book_key
        self._named: dict[str, tuple[str, int]] = {}
        """What the workload calls a thing: the device that introduced it, and its number there."""
        self._marked: dict[str, int] = {}
        """How far a device's marks cover her other device's log."""

    def write(self, line: Line) -> None:
        """Write what the line says, and before it the partner that nobody knows yet."""
        said = line.payload
        for partner in (said.get("customer"), said.get("supplier")):
            if partner is not None and not self._knows(partner):
                name = c.value(self._hidden(partner))
                who = c.Partner(None, [c.FieldWrite(int(c.PartnerField.NAME), name)])
                self._append(line, who, introduces=partner)
        if line.kind in ("profile", "item", "stocktake"):
            self._mark(line)
        self._append(line, self._change(line.kind, line.device, said), introduces=said["id"])

    def _knows(self, called: str) -> bool:
        return called in self._named

    def _mark(self, line: Line) -> None:
        """Write the mark that comes before a change which depends on what was seen."""
        for device, log in self.logs.items():
            n, marked = len(log.changes) // PUSH * PUSH, self._marked.get(device, 0)
            if device != line.device and n > marked:
                piece = c.Piece(
                    log.descriptor.log[:PREFIX_BYTES],
                    marked + 1,
                    n,
                    log.changes[n - 1].hash[:PREFIX_BYTES],
                )
                self._append(line, c.Seen([piece]), introduces=None)
                self._marked[device] = n

    def _append(self, line: Line, change: c.Change, introduces: str | None) -> None:
        log = self._log(line.device)
        log_id, changes = log.descriptor.log, log.changes
        previous = changes[-1].hash if changes else log.descriptor.origin
        t, body, n = line.time // 1000, c.write(change), len(changes) + 1
        changes.append(Placed(log_id, n, next_hash(previous, t, body), previous, t, body))
        if introduces is not None:
            self._named.setdefault(introduces, (line.device, n))

    def _log(self, device: str) -> DeviceLog:
        if device not in self.logs:
            key = SigningKey(self._chance.randbytes(KEY_BYTES))
            descriptor = Descriptor(key.public, self._chance.randbytes(INCARNATION_BYTES), b"")
            self.logs[device] = DeviceLog(device, key, descriptor, [])
        return self.logs[device]

    def _hidden(self, text: str) -> c.Private:
        return hide(self._book_key, self._chance.randbytes(NONCE_BYTES), text)

    def _name(self, device: str, called: str) -> c.Name:
        owner, n = self._named[called]
        if owner == device:
            return n
        return c.Foreign(self._log(owner).descriptor.log[:PREFIX_BYTES], n)

    def _change(self, kind: str, device: str, said: Payload) -> c.Change:
        match kind:
            case "profile":
                return c.Profile(_writes(PROFILE, said))
            case "item":
                target = self._name(device, said["id"]) if self._knows(said["id"]) else None
                return c.Item(target, _writes(ITEM, said))
            case "sale":
                lines = [
                    c.SaleLine(
                        self._name(device, line["item"]),
                        line["qty"] * 1000,
                        line["qty"] * line["price"],
                    )
                    for line in said["lines"]
                ]
                return c.Sale(
                    lines,
                    channel=int(CHANNEL[said["channel"]]),
                    account=int(SOLD[said["payment"]]),
                    partner=self._name(device, said["customer"]) if "customer" in said else None,
                    note=self._hidden(said["note"]) if "note" in said else None,
                )
            case "void":
                return c.Void(self._name(device, said["id"]), said["reason"])
            case "purchase":
                bought = c.GoodsLine(
                    self._name(device, said["item"]), said["qty"] * 1000, said["total"]
                )
                return c.Purchase(
                    [bought],
                    account=int(BOUGHT[said["payment"]]),
                    partner=self._name(device, said["supplier"]),
                )
            case "expense":
                account = int(BOUGHT[said["payment"]])
                return c.Expense(said["category"], said["amount"], account)
            case "production":
                used = [
                    c.MoveLine(self._name(device, line["item"]), int(line["qty"] * 1000))
                    for line in said["used"]
                ]
                made = c.MoveLine(self._name(device, said["item"]), said["qty"] * 1000)
                return c.Production(used, [made])
            case "stocktake":
                counted = [
                    c.CountLine(self._name(device, line["item"]), line["counted"] * 1000)
                    for line in said["lines"]
                ]
                return c.Count(counted)
        raise AssertionError(f"the workload says {kind!r}")


def _writes(fields: dict[str, Any], said: Payload) -> list[c.FieldWrite]:
    return [
        c.FieldWrite(int(field), c.value(said[word]))
        for word, field in fields.items()
        if word in said
    ]
