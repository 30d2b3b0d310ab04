"""Revoked devices at the door: what they bring is kept, and nothing of others is given to them."""

from typing import Any

import pytest
from tests.server.makers import Device, Served

from canting_protocol.batch import peek
from canting_protocol.messages import (
    Answer,
    Offer,
    Reason,
    read_enrolled,
    read_receipt,
    write_enrolment,
)
from canting_server.registry import revoking
from canting_server.registry.revoking import NotSo


@pytest.fixture
async def family(served: Served) -> tuple[Device, Device]:
    """Two devices of one artisan, each with one sale that both and the registry have."""
    lost = await served.joined()
    lost.sells(100)
    await served.sync(lost)
    other = await served.joined(lost.artisan)
    other.sells(20)
    await served.sync(other)
    await served.sync(lost)
    return lost, other


async def revoke(served: Served, device: Device, at: list[str] | None = None) -> revoking.Outcome:
    """Revoke a device, as far as all that the registry holds of it, or `at`."""
    key = device.key.public.hex()
    return await served.change(
        lambda conn: revoking.revoke(conn, served.registry, device.artisan, key, at, "dicuri")
    )


async def devices(served: Served, device: Device) -> dict[str, revoking.Device]:
    """Return what the registry says of the devices of an artisan, by their keys."""
    found = await served.look(lambda conn: revoking.devices(conn, served.registry, device.artisan))
    return {each.key: each for each in found}


def logs_in(answer: Answer, of: Device) -> set[bytes]:
    """Return the keys whose batches are in an answer."""
    logs = {descriptor.log: descriptor.key for descriptor in answer.logs}
    logs |= {log: each.key for log, each in of.book.parties().logs.items()}
    return {logs[peek(raw)[0].log] for raw in answer.batches}  # type: ignore[index]


async def test_what_a_revoked_device_brings_is_kept_and_counts_for_nothing(
    served: Served, family: tuple[Device, Device]
) -> None:
    lost, other = family
    lost.sells(999)  # offline, before anybody knew
    outcome = await revoke(served, lost)
    assert (len(outcome.heads), outcome.parked) == (1, 0)
    learned = await served.sync(lost)
    assert learned.revoked
    assert lost.book.revoked
    assert await served.sold(lost.artisan) == 120
    receipt = lost.book.receipt
    assert receipt is not None
    assert [each.reason for each in receipt.exceptions] == [Reason.REVOKED]
    they_lack, i_lack, _, _ = lost.book.level()
    assert (they_lack, i_lack) == (False, False), "it is receipted, and nothing is asked for again"
    lost.sells(999)  # a sale is never refused
    await served.sync(lost)
    assert await served.sold(lost.artisan) == 120
    told = (await devices(served, lost))[lost.key.public.hex()]
    assert (told.revoked, told.parked) == (True, 4), "its marks count for nothing either"
    learned = await served.sync(other)
    assert not learned.revoked
    assert other.book.digest() == await served.digest(lost.artisan), "it is handed on, too"


async def test_a_revoked_device_is_given_nothing_of_what_others_wrote(
    served: Served, family: tuple[Device, Device]
) -> None:
    lost, other = family
    await revoke(served, lost)
    other.sells(3)
    await served.sync(other)
    third = await served.joined(lost.artisan)
    third.sells(4)
    await served.sync(third)
    answered = await served.send(lost.request())
    assert {each.key for each in answered.answer.logs} <= {served.registry.key.public}
    assert logs_in(answered.answer, lost) == {served.registry.key.public}
    receipt = read_receipt(answered.answer.receipt, served.registry.key.public)
    assert len(receipt.heads) == 4
    lost.book.take_in(answered.answer)
    again = await served.send(lost.request())
    assert again.answer.batches == []
    nothing = lost.request(Offer(lost.artisan, [], []))
    all_of_it = await served.send(nothing)
    assert {each.key for each in all_of_it.answer.logs} == {served.registry.key.public}
    assert logs_in(all_of_it.answer, lost) == {served.registry.key.public}


async def test_a_used_code_gives_a_thief_nothing_either(served: Served) -> None:
    lost = served.device()
    code = await served.code()
    first = read_enrolled((await served.post("/v1/enrol", write_enrolment(lost.key, code))).body)
    lost.book.join("http://registry", first)
    lost.sells(100)
    await served.sync(lost)
    other = await served.joined(lost.artisan)
    other.sells(20)
    await served.sync(other)
    await revoke(served, lost)
    again = read_enrolled((await served.post("/v1/enrol", write_enrolment(lost.key, code))).body)
    assert {each.key for each in again.logs} == {served.registry.key.public}


async def test_what_was_parked_counts_once_staff_accept_it(
    served: Served, family: tuple[Device, Device]
) -> None:
    lost, other = family
    await revoke(served, lost)
    lost.sells(50)
    await served.sync(lost)
    assert await served.sold(lost.artisan) == 120
    key = lost.key.public.hex()[:8]
    outcome: revoking.Outcome = await served.change(
        lambda conn: revoking.accept(conn, served.registry, lost.artisan, key)
    )
    assert (len(outcome.heads), outcome.parked) == (1, 0)
    assert await served.sold(lost.artisan) == 170
    again: revoking.Outcome = await served.change(
        lambda conn: revoking.accept(conn, served.registry, lost.artisan, key)
    )
    assert again.heads == []
    lost.sells(999)
    await served.sync(lost)
    assert await served.sold(lost.artisan) == 170, "it stays revoked"
    await served.sync(other)
    assert other.book.digest() == await served.digest(lost.artisan)


async def test_a_revocation_may_name_heads_by_hand(
    served: Served, family: tuple[Device, Device]
) -> None:
    lost, _ = family
    second = lost.sells(30)
    lost.sells(999)
    await served.sync(lost)
    await revoke(served, lost, [])
    assert await served.sold(lost.artisan) == 20
    head = f"{second.log.hex()}:{second.n}:{second.hash.hex()}"
    await revoke(served, lost, [head])
    assert await served.sold(lost.artisan) == 150
    told = (await devices(served, lost))[lost.key.public.hex()]
    assert (told.revoked, told.parked, len(told.certified)) == (True, 1, 1)
    assert told.heard is not None
    assert told.logs[0].heads[0].startswith(f"{second.log.hex()[:16]}:{second.n + 1}:")


@pytest.mark.parametrize(
    ("which", "at"),
    [
        ("00" * 32, None),
        ("", None),
        (None, ["abc"]),
        (None, ["00" * 8 + ":0:" + "00" * 8]),
        (None, ["00" * 8 + ":9999999999999999:" + "00" * 8]),
    ],
)
async def test_what_is_no_key_or_head_is_said_and_nothing_is_written(
    served: Served, family: tuple[Device, Device], which: str | None, at: Any
) -> None:
    lost, _ = family
    key = lost.key.public.hex() if which is None else which
    with pytest.raises(NotSo):
        await served.change(
            lambda conn: revoking.revoke(conn, served.registry, lost.artisan, key, at, "x")
        )
    with pytest.raises(NotSo):
        await served.change(
            lambda conn: revoking.accept(conn, served.registry, lost.artisan, lost.key.public.hex())
        )
    assert await served.rows("revoked", "key, n", lost.artisan) == []


async def test_the_registry_and_another_keys_log_are_not_named(
    served: Served, family: tuple[Device, Device]
) -> None:
    lost, other = family
    with pytest.raises(NotSo):
        await served.change(
            lambda conn: revoking.revoke(
                conn, served.registry, lost.artisan, served.registry.key.public.hex(), None, "x"
            )
        )
    theirs = (await devices(served, lost))[other.key.public.hex()].logs[0].heads
    with pytest.raises(NotSo):
        await revoke(served, lost, theirs)
    await revoke(served, lost)
    with pytest.raises(NotSo):
        await revoke(served, lost)
