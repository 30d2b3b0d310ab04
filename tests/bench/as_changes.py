"""The workload as changes of ours: what Canting would write where a line of it says something.

Names of things are small numbers, so each artisan's two devices are two logs. The names of buyers
are private values, which are random bytes to everyone else: seeded here, so that a run repeats.
"""

# ruff: noqa: S311 — chance here must be repeatable, not secret.

import random
from typing import Any, Final

from tests.bench.workload import Line, Payload, artisan_changes

from canting_protocol import changes as c
from canting_protocol.log import LOG_BYTES, PREFIX_BYTES, Hash, LogId, Placed, next_hash
from canting_protocol.private import BookKey, hide

_PROFILE: Final = {
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
_ITEM: Final = {
    "name": c.ItemField.NAME,
    "type": c.ItemField.TYPE,
    "unit": c.ItemField.UNIT,
    "price": c.ItemField.PRICE,
    "motif": c.ItemField.MOTIF,
    "min_stock": c.ItemField.STOCK_MIN,
}
_CHANNEL: Final = {
    "toko": c.Channel.SHOP,
    "pasar": c.Channel.MARKET,
    "wa": c.Channel.WHATSAPP,
    "tokopedia": c.Channel.TOKOPEDIA,
    "shopee": c.Channel.SHOPEE,
    "pameran": c.Channel.FAIR,
    "titip": c.Channel.CONSIGNMENT,
}
_SOLD: Final = {
    "tunai": c.Account.CASH,
    "transfer": c.Account.BANK,
    "qris": c.Account.QRIS,
    "tempo": c.Account.RECEIVABLE,
}
_BOUGHT: Final = _SOLD | {"tempo": c.Account.PAYABLE}


def logs_of(seed: str, index: int, months: int, *, with_buyers: bool = True) -> list[list[Placed]]:
    """Return one artisan's changes as they stand in the log of each of her devices."""
    writer = _Writer(random.Random(f"{seed}/{index}/changes"), with_buyers)
    for line in artisan_changes(seed, index, months):
        writer.write(line)
    return list(writer.logs.values())


class _Writer:
    """Writes changes at the end of the log of the device that a line names."""

    def __init__(self, chance: random.Random, with_buyers: bool) -> None:
        self.logs: dict[str, list[Placed]] = {}
        self._chance = chance
        self._with_buyers = with_buyers
        self._book_key = BookKey(chance.randbytes(32))
        self._ids: dict[str, LogId] = {}
        self._named: dict[str, tuple[str, int]] = {}
        """What the workload calls a thing: the device that introduced it, and its number there."""

    def write(self, line: Line) -> None:
        """Write what the line says, and before it the buyer that nobody knows yet."""
        said = line.payload
        buyer = said.get("customer") if self._with_buyers else None
        if buyer is not None and buyer not in self._named:
            name = c.value(hide(self._book_key, self._chance.randbytes(12), buyer))
            who = c.Partner(None, [c.FieldWrite(int(c.PartnerField.NAME), name)])
            self._append(line, who, introduces=buyer)
        self._append(line, self._change(line.kind, line.device, said), introduces=said["id"])

    def _append(self, line: Line, change: c.Change, introduces: str) -> None:
        log_id = self._ids.setdefault(line.device, LogId(self._chance.randbytes(LOG_BYTES)))
        log = self.logs.setdefault(line.device, [])
        previous = log[-1].hash if log else Hash(log_id + bytes(16))
        t, body = line.time // 1000, c.write(change)
        n = len(log) + 1
        log.append(Placed(log_id, n, next_hash(previous, t, body), previous, t, body))
        self._named.setdefault(introduces, (line.device, n))

    def _name(self, device: str, called: str) -> c.Name:
        owner, n = self._named[called]
        return n if owner == device else c.Foreign(self._ids[owner][:PREFIX_BYTES], n)

    def _change(self, kind: str, device: str, said: Payload) -> c.Change:
        match kind:
            case "profile":
                return c.Profile(_writes(_PROFILE, said))
            case "item":
                target = self._name(device, said["id"]) if said["id"] in self._named else None
                return c.Item(target, _writes(_ITEM, said))
            case "sale":
                lines = [
                    c.SaleLine(
                        self._name(device, line["item"]),
                        line["qty"] * 1000,
                        line["qty"] * line["price"],
                    )
                    for line in said["lines"]
                ]
                known = self._with_buyers and "customer" in said
                return c.Sale(
                    lines,
                    channel=int(_CHANNEL[said["channel"]]),
                    account=int(_SOLD[said["payment"]]),
                    partner=self._name(device, said["customer"]) if known else None,
                )
            case "void":
                return c.Void(self._name(device, said["id"]), said["reason"])
            case "purchase":
                bought = c.GoodsLine(
                    self._name(device, said["item"]), said["qty"] * 1000, said["total"]
                )
                return c.Purchase([bought], account=int(_BOUGHT[said["payment"]]))
            case "expense":
                account = int(_BOUGHT[said["payment"]])
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
