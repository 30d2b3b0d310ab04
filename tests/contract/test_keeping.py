"""What the store keeps: byte for byte, once, and each artisan's apart."""

import os

from canting_protocol.crypto import PublicKey
from canting_protocol.ledger.pen import Own
from canting_protocol.ledger.rows import (
    SHAPES,
    ChangeRow,
    Nothing,
    Row,
    Rows,
    Stock,
    Tally,
    Turnover,
    Write,
    key_of,
)
from canting_protocol.log import ArtisanId, Descriptor, LogId
from canting_server.store import ledgers, logs, migrations, overview, people, questions
from canting_server.store.database import Connection, Database

NOW = 1_760_000_000
LOG = LogId(b"L" * 16)


def rows_of(*kept: Row) -> Rows:
    """Return a working set that holds rows to be written."""
    rows = Rows(Nothing())
    for row in kept:
        rows.put(row)
    return rows


def change(n: int, verdict: int = 0, reason: int = 0) -> ChangeRow:
    """Return a change of a log."""
    return ChangeRow(LOG, n, bytes([n]) * 32, bytes(32), NOW, 5, verdict, reason, b"\x91\x05")


# -- logs --------------------------------------------------------------------------------------


async def test_an_artisan_is_begun_once(db: Database, artisan: ArtisanId) -> None:
    await db.write(lambda conn: logs.add_artisan(conn, artisan, NOW + 9))
    everyone = await db.read(logs.artisans)
    assert everyone.count(artisan) == 1
    assert everyone == sorted(everyone)


async def test_a_descriptor_is_remembered_as_it_was_first(
    db: Database, artisan: ArtisanId, other: ArtisanId
) -> None:
    first = Descriptor(PublicKey(os.urandom(32)), os.urandom(8), b"")
    second = Descriptor(first.key, os.urandom(8), os.urandom(32))

    def work(conn: Connection) -> None:
        for descriptor in (first, second, first):
            logs.keep_descriptor(conn, artisan, descriptor)

    await db.write(work)
    found = await db.read(lambda conn: logs.descriptors(conn, artisan))
    assert found == {first.log: first, second.log: second}
    assert await db.read(lambda conn: logs.descriptors(conn, other)) == {}


async def test_a_batch_is_kept_once_and_byte_for_byte(
    db: Database, artisan: ArtisanId, other: ArtisanId
) -> None:
    raw = bytes(range(256)) * 3

    def keep(conn: Connection) -> None:
        logs.keep_envelope(conn, artisan, LOG, 1, 3, b"h" * 32, NOW, raw)

    await db.write(keep)
    await db.write(keep)
    assert await db.read(lambda conn: logs.all_envelopes(conn, artisan)) == [raw]
    assert await db.read(lambda conn: logs.all_envelopes(conn, other)) == []


async def test_batches_are_found_by_any_change_that_is_in_them(
    db: Database, artisan: ArtisanId
) -> None:
    """Two cuts of one log, and a branch of it, lie side by side."""
    batches = [(1, 3, b"a"), (4, 6, b"b"), (3, 5, b"c"), (4, 6, b"d")]

    def keep(conn: Connection) -> None:
        for first, last, hash_ in batches:
            logs.keep_envelope(conn, artisan, LOG, first, last, hash_ * 32, NOW, hash_)

    await db.write(keep)
    for first, n, found in ((1, 1, "a"), (3, 3, "ac"), (4, 4, "bcd"), (6, 9, "bd"), (7, 9, "")):
        rows = await db.read(
            lambda conn, low=first, high=n: logs.envelopes(conn, artisan, LOG, low, high)  # type: ignore[misc]
        )
        assert sorted(row[3].decode() for row in rows) == list(found)
        assert [(row[0], row[1]) for row in rows] == sorted((row[0], row[1]) for row in rows)


async def test_the_end_of_the_registrys_own_log_is_renewed(
    db: Database, artisan: ArtisanId, other: ArtisanId
) -> None:
    assert await db.read(lambda conn: logs.own(conn, artisan)) is None
    for end in (Own(LOG, 1, b"a" * 32), Own(LOG, 2, b"b" * 32, rotate=True)):
        await db.write(lambda conn, end=end: logs.keep_own(conn, artisan, end))  # type: ignore[misc]
        assert await db.read(lambda conn: logs.own(conn, artisan)) == end
    assert await db.read(lambda conn: logs.own(conn, other)) is None


# -- ledgers -----------------------------------------------------------------------------------


async def test_every_shape_of_row_comes_back_as_it_was(db: Database, artisan: ArtisanId) -> None:
    """Whatever a table is made of: it is made from the shape."""
    samples: dict[str, object] = {"int": 2**53 - 1, "bytes": b"\0\xff", "str": "kunci ☕"}
    kept = [shape(*[samples.get(str(hint)) for hint in hints(shape)]) for shape in SHAPES]
    await db.write(lambda conn: ledgers.save(conn, artisan, rows_of(*kept), whole=False))
    found = await db.read(lambda conn: ledgers.all_rows(conn, artisan))
    assert found == kept


def hints(shape: type[Row]) -> list[str]:
    """Return the names of a shape's types; one that may be absent is."""
    return [
        each if isinstance(each, str) else getattr(each, "__name__", "absent")
        for each in (shape.__annotations__[field] for field in shape.__struct_fields__)
    ]


async def test_rows_are_renewed_dropped_and_found_by_their_first_columns(
    db: Database, artisan: ArtisanId, other: ArtisanId
) -> None:
    first = [Stock("a", "x", 1, 0, 0), Stock("a", "y", 2, 0, 0), Stock("b", "x", 3, 0, 0)]
    for whose in (artisan, other):
        await db.write(
            lambda conn, whose=whose: ledgers.save(conn, whose, rows_of(*first), whole=False)  # type: ignore[misc]
        )

    def change_them(conn: Connection) -> None:
        rows = Rows(ledgers.LedgerRows(conn, artisan))
        rows.put(Stock("a", "x", 10, 0, 1))
        rows.drop(first[1])
        rows.drop(Stock("never", "was", 0, 0, 0))
        ledgers.save(conn, artisan, rows, whole=False)

    await db.write(change_them)

    def find(conn: Connection) -> list[Stock]:
        return sorted(ledgers.LedgerRows(conn, artisan).find(Stock, ("a",)), key=key_of)

    assert await db.read(find) == [Stock("a", "x", 10, 0, 1)]
    assert set(await db.read(lambda conn: ledgers.all_rows(conn, other))) == set(first)


async def test_a_whole_ledger_takes_the_place_of_what_was_there(
    db: Database, artisan: ArtisanId, other: ArtisanId
) -> None:
    old, new = Stock("old", "x", 1, 0, 0), Stock("new", "x", 2, 0, 0)
    for whose in (artisan, other):
        await db.write(
            lambda conn, whose=whose: ledgers.save(conn, whose, rows_of(old), whole=False)  # type: ignore[misc]
        )
    await db.write(lambda conn: ledgers.save(conn, artisan, rows_of(new), whole=True))
    assert await db.read(lambda conn: ledgers.all_rows(conn, artisan)) == [new]
    assert await db.read(lambda conn: ledgers.all_rows(conn, other)) == [old]


async def test_what_was_not_simply_applied_is_listed_once_and_in_order(
    db: Database, artisan: ArtisanId, other: ArtisanId
) -> None:
    """A refused change, a field in conflict, and the counts of a disputed shelf."""
    kept = [
        change(1),
        change(2, verdict=3, reason=2),
        change(3),
        Write("profile", 1, LOG, 3, bytes([3]) * 32, NOW, b"\xa1a", b"\x90", 2),
        Write("profile", 2, LOG, 3, bytes([3]) * 32, NOW, b"\xa1b", b"\x90", 3),
        change(4),
        Write("profile", 3, LOG, 4, bytes([4]) * 32, NOW, b"\xa1c", b"\x90", 1),
        change(5),
        Tally("i", "p", LOG, 5, bytes([5]) * 32, 0, 1, NOW, None, b"\x90"),
        Stock("i", "p", 1, 0, 1),
    ]
    await db.write(lambda conn: ledgers.save(conn, artisan, rows_of(*kept), whole=False))
    found = await db.read(lambda conn: ledgers.excepted(conn, artisan, 100))
    assert [(n, verdict, reason) for _, n, _, verdict, reason, _ in found] == [
        (2, 3, 2),
        (3, 1, 0),
        (5, 1, 0),
    ]
    assert len(await db.read(lambda conn: ledgers.excepted(conn, artisan, 2))) == 2
    assert await db.read(lambda conn: ledgers.excepted(conn, other, 100)) == []


async def test_the_newest_receipt_is_kept(db: Database, artisan: ArtisanId) -> None:
    assert await db.read(lambda conn: ledgers.receipt(conn, artisan)) is None
    for number in (7, 8):
        await db.write(
            lambda conn, number=number: ledgers.keep_receipt(conn, artisan, 1, number, b"raw")  # type: ignore[misc]
        )
        assert await db.read(lambda conn: ledgers.receipt(conn, artisan)) == (1, number, b"raw")


# -- people ------------------------------------------------------------------------------------


async def test_a_code_is_whose_it_is_until_a_key_uses_it(db: Database, artisan: ArtisanId) -> None:
    hashed, key = os.urandom(32), PublicKey(os.urandom(32))
    await db.write(lambda conn: people.add_code(conn, hashed, artisan, NOW))
    assert await db.read(lambda conn: people.code(conn, hashed)) == (artisan, NOW, None)
    await db.write(lambda conn: people.use_code(conn, hashed, key))
    assert await db.read(lambda conn: people.code(conn, hashed)) == (artisan, NOW, key)
    assert await db.read(lambda conn: people.code(conn, os.urandom(32))) is None


async def test_a_token_is_whose_it_is(db: Database) -> None:
    hashed = os.urandom(32)
    await db.write(lambda conn: people.add_token(conn, hashed, "Bu Dewi", NOW))
    assert await db.read(lambda conn: people.token_name(conn, hashed)) == "Bu Dewi"
    assert await db.read(lambda conn: people.token_name(conn, os.urandom(32))) is None


async def test_a_device_is_heard_later_and_never_earlier(db: Database, artisan: ArtisanId) -> None:
    key = PublicKey(os.urandom(32))
    for heard in (NOW, NOW + 5, NOW - 5):
        await db.write(lambda conn, at=heard: people.heard(conn, artisan, key, at))  # type: ignore[misc]
    sql = "SELECT heard FROM statement WHERE artisan = $1"
    assert await db.read(lambda conn: conn.fetch(sql, artisan)) == [(NOW + 5,)]


# -- questions ---------------------------------------------------------------------------------


async def test_turnover_is_asked_of_sales_and_returns(db: Database, artisan: ArtisanId) -> None:
    kept = [Turnover(202510, "0", kind, 1, 1_000, 5) for kind in (5, 6, 9, 10, -5)]
    await db.write(lambda conn: ledgers.save(conn, artisan, rows_of(*kept), whole=False))
    found = await db.read(lambda conn: overview.turnover_of(conn, artisan))
    assert [row[2] for row in found] == [5, 6]


async def test_rivals_of_a_field_are_asked_the_shown_one_first(
    db: Database, artisan: ArtisanId
) -> None:
    kept = [
        Write("profile", 1, LOG, n, bytes([n]) * 32, NOW + n, b"\xa1a", b"\x90", standing)
        for n, standing in enumerate((0, 3, 2, 1), 1)
    ]
    await db.write(lambda conn: ledgers.save(conn, artisan, rows_of(*kept), whole=False))
    rivals = await db.read(lambda conn: questions.in_conflict(conn, artisan, "profile", 1))
    assert [each.n for each in rivals] == [3, 2]


# -- migrations --------------------------------------------------------------------------------


async def test_migrating_again_changes_nothing(db: Database, artisan: ArtisanId) -> None:
    await db.write(
        lambda conn: ledgers.save(conn, artisan, rows_of(Stock("a", "x", 1, 0, 0)), whole=False)
    )
    assert await db.write(migrations.migrate) is False
    assert len(await db.read(lambda conn: ledgers.all_rows(conn, artisan))) == 1
