"""The workload's lines, given back by what a registry stored and the artisan's book key."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from tests.bench.as_changes import BOUGHT, CHANNEL, ITEM, PROFILE, SOLD
from tests.bench.workload import Line, Payload, base36

from canting_protocol import changes as c
from canting_protocol.log import PREFIX_BYTES, Placed
from canting_protocol.private import BookKey, key_id, reveal

_PROFILE: Final = {int(field): word for word, field in PROFILE.items()}
_ITEM: Final = {int(field): word for word, field in ITEM.items()}
_CHANNEL: Final = {int(channel): word for word, channel in CHANNEL.items()}
_SOLD: Final = {int(account): word for word, account in SOLD.items()}
_BOUGHT: Final = {int(account): word for word, account in BOUGHT.items()}


def lines_of(
    artisan: str, logs: Mapping[str, Sequence[Placed]], book_key: BookKey
) -> dict[str, list[Line]]:
    """Return the lines that each device wrote, from the changes in its log; times in whole seconds.

    `artisan` and the keys of `logs` are what the workload calls her and her devices.
    """
    reader = _Reader(artisan, book_key)
    for device, changes in logs.items():
        reader.learn_names(device, changes)
    return {device: reader.lines(device, changes) for device, changes in logs.items()}


class _Reader:
    def __init__(self, artisan: str, book_key: BookKey) -> None:
        self._artisan = artisan
        self._keys = {key_id(book_key): book_key}
        self._device_of: dict[bytes, str] = {}
        self._called: dict[tuple[str, int], str] = {}

    def learn_names(self, device: str, changes: Sequence[Placed]) -> None:
        """Learn what the workload calls what each change introduced."""
        self._device_of[changes[0].log[:PREFIX_BYTES]] = device
        seq = 0
        for change in changes:
            view = c.read(change.body)
            if isinstance(view, c.Partner):
                name = msgspec.msgpack.decode(view.fields[0].value, type=c.Private)
                self._called[device, change.n] = reveal(self._keys, name)
            elif not isinstance(view, c.Seen):
                seq += 1
                self._called[device, change.n] = f"{device}.{base36(seq)}"

    def lines(self, device: str, changes: Sequence[Placed]) -> list[Line]:
        """Return what the changes of one device say."""
        lines: list[Line] = []
        for change in changes:
            view = c.read(change.body)
            if isinstance(view, c.Partner | c.Seen):
                continue
            kind, said = self._said(device, change.n, view)
            lines.append(Line(self._artisan, device, len(lines) + 1, change.t * 1000, kind, said))
        return lines

    def _said(self, device: str, n: int, view: c.Change) -> tuple[str, Payload]:
        def name(name: c.Name | None) -> str:
            if isinstance(name, c.Foreign):
                return self._called[self._device_of[name.log], name.n]
            assert name is not None
            return self._called[device, name]

        me = self._called[device, n]
        match view:
            case c.Profile():
                return "profile", {"id": self._artisan, **_values(_PROFILE, view.fields)}
            case c.Item():
                id_ = me if view.target is None else name(view.target)
                return "item", {"id": id_, **_values(_ITEM, view.fields)}
            case c.Sale():
                lines = [
                    {
                        "item": name(line.item),
                        "qty": line.quantity // 1000,
                        "price": line.amount * 1000 // line.quantity,
                    }
                    for line in view.lines
                ]
                sale: Payload = {
                    "id": me,
                    "channel": _CHANNEL[int(view.channel)],
                    "payment": _SOLD[view.account],
                    "lines": lines,
                    "total": sum(line.amount for line in view.lines),
                }
                if view.partner is not None:
                    sale["customer"] = name(view.partner)
                if isinstance(view.note, c.Private):
                    sale["note"] = reveal(self._keys, view.note)
                return "sale", sale
            case c.Void():
                return "void", {"id": name(view.target), "reason": view.reason}
            case c.Purchase():
                (line,) = view.lines
                return "purchase", {
                    "id": me,
                    "item": name(line.item),
                    "qty": line.quantity // 1000,
                    "cost": line.amount * 1000 // line.quantity,
                    "total": line.amount,
                    "supplier": name(view.partner),
                    "payment": _BOUGHT[view.account],
                }
            case c.Expense():
                return "expense", {
                    "id": me,
                    "category": view.category,
                    "amount": view.amount,
                    "payment": _BOUGHT[view.account],
                }
            case c.Production():
                (made,) = view.made
                used = [{"item": name(u.item), "qty": u.quantity / 1000} for u in view.used]
                return "production", {
                    "id": me,
                    "item": name(made.item),
                    "qty": made.quantity // 1000,
                    "used": used,
                }
            case c.Count():
                counted = [
                    {"item": name(line.item), "counted": line.counted // 1000}
                    for line in view.lines
                ]
                return "stocktake", {"id": me, "lines": counted}
        raise AssertionError(f"the workload never says {view!r}")


def _values(words: Mapping[int, str], fields: Sequence[c.FieldWrite]) -> dict[str, Any]:
    return {words[each.field]: msgspec.msgpack.decode(each.value) for each in fields}
