"""NIKs at the registry: equal ones are found and shown, and nobody reads one."""

from typing import Any

import msgspec
from tests.server import city
from tests.server.makers import TOKEN, Device, Served
from tests.server.test_pages import Visitor

from canting_protocol import changes as c
from canting_protocol import codec, nik
from canting_protocol.crypto import BoxPublic, SigningKey, seal_to
from canting_server.proof import prove
from canting_server.settings import database_path
from canting_server.store import niks

NIK, OTHER = "9999994101900001", "9999991212920002"


def told(device: Device, number: str, box: BoxPublic | None = None) -> None:
    """Let a device tell a NIK, sealed as `canting nik` does, or to another box."""
    to = device.book.box if box is None else box
    assert to is not None
    sealed = nik.seal(to, device.artisan, number)
    write(device, sealed, nik.end_of(number))


def write(device: Device, sealed: bytes | None, end: str | None) -> None:
    """Let a device write both fields."""
    device.book.record(
        c.Profile(
            [
                c.FieldWrite(c.ProfileField.NIK, c.value(sealed)),
                c.FieldWrite(c.ProfileField.NIK_END, c.value(end)),
            ]
        )
    )


async def people(served: Served, *numbers: str) -> list[Device]:
    """Return the devices of artisans who have told these NIKs, and synced."""
    found = []
    for number, (name, brand, area) in zip(numbers, city.PEOPLE, strict=False):
        device = await city.settle_in(served, name, brand, area)
        told(device, number)
        await served.sync(device)
        found.append(device)
    return found


async def asked(served: Served) -> Any:
    """Ask as staff."""
    return (await served.ask("/v1/duplicates")).json


async def test_equal_niks_are_shown_by_their_ends_and_nothing_is_merged(served: Served) -> None:
    one, two, _ = await people(served, NIK, NIK, OTHER)
    found = await asked(served)
    expected = [
        {"id": each.artisan.hex(), "name": name, "nik_end": "0001"}
        for each, name in ((one, "Sri Contoh"), (two, "Rahayu Misal"))
    ]
    assert found["unreadable"] == []
    (group,) = found["groups"]
    assert sorted(group, key=lambda each: str(each["name"])) == expected[::-1]
    assert len((await served.ask("/v1/artisans")).json["rows"]) == 3
    assert (await served.ask("/v1/verdicts")).json["rows"] == []


async def test_whose_nik_changes_or_goes_is_compared_anew(served: Served) -> None:
    one, two = await people(served, NIK, NIK)
    told(two, OTHER)
    await served.sync(two)
    assert (await asked(served))["groups"] == []
    told(two, NIK)
    await served.sync(two)
    assert len((await asked(served))["groups"]) == 1
    write(two, None, None)
    await served.sync(two)
    assert (await asked(served))["groups"] == []
    assert await served.rows("nik", "hmac, 1", two.artisan) == []
    assert len(await served.rows("nik", "hmac, 1", one.artisan)) == 1


async def test_what_does_not_open_is_noted_and_refused_nobody(served: Served) -> None:
    one, two, three, four = await people(served, NIK, OTHER, OTHER, OTHER)
    told(two, NIK, SigningKey(b"S" * 32).box.public)
    sealed = nik.seal(served.registry.key.box.public, one.artisan, NIK)
    write(three, sealed, "0001")  # another artisan's, copied
    write(four, seal_to(served.registry.key.box.public, b"x" * 200, b"canting/nik/1\0"), "0001")
    for device in (two, three, four):
        await served.sync(device)
        assert device.book.receipt is not None
        assert device.book.receipt.exceptions == []
    found = await asked(served)
    assert found["groups"] == []
    assert found["unreadable"] == sorted(each.artisan.hex() for each in (two, three, four))


async def test_a_nik_in_the_clear_is_kept_as_any_change_and_applied_nowhere(served: Served) -> None:
    device = await served.joined()
    clear = codec.encode([1, [[15, "x" * 64]]])
    answered = await served.send(device.request(device.raw_log(clear)))
    assert answered.answer.refused == []
    assert [row["reason"] for row in (await served.ask("/v1/verdicts")).json["rows"]] == [
        "bad-value"
    ]
    assert await asked(served) == {"groups": [], "unreadable": []}


async def test_rebuilding_and_proving_give_the_same_table(served: Served) -> None:
    one, _, three = await people(served, NIK, NIK, OTHER)
    told(three, NIK, SigningKey(b"S" * 32).box.public)
    await served.sync(three)

    def everyone(conn: Any) -> Any:
        return conn.fetch("SELECT artisan, hmac FROM nik ORDER BY artisan")

    before = await served.look(everyone)
    assert len(before) == 3
    await served.change(served.registry.rebuild_everything)
    assert await served.look(everyone) == before
    await served.change(lambda conn: served.registry.rebuild(conn, one.artisan))
    assert await served.look(everyone) == before
    assert (await served.look(lambda conn: prove(conn, served.registry))).wrong == []
    await served.change(lambda conn: niks.keep(conn, one.artisan, niks.Nik(bytes(32))))
    (wrong,) = (await served.look(lambda conn: prove(conn, served.registry))).wrong
    assert "NIK" in wrong


async def test_erasing_a_person_clears_by_what_she_was_compared(served: Served) -> None:
    one, two = await people(served, NIK, NIK)
    await served.change(lambda conn: served.registry.erase(conn, one.artisan))
    assert await asked(served) == {"groups": [], "unreadable": []}
    assert await served.rows("nik", "hmac, 1", one.artisan) == []
    assert len(await served.rows("nik", "hmac, 1", two.artisan)) == 1


async def test_the_key_of_comparing_is_nowhere_in_the_database(served: Served) -> None:
    await people(served, NIK, NIK)
    key = served.registry.key.derive(nik.COMPARING)
    (hmac, _), *_ = await served.look(lambda conn: conn.fetch("SELECT hmac, artisan FROM nik"))
    assert hmac == nik.compared_by(key, NIK)
    for file in database_path(served.home).parent.glob("registry.db*"):
        assert key not in file.read_bytes()
        assert NIK.encode() not in file.read_bytes()


async def test_the_same_token_is_needed_and_nothing_is_asked_besides(served: Served) -> None:
    assert (await served.ask("/v1/duplicates", token=None)).status == 401
    assert (await served.ask("/v1/duplicates?hmac=00")).status == 400
    first = await served.ask("/v1/duplicates")
    again = await served.call(
        "GET",
        "/v1/duplicates",
        headers={
            "Authorization": f"Bearer {TOKEN}",
            "If-None-Match": first.headers["ETag"],
        },
    )
    assert again.status == 304


async def test_the_front_page_says_how_many_may_be_the_same(served: Served) -> None:
    one, two, _ = await people(served, NIK, NIK, OTHER)
    visitor = Visitor(served)
    await visitor.sign_in()
    page = (await visitor.get("/?lang=id")).body.decode()
    assert "Kemungkinan orang yang sama: 1" in page
    assert "NIK …0001" in page
    assert NIK not in page
    assert "Possibly the same person: 1" in (await visitor.get("/?lang=en")).body.decode()
    for each in (one, two):
        assert each.artisan.hex() in page
    write(two, None, None)
    await served.sync(two)
    assert "Kemungkinan" not in (await visitor.get("/?lang=id")).body.decode()


async def test_rival_niks_wait_for_a_person_who_reads_neither(served: Served) -> None:
    (one,) = await people(served, NIK)
    two = await served.joined(one.artisan)
    await served.sync(two)
    two.time.now += 60
    told(one, NIK)
    told(two, OTHER)
    await served.sync(one)
    await served.sync(two)
    rows = (await served.ask("/v1/conflicts")).json["rows"]
    by_field = {row["field"]: [each["value"] for each in row["values"]] for row in rows}
    assert by_field["15"] == ["(milik perajin)"] * 2
    assert sorted(by_field["16"]) == ["0001", "0002"]
    (row,) = (row for row in rows if row["field"] == "15")
    seen = [each["write"] for each in row["values"]]
    first = next(each for each in row["values"] if not each["shown"])
    answered = await served.call(
        "POST",
        f"/v1/conflicts/{one.artisan.hex()}/profile/15",
        data=msgspec.json.encode({"choose": first["write"], "seen": seen}),
        headers={
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/json",
        },
    )
    assert answered.status == 200, answered.body
    key = served.registry.key.derive(nik.COMPARING)
    ((hmac, _),) = await served.rows("nik", "hmac, 1", one.artisan)
    # Both fields are of one change: which of the two was not shown, its end tells.
    (ends,) = (row["values"] for row in rows if row["field"] == "16")
    end = next(each["value"] for each in ends if not each["shown"])
    assert hmac == nik.compared_by(key, NIK if NIK.endswith(end) else OTHER)
