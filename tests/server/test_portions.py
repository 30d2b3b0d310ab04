"""Large requests in portions: nothing depends on where they are cut."""

import asyncio
import os

import pytest
from tests.server.makers import NOW, Device, Served, offer_of

from canting_protocol import changes as c
from canting_protocol.batch import cut
from canting_protocol.crypto import SigningKey
from canting_protocol.ledger.author import place
from canting_protocol.limits import FRONTIER_HEADS_MAX, FRONTIER_HEADS_RESERVED
from canting_protocol.log import Descriptor, Hash, LogId, Placed
from canting_protocol.messages import (
    VERSION,
    Answer,
    Held,
    Offer,
    Request,
    Turned,
    read_receipt,
    write_request,
)
from canting_server.registry.portions import (
    CHANGE_BYTES,
    LEDGER_BYTES,
    PORTION_BYTES_MAX,
    ledgers,
    portions,
    together,
)

KEY, REGISTRY = SigningKey(b"A" * 32), SigningKey(b"R" * 32)
SALE = c.write(c.Sale([c.SaleLine(-1, 1000, 100)]))


def log_of(key: SigningKey, artisan: bytes, sizes: list[int]) -> Offer:
    """Return an offer of one log in batches of so many sales."""
    log = Descriptor(key.public, os.urandom(8), b"")
    batches: list[bytes] = []
    previous, n = log.origin, 0
    for size in sizes:
        run: list[Placed] = []
        for _ in range(size):
            n += 1
            run.append(place(LogId(log.log), n, Hash(previous), NOW, SALE))
            previous = run[-1].hash
        batches.append(cut(key, artisan, run, NOW))  # type: ignore[arg-type]
    return Offer(artisan, [Held(log, [])], batches)


def asked(*offers: Offer) -> Request:
    """Return a request with these ledgers."""
    return Request(VERSION, KEY.public, NOW, list(offers))


def test_what_a_device_brings_after_a_few_days_is_one_portion() -> None:
    (portion,) = portions(asked(log_of(KEY, b"artisan1", [40, 20])), REGISTRY.public)
    assert [part.last for part in portion.parts] == [True]
    assert LEDGER_BYTES + 60 * CHANGE_BYTES < portion.size <= PORTION_BYTES_MAX


def test_a_large_request_is_cut_within_and_between_ledgers_and_every_batch_comes_once() -> None:
    offers = [log_of(KEY, b"artisan%d" % number, [60] * 5) for number in range(3)]
    offers.append(log_of(KEY, b"artisan9", [2_000, 1]))
    cuts = list(portions(asked(*offers), REGISTRY.public))
    for portion in cuts:
        alone = len(portion.parts) == 1 and len(portion.parts[0].places) == 1
        assert portion.size <= PORTION_BYTES_MAX or alone
    parts = [part for portion in cuts for part in portion.parts]
    for ledger, offer in enumerate(offers):
        mine = [part for part in parts if part.ledger == ledger]
        assert [raw for part in mine for raw in part.offer.batches] == offer.batches
        assert [place for part in mine for place in part.places] == list(range(len(offer.batches)))
        assert [part.last for part in mine] == [False] * (len(mine) - 1) + [True]
        assert all(part.offer.logs == offer.logs for part in mine)


def test_ledgers_without_batches_share_a_portion() -> None:
    empty = [Offer(b"artisan%d" % number, [], []) for number in range(8)]
    (portion,) = portions(asked(*empty), REGISTRY.public)
    assert [part.ledger for part in portion.parts] == list(range(8))
    assert all(part.last for part in portion.parts)
    assert [len(some) for some, _ in ledgers(asked(*empty, empty[0]))] == [8, 1]


def test_the_registrys_own_batches_come_first_wherever_they_stand() -> None:
    hers, ours = log_of(KEY, b"artisan1", [60] * 4), log_of(REGISTRY, b"artisan1", [1, 1])
    batches = [*hers.batches, *ours.batches, b"rubbish"]
    offer = Offer(b"artisan1", [*hers.logs, *ours.logs], batches)
    first = next(portions(asked(offer), REGISTRY.public)).parts[0]
    assert set(first.places) >= {4, 5}


def test_refusals_of_all_parts_are_told_by_their_place_in_the_request() -> None:
    offer = log_of(KEY, b"artisan1", [60] * 3)
    cuts = [part for each in portions(asked(offer), REGISTRY.public) for part in each.parts]
    assert len(cuts) == 3
    said = [Answer(b"artisan1", [], [], b"", [Turned(0, "bad_body")]) for _ in cuts]
    reply = together(VERSION, NOW, zip(cuts, said, strict=True))
    assert [each.index for each in reply.ledgers[0].refused] == [0, 1, 2]


# -- at the door -------------------------------------------------------------------------------


@pytest.fixture
async def device(served: Served) -> Device:
    """An enrolled device."""
    return await served.joined()


async def test_a_request_of_many_portions_is_answered_once_for_all_of_it(
    served: Served, device: Device
) -> None:
    offer = log_of(device.key, device.artisan, [60] * 20)
    broken = [*offer.batches[:7], b"rubbish", *offer.batches[7:]]
    request = device.request(Offer(device.artisan, offer.logs, broken))
    assert len(list(portions(asked(offer), REGISTRY.public))) >= 10
    answered = await served.send(request)
    assert answered.answer.refused == [Turned(7, "malformed")]
    receipt = read_receipt(answered.answer.receipt, served.registry.key.public)
    log = offer.logs[0].descriptor.log
    assert [(head.first, head.n) for head in receipt.heads if head.log == log] == [(1, 1_200)]
    assert await served.sold(device.artisan) == 1_200 * 100
    again = await served.send(request)
    assert again.answer.receipt == answered.answer.receipt
    assert await served.sold(device.artisan) == 1_200 * 100


async def test_it_is_the_same_as_sending_each_batch_by_itself(served: Served) -> None:
    first, other = await served.joined(), await served.joined()
    for device in (first, other):
        offer = log_of(device.key, device.artisan, [30] * 9)
        if device is first:
            await served.send(device.request(offer))
        for raw in reversed(offer.batches) if device is other else ():
            one = Offer(device.artisan, offer.logs, [raw])
            await served.send(device.request(one))
        assert await served.sold(device.artisan) == 27_000
    stock = [await served.rows("stock", "item, quantity", each.artisan) for each in (first, other)]
    assert stock[0] == stock[1]


async def test_of_a_large_request_for_a_strangers_ledger_too_nothing_is_kept(
    served: Served, device: Device
) -> None:
    other = await served.joined()
    offers = [
        log_of(device.key, device.artisan, [60] * 10),
        offer_of(device.key, other.artisan, [SALE]),
    ]
    request = Request(VERSION, device.key.public, NOW, offers)
    answered = await served.send(write_request(device.key, request))
    assert answered.problem == (401, "unknown_key")
    assert await served.sold(device.artisan) == 0


async def test_a_device_is_answered_while_a_large_request_is_under_way(
    served: Served, device: Device
) -> None:
    other = await served.joined()
    offer = log_of(device.key, device.artisan, [60] * 100)
    large = asyncio.create_task(served.send(device.request(offer)))
    for _ in range(5):
        other.sells(10)
        await served.sync(other)
    assert not large.done()
    assert (await large).status == 200
    assert await served.sold(other.artisan) == 50
    assert await served.sold(device.artisan) == 6_000 * 100


async def test_who_begins_logs_without_end_does_not_shut_her_other_device_out(
    served: Served, device: Device
) -> None:
    """A frontier that fits no message would: FRONTIER_HEADS_MAX holds at the door."""
    other = await served.joined(device.artisan)
    other.sells(7)
    await served.sync(other)
    room = FRONTIER_HEADS_MAX - FRONTIER_HEADS_RESERVED
    turned = 0
    for _ in range(2):
        offers = [device.raw_log(SALE) for _ in range(room // 2 + 10)]
        logs, batches = [each.logs[0] for each in offers], [each.batches[0] for each in offers]
        answered = await served.send(device.request(Offer(device.artisan, logs, batches)))
        assert {each.code for each in answered.answer.refused} <= {"too_large"}
        turned += len(answered.answer.refused)
    heads = await served.rows("head", "log, hash", device.artisan)
    assert len(heads) == room
    assert turned > 0
    for _ in range(3):
        await served.sync(other)
    other.sells(8)
    answered = await served.send(other.request())
    assert answered.answer.refused == []
    sold = 7 + 8 + 100 * (2 * (room // 2 + 10) - turned)
    assert await served.sold(device.artisan) == sold
