"""The doors of devices: whatever comes, each input is answered, and nothing is half applied.

The numbers are those of the list of bad inputs (server-notes, section 4.5), as design section 6
corrects it: a validly signed batch of a known key is always answered 200, with verdicts.
"""

import asyncio
import gzip
import os
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import structlog
from tests.server.makers import NOW, Answered, Device, Served, offer_of

from canting_protocol import changes as c
from canting_protocol.batch import Envelope, cut, deflate, peek
from canting_protocol.crypto import SigningKey
from canting_protocol.ledger.author import place
from canting_protocol.limits import BUNDLE_BYTES_MAX, ENROL_BYTES_MAX
from canting_protocol.log import Descriptor, Hash
from canting_protocol.messages import (
    MEDIA_TYPE,
    VERSION,
    Held,
    HeldHead,
    Offer,
    Reason,
    Request,
    Verdict,
    read_enrolled,
    read_receipt,
    write_enrolment,
    write_request,
)
from canting_protocol.signed import Signed

SALE = c.write(c.Sale([c.SaleLine(-1, 1000, 100)]))
UNKNOWN_KIND = msgspec.msgpack.encode([99, "from a newer version"])


@pytest.fixture
async def device(served: Served) -> Device:
    """An enrolled device with one sale that the registry has."""
    joined = await served.joined()
    joined.sells(1_000)
    await served.sync(joined)
    return joined


@pytest.fixture(autouse=True)
async def afterwards_all_is_well(served: Served) -> AsyncIterator[None]:
    """Whatever a test sent: nothing failed unexpectedly, and a good request still works."""
    with structlog.testing.capture_logs() as events:
        yield
        newcomer = await served.joined()
        newcomer.sells(7)
        await served.sync(newcomer)
        assert await served.sold(newcomer.artisan) == 7
    assert not [event for event in events if event["event"] == "request_failed"]


async def verdicts(served: Served, device: Device) -> list[tuple[int, int]]:
    """Return (verdict, reason) of every change of a ledger that was not simply applied."""
    found = await served.rows("change", "log, n, verdict, reason", device.artisan)
    return [(verdict, reason) for _, _, verdict, reason in found if verdict]


# -- the way it should go ----------------------------------------------------------------------


async def test_a_sale_arrives_once_and_its_receipt_is_signed(
    served: Served, device: Device
) -> None:
    device.sells(250_000)
    answered = await served.send(device.request())
    assert answered.headers["Content-Type"] == MEDIA_TYPE
    receipt = read_receipt(answered.answer.receipt, served.registry.key.public)
    assert receipt.artisan == device.artisan
    assert await served.sold(device.artisan) == 251_000


async def test_an_exact_resend_is_answered_alike_and_counts_once(  # 36
    served: Served, device: Device
) -> None:
    device.sells(250_000)
    request = device.request()
    first = await served.send(request)
    again = await served.send(request)
    assert again.answer.receipt == first.answer.receipt
    assert await served.sold(device.artisan) == 251_000


async def test_a_resend_of_a_part_with_more_counts_only_what_is_new(  # 37
    served: Served, device: Device
) -> None:
    device.sells(10)
    await served.send(device.request())  # whose answer is lost
    device.sells(20)
    await served.sync(device)
    assert await served.sold(device.artisan) == 1_030


async def test_one_request_on_eight_connections_at_once_counts_once(  # 41
    served: Served, device: Device
) -> None:
    device.sells(250_000)
    request = device.request()
    answers = await asyncio.gather(*[served.send(request) for _ in range(8)])
    assert len({each.answer.receipt for each in answers}) == 1
    assert await served.sold(device.artisan) == 251_000


async def test_a_cancelled_client_leaves_nothing_open(served: Served, device: Device) -> None:
    device.sells(250_000)
    sending = asyncio.create_task(served.send(device.request()))
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await served.sync(device)
    assert await served.sold(device.artisan) == 251_000


# -- transport ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/sync", "/v1/enrol"])
async def test_a_body_beyond_the_limit_is_refused(served: Served, path: str) -> None:  # 1
    answered = await served.post(path, bytes(BUNDLE_BYTES_MAX + 1))
    assert answered.problem == (413, "too_large")


async def test_an_announced_size_beyond_the_limit_is_refused_unread(served: Served) -> None:
    head = f"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Type: {MEDIA_TYPE}\r\n"
    told = await raw(served, (head + "Content-Length: 99999999\r\n\r\n").encode())
    assert told.startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_never_says_how_long_it_is_stops_at_the_limit(served: Served) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(2 * ENROL_BYTES_MAX // 512):
            yield bytes(512)

    answered = await served.post("/v1/enrol", endless())
    assert answered.problem == (413, "too_large")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "xyz", "gzip, gzip"])
async def test_an_encoded_body_is_refused_and_never_inflated(  # 2, 3, 5-8
    served: Served, device: Device, encoding: str
) -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    for body in (bomb, device.request(), b"not gzip at all"):
        answered = await served.send(body, Content_Encoding=encoding)
        assert answered.problem == (415, "unsupported_encoding")


async def test_identity_is_no_encoding(served: Served, device: Device) -> None:
    answered = await served.send(device.request(), Content_Encoding="identity")
    assert answered.status == 200


@pytest.mark.parametrize("told", ["text/plain", "application/json", "multipart/form-data"])
@pytest.mark.parametrize("path", ["/v1/sync", "/v1/enrol"])
async def test_another_media_type_is_refused(served: Served, path: str, told: str) -> None:  # 15
    answered = await served.call("POST", path, data=b"x", headers={"Content-Type": told})
    assert answered.problem == (415, "unsupported_media_type")


async def test_a_body_that_never_ends_is_given_up(served: Served, device: Device) -> None:  # 12
    """The time-out of these tests is one second."""
    head = f"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Type: {MEDIA_TYPE}\r\n"
    told = await raw(served, (head + "Content-Length: 1000\r\n\r\nabc").encode())
    assert told.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in told


async def test_a_client_that_leaves_in_the_middle_is_forgotten(served: Served) -> None:
    head = f"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Type: {MEDIA_TYPE}\r\n"
    _, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write((head + "Content-Length: 1000\r\n\r\nabc").encode())
    await writer.drain()
    writer.transport.abort()


@pytest.mark.parametrize(
    "chunks", [b"zz\r\nabc\r\n0\r\n\r\n", b"3\r\nabcdef\r\n0\r\n\r\n", b"-1\r\n\r\n"]
)
async def test_broken_chunks_are_a_bad_request(served: Served, chunks: bytes) -> None:
    head = f"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Type: {MEDIA_TYPE}\r\n"
    told = await raw(served, (head + "Transfer-Encoding: chunked\r\n\r\n").encode() + chunks)
    assert told.startswith(b"HTTP/1.1 400 ") or b" 400 " in told.split(b"\r\n")[0], told


@pytest.mark.parametrize(
    "head",
    [
        b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 16_384 + b"\r\n\r\n",
        b"POST /" + b"a" * 16_384 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n",
        b"BREW /v1/sync HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    ],
    ids=["two-lengths", "negative", "length-and-chunks", "header", "line", "nul", "method", "tls"],
)
async def test_what_is_not_http_is_a_bad_request(served: Served, head: bytes) -> None:  # 9-11, 17
    told = await raw(served, head)
    assert b" 400 " in told.split(b"\r\n")[0], told


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "TRACE", "PATCH"])
async def test_another_method_is_told_which_are_allowed(served: Served, method: str) -> None:  # 13
    head = {"Authorization": "Bearer cst_of-a-test"}
    answered = await served.call(method, "/v1/sync", headers=head)
    assert answered.problem == (405, "method_not_allowed")
    assert answered.headers["Allow"] == "POST"


@pytest.mark.parametrize("path", ["/nowhere", "/../../etc/passwd", "/%2e%2e/registry.key", "/%00"])
async def test_there_is_nothing_else(served: Served, path: str) -> None:  # 14
    answered = await served.call("GET", path)
    assert answered.problem == (404, "not_found")


# -- structure ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/sync", "/v1/enrol"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        b"\x92",
        b"\x92\xc4\x01",
        b"{}",
        b"\x91" * 4_000,
        b"\xdd\xff\xff\xff\xff",
        b"\x92\xc6\xff\xff\xff\xff",
        msgspec.msgpack.encode([b"", bytes(64)]),
        msgspec.msgpack.encode([b"\x91" * 3_000 + b"\x01", bytes(64)]),
        msgspec.msgpack.encode({"body": b"", "signature": bytes(64)}),
        msgspec.msgpack.encode([b"\xc0", bytes(63)]),
    ],
)
async def test_what_is_not_a_message_is_malformed(  # 18, 23
    served: Served, path: str, body: bytes
) -> None:
    answered = await served.post(path, body)
    assert answered.problem == (400, "malformed")


async def test_a_truncated_or_continued_request_is_malformed(  # 18
    served: Served, device: Device
) -> None:
    request = device.request()
    for body in (request[:-1], request[: len(request) // 2], request + b"x"):
        assert (await served.send(body)).problem == (400, "malformed")


async def test_a_version_that_is_not_known_is_named(served: Served, device: Device) -> None:
    request = Request(2, device.key.public, NOW, [device.book.offer()])
    answered = await served.send(write_request(device.key, request))
    assert answered.problem == (400, "unknown_version")


@pytest.mark.parametrize(
    "fields",
    [
        lambda d: [1.0, d.key.public, NOW, [[d.artisan, [], []]]],
        lambda d: [True, d.key.public, NOW, [[d.artisan, [], []]]],
        lambda d: [VERSION, d.key.public, 2**53, [[d.artisan, [], []]]],
        lambda d: [VERSION, d.key.public, NOW, []],
        lambda d: [VERSION, d.key.public, NOW, [[d.artisan[:7], [], []]]],
        lambda d: [VERSION, d.key.public[:31], NOW, [[d.artisan, [], []]]],
        lambda d: [VERSION, d.key.public, NOW, [[d.artisan, [], []]] * 513],
        lambda d: [VERSION, d.key.public, NOW, [[d.artisan, [], [b"x"] * 1025]]],
        lambda d: [
            VERSION,
            d.key.public,
            NOW,
            [[d.artisan, [[[d.key.public, b"short", b""], []]], []]],
        ],
        lambda d: [
            VERSION,
            d.key.public,
            NOW,
            [[d.artisan, [[[d.key.public, bytes(8), b""], [[0, 1, bytes(16)]]]], []]],
        ],
    ],
    ids=[
        "float",
        "true",
        "beyond-2^53",
        "no-ledger",
        "artisan",
        "key",
        "ledgers",
        "batches",
        "incarnation",
        "head-0",
    ],
)
async def test_a_signed_request_that_holds_something_else_is_malformed(  # 19
    served: Served, device: Device, fields: Any
) -> None:
    body = msgspec.msgpack.encode(fields(device))
    signature = device.key.sign(b"canting/request/1", body)
    answered = await served.send(msgspec.msgpack.encode(Signed(body, signature)))
    assert answered.problem == (400, "malformed")


async def test_head_and_descriptor_nobody_has_heard_of_are_harmless(
    served: Served, device: Device
) -> None:
    strange = Descriptor(device.key.public, os.urandom(8), os.urandom(32))
    held = Held(strange, [HeldHead(1, 2**53 - 1, os.urandom(16))])
    answered = await served.send(device.request(Offer(device.artisan, [held], [])))
    assert answered.status == 200
    assert await served.sold(device.artisan) == 1_000


# -- what changes hold: always 200, with verdicts ----------------------------------------------

LISTS = b"\x91" * 400 + b"\x01"
"""400 nested arrays."""


@pytest.mark.parametrize(
    ("body", "verdict", "reason"),
    [
        (UNKNOWN_KIND, Verdict.PARKED, Reason.UNKNOWN_KIND),  # 25
        (b"", Verdict.REFUSED, Reason.BAD_VALUE),
        (b"\xc1", Verdict.REFUSED, Reason.BAD_VALUE),
        (b"\x90", Verdict.REFUSED, Reason.BAD_VALUE),
        (b"\x91\x05", Verdict.REFUSED, Reason.BAD_VALUE),
        (b"\x91" * 15_000, Verdict.REFUSED, Reason.BAD_VALUE),  # 23
        (b"\x92\x01\x91\x92\x7f" + LISTS, Verdict.REFUSED, Reason.BAD_VALUE),
        (b"\x92\x01\x91\x92\x01\xa3\xff\xfe\xfd", Verdict.REFUSED, Reason.BAD_VALUE),  # 20
        (b"\x92\x01\x91\x92\x01\xa3\xed\xa0\x80", Verdict.REFUSED, Reason.BAD_VALUE),  # 20
        (b"\x92\x01\x91\x92\x01\xa1\x00", Verdict.REFUSED, Reason.BAD_VALUE),  # 21
        (b"\x92\x01\x91\x92\x01\xcb" + bytes(8), Verdict.REFUSED, Reason.BAD_VALUE),  # 19
        (b"\x92\x01\x91\x92\x06\xcf" + b"\xff" * 8, Verdict.REFUSED, Reason.BAD_VALUE),  # 19
        (b"\x92\x05\x91\x93\xff\xcd\x03\xe8\xc3", Verdict.REFUSED, Reason.BAD_VALUE),  # 19
        (b"\x92\x05\x91\x93\xff\xcd\x03\xe8\xff", Verdict.REFUSED, Reason.BAD_VALUE),  # 27
        (b"\x92\x05\x91\x93\xff\x00\x01", Verdict.REFUSED, Reason.BAD_VALUE),  # 27
        (b"\x92\x05\x91\x93\xff\x01\xcf" + b"\x7f" + b"\xff" * 7, Verdict.REFUSED, 2),  # 27
        (b"\x92\x05\x81\x01\x02", Verdict.REFUSED, Reason.BAD_VALUE),
        (c.write(c.Certificate(bytes(32))), Verdict.REFUSED, Reason.OUT_OF_SCOPE),
    ],
)
async def test_a_change_that_cannot_be_applied_is_kept_and_holds_nobody_up(
    served: Served, device: Device, body: bytes, verdict: int, reason: int
) -> None:
    offer = device.raw_log(SALE, body, SALE)
    answered = await served.send(device.request(offer))
    assert answered.answer.refused == []
    assert await verdicts(served, device) == [(verdict, reason)]
    assert await served.sold(device.artisan) == 1_200
    receipt = read_receipt(answered.answer.receipt, served.registry.key.public)
    assert [(each.first, each.last, each.verdict) for each in receipt.exceptions] == [
        (2, 2, verdict)
    ]


async def test_a_parked_change_is_handed_on_to_her_other_devices(
    served: Served, device: Device
) -> None:
    await served.send(device.request(device.raw_log(UNKNOWN_KIND, SALE)))
    other = await served.joined(device.artisan)
    await served.sync(other)
    kinds = other.book.conn.execute("SELECT kind, verdict FROM change ORDER BY kind").fetchall()
    assert (99, Verdict.PARKED) in kinds
    assert other.book.digest() == await served.digest(device.artisan)


@pytest.mark.parametrize("t", [0, -(2**53) + 1, 2**53 - 1, 253_402_300_800])
async def test_nothing_is_refused_for_its_date(  # 26, 42
    served: Served, device: Device, t: int
) -> None:
    offer = offer_of(device.key, device.artisan, [SALE], t=t)
    answered = await served.send(device.request(offer))
    assert answered.answer.refused == []
    assert await served.sold(device.artisan) == 1_100
    for path in ("/v1/totals", "/v1/artisans", "/v1/conflicts", "/v1/coverage"):
        assert (await served.ask(path)).status == 200


# -- batches: refused one by one, the others go in ---------------------------------------------


async def turned(served: Served, device: Device, offer: Offer) -> list[str]:
    """Return the codes of the batches refused, after seeing that none of them was kept."""
    before = await served.rows("envelope", "log, last, raw", device.artisan)
    answered = await served.send(device.request(offer))
    kept = {row[2] for row in await served.rows("envelope", "log, last, raw", device.artisan)}
    news = kept - {row[2] for row in before}
    for each in answered.answer.refused:
        assert offer.batches[each.index] not in news
    return [each.code for each in answered.answer.refused]


async def test_one_broken_batch_holds_up_no_other(served: Served, device: Device) -> None:  # 47
    offers = [device.raw_log(SALE) for _ in range(5)]
    batches = [each.batches[0] for each in offers]
    batches[2] = batches[2][:-1] + bytes([batches[2][-1] ^ 1])
    offer = Offer(device.artisan, [each.logs[0] for each in offers], batches)
    assert await turned(served, device, offer) == ["bad_signature"]
    assert await served.sold(device.artisan) == 1_400


async def test_batches_that_are_none_are_refused_by_name(served: Served, device: Device) -> None:
    good = device.raw_log(SALE)
    descriptor = good.logs[0].descriptor
    header, envelope = peek(good.batches[0])
    t = NOW

    def signed(**changed: Any) -> bytes:
        fields = {name: getattr(header, name) for name in header.__struct_fields__} | changed
        raw = msgspec.msgpack.encode(list(fields.values()))
        return msgspec.msgpack.encode(Envelope(raw, device.key.sign(b"canting/batch/1", raw)))

    two = deflate(b"\x00\x01\xc0\x00\x01\xc0", 0)
    cases = {
        signed(version=2): "unknown_version",
        signed(dictionary=77): "unknown_dictionary",
        signed(dictionary=0, body=b"not deflate"): "bad_body",
        signed(dictionary=0, body=deflate(bytes(300_000), 0)): "too_large",
        signed(dictionary=0, body=two, count=1): "bad_body",
        signed(dictionary=0, body=two, count=3): "bad_body",
        signed(dictionary=0, body=two[:-1]): "bad_body",
        signed(dictionary=0, body=two + b"x", count=2): "bad_body",
        signed(dictionary=0, body=deflate(b"\x00\x80\x80", 0)): "bad_body",
        signed(count=0): "malformed",
        signed(count=2_001): "malformed",  # 28
        signed(first=0): "malformed",
        signed(log=bytes(16)): "unknown_key",
        signed(previous=bytes(32)): "wrong_log",  # 40
        signed(artisan=bytes(8)): "wrong_log",  # 44
        signed(clock=2**53): "malformed",
        cut(SigningKey(bytes(32)), device.artisan, [place_one(descriptor)], t): "bad_signature",
        b"": "malformed",
        b"\xc1": "malformed",
        msgspec.msgpack.encode([b"", bytes(64)]): "malformed",
        msgspec.msgpack.encode([envelope.header, bytes(63)]): "malformed",
    }
    offer = Offer(device.artisan, good.logs, list(cases))
    assert await turned(served, device, offer) == list(cases.values())
    assert await served.sold(device.artisan) == 1_000
    assert await turned(served, device, good) == []
    assert await served.sold(device.artisan) == 1_100


def place_one(descriptor: Descriptor) -> Any:
    """Return a sale as the first change of a log."""
    return place(descriptor.log, 1, Hash(descriptor.origin), NOW, SALE)


async def test_every_byte_of_a_batch_flipped_is_refused_and_the_next_batch_goes_on(
    served: Served, device: Device
) -> None:
    """The request round it is validly signed each time; nothing of the flipped batch is applied."""
    good = device.raw_log(SALE, UNKNOWN_KIND, SALE)
    sound = good.batches[0]
    for at in range(len(sound)):
        flipped = sound[:at] + bytes([sound[at] ^ 0xFF]) + sound[at + 1 :]
        after = device.raw_log(SALE)
        offer = Offer(device.artisan, [*good.logs, *after.logs], [flipped, after.batches[0]])
        assert len(await turned(served, device, offer)) == 1, at
        assert await served.sold(device.artisan) == 1_000 + 100 * (at + 1)
    assert await turned(served, device, good) == []
    assert await served.sold(device.artisan) == 1_000 + 100 * (len(sound) + 2)


async def test_single_bits_of_a_batch_flipped_never_apply_anything_else(
    served: Served, device: Device
) -> None:
    good = device.raw_log(SALE)
    sound = good.batches[0]
    bits = [(at, bit) for at in range(len(sound)) for bit in range(8)]
    flipped = [sound[:at] + bytes([sound[at] ^ (1 << bit)]) + sound[at + 1 :] for at, bit in bits]
    for begin in range(0, len(flipped), 1_000):
        some = flipped[begin : begin + 1_000]
        offer = Offer(device.artisan, good.logs, some)
        assert len(await turned(served, device, offer)) == len(some)
    assert await served.sold(device.artisan) == 1_000


async def test_every_byte_of_a_request_flipped_is_refused(served: Served, device: Device) -> None:
    device.sells(250_000)
    request = device.request()
    for at in range(len(request)):
        flipped = request[:at] + bytes([request[at] ^ 0xFF]) + request[at + 1 :]
        answered = await served.send(flipped)
        assert answered.status in (400, 401), (at, answered.status)
    assert await served.sold(device.artisan) == 1_000
    await served.sync(device)
    assert await served.sold(device.artisan) == 251_000


async def test_a_gap_does_not_block_and_is_filled_later(  # 38
    served: Served, device: Device
) -> None:
    descriptor = Descriptor(device.key.public, os.urandom(8), b"")
    first = place_one(descriptor)
    second = place(descriptor.log, 2, first.hash, NOW, SALE)
    third = place(descriptor.log, 3, second.hash, NOW, SALE)
    held = [Held(descriptor, [])]
    for some in ([third], [first], [second]):
        batch = cut(device.key, device.artisan, some, NOW)
        assert await turned(served, device, Offer(device.artisan, held, [batch])) == []
    assert await served.sold(device.artisan) == 1_300


async def test_two_branches_of_one_log_are_both_kept(served: Served, device: Device) -> None:  # 39
    descriptor = Descriptor(device.key.public, os.urandom(8), b"")
    held = [Held(descriptor, [])]
    for amount in (10, 20):
        body = c.write(c.Sale([c.SaleLine(-1, 1000, amount)]))
        placed = place(descriptor.log, 1, Hash(descriptor.origin), NOW, body)
        batch = cut(device.key, device.artisan, [placed], NOW)
        assert await turned(served, device, Offer(device.artisan, held, [batch])) == []
    assert await served.sold(device.artisan) == 1_030


async def test_what_hangs_on_a_change_that_nobody_has_is_kept_as_a_branch_of_its_own(  # 40
    served: Served, device: Device
) -> None:
    """It may come yet; that it never was cannot be known. A log that begins so is none."""
    descriptor = Descriptor(device.key.public, os.urandom(8), b"")
    first = place_one(descriptor)
    follows = place(descriptor.log, 2, first.hash, NOW, SALE)
    hangs = place(descriptor.log, 2, Hash(os.urandom(32)), NOW, SALE)
    held = [Held(descriptor, [])]
    for some in (first, follows, hangs):
        batch = cut(device.key, device.artisan, [some], NOW)
        assert await turned(served, device, Offer(device.artisan, held, [batch])) == []
    assert await served.sold(device.artisan) == 1_300
    begins = place(descriptor.log, 1, Hash(os.urandom(32)), NOW, SALE)
    batch = cut(device.key, device.artisan, [begins], NOW)
    assert await turned(served, device, Offer(device.artisan, held, [batch])) == ["wrong_log"]


# -- identity ----------------------------------------------------------------------------------


async def test_a_stranger_is_told_that_nobody_knows_him(served: Served, device: Device) -> None:
    """Row 34: the same text, whether the artisan exists or not."""
    stranger = SigningKey(os.urandom(32))
    told = set()
    for artisan in (device.artisan, os.urandom(8)):
        offer = offer_of(stranger, artisan, [SALE])  # type: ignore[arg-type]
        request = Request(VERSION, stranger.public, NOW, [offer])
        answered = await served.send(write_request(stranger, request))
        assert answered.problem == (401, "unknown_key")
        told.add(answered.body)
    assert len(told) == 1
    assert await served.sold(device.artisan) == 1_000


async def test_a_known_device_does_not_speak_for_another_artisan(  # 34, 44
    served: Served, device: Device
) -> None:
    other = await served.joined()
    offer = device.raw_log(SALE, artisan=other.artisan)
    answered = await served.send(device.request(offer))
    assert answered.problem == (401, "unknown_key")
    assert await served.sold(other.artisan) == 0


async def test_a_batch_for_another_artisan_is_not_taken_for_ones_own(  # 44
    served: Served, device: Device
) -> None:
    other = await served.joined()
    foreign = device.raw_log(SALE, artisan=other.artisan)
    offer = Offer(device.artisan, foreign.logs, foreign.batches)
    assert await turned(served, device, offer) == ["wrong_log"]
    assert await served.sold(device.artisan) == 1_000


async def test_half_a_request_is_not_done(served: Served, device: Device) -> None:
    """One ledger is the sender's, one is not: nothing of either is kept."""
    other = await served.joined()
    offers = [device.raw_log(SALE), device.raw_log(SALE, artisan=other.artisan)]
    request = Request(VERSION, device.key.public, NOW, offers)
    answered = await served.send(write_request(device.key, request))
    assert answered.problem == (401, "unknown_key")
    assert await served.sold(device.artisan) == 1_000


@pytest.mark.parametrize(
    "signature",
    [bytes(64), b"\xff" * 64, b"\x01" + bytes(63)],
    ids=["zero", "ones", "small-order"],
)
async def test_no_signature_is_no_signature(  # 29, 31
    served: Served, device: Device, signature: bytes
) -> None:
    for key in (device.key.public, bytes(32), b"\x01" + bytes(31)):
        body = msgspec.msgpack.encode(Request(VERSION, key, NOW, [device.book.offer()]))
        answered = await served.send(msgspec.msgpack.encode(Signed(body, signature)))
        assert answered.status == 401
        assert answered.problem[1] in ("bad_signature", "unknown_key")


async def test_a_signature_for_something_else_does_not_do(served: Served, device: Device) -> None:
    """Row 30: signed as an enrolment, or by another key."""
    request = Request(VERSION, device.key.public, NOW, [device.book.offer()])
    body = msgspec.msgpack.encode(request)
    for signature in (
        device.key.sign(b"canting/enrol/1", body),
        SigningKey(os.urandom(32)).sign(b"canting/request/1", body),
        device.key.sign(b"canting/request/1", body + b" "),
    ):
        answered = await served.send(msgspec.msgpack.encode(Signed(body, signature)))
        assert answered.problem == (401, "bad_signature")


async def test_a_non_canonical_signature_is_refused(served: Served, device: Device) -> None:  # 31
    order = 2**252 + 27742317777372353535851937790883648493
    request = Request(VERSION, device.key.public, NOW, [device.book.offer()])
    body = msgspec.msgpack.encode(request)
    good = device.key.sign(b"canting/request/1", body)
    s = int.from_bytes(good[32:], "little") + order
    bad = good[:32] + s.to_bytes(32, "little")
    answered = await served.send(msgspec.msgpack.encode(Signed(body, bad)))
    assert answered.problem == (401, "bad_signature")


@pytest.mark.parametrize("skew", [-10 * 365 * 86_400, 3 * 365 * 86_400])
async def test_a_wrong_clock_is_measured_and_refuses_nothing(  # 33, 42
    served: Served, skew: int
) -> None:
    device = await served.joined()
    device.time.now += skew
    device.sells(250_000)
    await served.sync(device)
    assert await served.sold(device.artisan) == 250_000
    assert [row[0] for row in await served.rows("clock", '"offset", error', device.artisan)] == [
        -skew
    ]
    assert (await served.rows("turnover", "month, amount", device.artisan)) == [(202510, 250_000)]


async def test_a_shown_receipt_that_is_none_refuses_nothing(served: Served, device: Device) -> None:
    good = device.raw_log(SALE)
    for shown in (b"junk", os.urandom(200), device.request()):
        offer = Offer(device.artisan, good.logs, good.batches, shown)
        answered = await served.send(device.request(offer))
        assert answered.status == 200, answered.body
    assert await served.sold(device.artisan) == 1_100


async def test_the_registrys_own_batches_of_one_ledger_open_no_other(
    served: Served, device: Device
) -> None:
    """A certificate is for the ledger that its batch is signed for."""
    victim = await served.joined()
    mine = device.book.offer(believe_nothing=True)
    offer = Offer(victim.artisan, mine.logs, mine.batches)
    answered = await served.send(device.request(offer))
    assert answered.problem == (401, "unknown_key")


# -- enrolment ---------------------------------------------------------------------------------


async def enrol(served: Served, code: str, key: SigningKey | None = None) -> Answered:
    """Ask to be enrolled."""
    return await served.post("/v1/enrol", write_enrolment(key or SigningKey(os.urandom(32)), code))


async def test_a_code_opens_once_but_its_answer_may_be_lost(served: Served) -> None:  # 50
    code, key = await served.code(), SigningKey(os.urandom(32))
    first = await enrol(served, code, key)
    again = await enrol(served, code, key)
    assert read_enrolled(first.body).artisan == read_enrolled(again.body).artisan
    assert (await enrol(served, code)).problem == (409, "code_used")


async def test_a_code_may_be_typed_as_it_is_read(served: Served) -> None:
    code = (await served.code()).lower()
    assert (await enrol(served, f" {code[:4]}-{code[4:8]} {code[8:]} ")).status == 200


async def test_an_expired_code_is_gone(served: Served) -> None:  # 50
    code = await served.code(hours=1)
    served.time.now += 3_601
    assert (await enrol(served, code)).problem == (410, "code_expired")


async def test_a_code_that_never_was_is_not_found(served: Served) -> None:
    assert (await enrol(served, "0000")).problem == (404, "unknown_code")


async def test_an_enrolment_proves_its_key(served: Served) -> None:
    code = await served.code()
    honest = msgspec.msgpack.decode(write_enrolment(SigningKey(os.urandom(32)), code))
    forged = msgspec.msgpack.encode([honest[0], bytes(64)])
    assert (await served.post("/v1/enrol", forged)).problem == (401, "bad_signature")
    assert (await enrol(served, code)).status == 200


async def test_a_key_of_small_order_is_let_in_nowhere(served: Served) -> None:  # 31
    code = await served.code()
    neutral = bytes([1]) + bytes(31)
    body, _ = msgspec.msgpack.decode(write_enrolment(SigningKey(os.urandom(32)), code))
    said = msgspec.msgpack.decode(body)
    said[2] = neutral
    forged = msgspec.msgpack.encode([msgspec.msgpack.encode(said), neutral + bytes(32)])
    assert (await served.post("/v1/enrol", forged)).problem == (401, "bad_signature")
    assert (await enrol(served, code)).status == 200, "the code was not used up"


async def test_a_code_is_kept_only_as_its_hash(served: Served) -> None:
    code = await served.code()
    stored = await served.look(lambda conn: conn.fetch("SELECT code FROM enrolment"))
    assert all(code.encode() not in row[0] and len(row[0]) == 32 for row in stored)


class TestGuessing:
    """Guesses are counted for each address; the next good request would wait as well."""

    @pytest.fixture(autouse=True)
    def afterwards_all_is_well(self) -> None:
        """Not here: the door stays shut for ten minutes."""

    async def test_who_guesses_waits(self, served: Served) -> None:  # 50
        code = await served.code()
        for _ in range(10):
            assert (await enrol(served, os.urandom(8).hex())).problem == (404, "unknown_code")
        answered = await enrol(served, code)
        assert answered.problem == (429, "too_many_guesses")
        assert 0 < int(answered.headers["Retry-After"]) <= 601
        assert await served.look(lambda conn: used(conn)) == 0


def used(conn: Any) -> int:
    """Return how many codes have been used."""
    return int(conn.fetch("SELECT COUNT(used_by) FROM enrolment")[0][0])


# -- holes -----------------------------------------------------------------------------------


class TestHoles:
    """Found by trying, and closed by AMOUNT_MAX and BATCH_BYTES_MAX."""

    async def test_many_sums_as_large_as_can_be_are_still_answered(
        self, served: Served, device: Device
    ) -> None:
        """Eleven hundred times 2^53 − 1 rupiah is more than 64 bits hold."""
        huge = c.write(c.Sale([c.SaleLine(-1, 2**53 - 1, 2**53 - 1)]))
        offer = device.raw_log(*[huge] * 1_100)
        assert (await served.send(device.request(offer))).status == 200

    async def test_a_small_batch_padded_to_a_large_one_does_not_shut_the_door_behind_it(
        self, served: Served, device: Device
    ) -> None:
        """Empty blocks of DEFLATE inflate to nothing: a batch of one sale that fills a request."""
        padded = device.raw_log(SALE)
        header, _ = peek(padded.batches[0])
        frames = b"\x00" + bytes([len(SALE)]) + SALE
        stored = b"\x00" + len(frames).to_bytes(2, "little")
        stored += (len(frames) ^ 0xFFFF).to_bytes(2, "little") + frames
        body = stored + b"\x00\x00\x00\xff\xff" * 180_000 + deflate(b"", 0)
        values = [getattr(header, name) for name in header.__struct_fields__]
        raw = msgspec.msgpack.encode([*values[:5], NOW, 0, 1, body])
        batch = msgspec.msgpack.encode(Envelope(raw, device.key.sign(b"canting/batch/1", raw)))
        await served.send(device.request(Offer(device.artisan, padded.logs, [batch])))
        other = await served.joined(device.artisan)
        for _ in range(3):
            await served.sync(other)
        assert other.book.digest() == await served.digest(device.artisan)


# -- makers ------------------------------------------------------------------------------------


async def raw(served: Served, data: bytes) -> bytes:
    """Send bytes as they are; return what comes back until the first pause or the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        writer.write(data)
        await writer.drain()
        return await asyncio.wait_for(reader.read(65_536), 10)
    finally:
        writer.close()
        await writer.wait_closed()
