"""The schema knows its own age: a newer or an altered one is refused, a projection is renewed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from canting_server.store.database import SQLite
from canting_server.store.migrations import WrongSchema, check, migrate, statements


@pytest.fixture
def conn() -> Iterator[SQLite]:
    """A database that was just made."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as raw:
        made = SQLite(raw)
        assert migrate(made) is False
        yield made


def test_a_newer_database_is_refused(conn: SQLite) -> None:  # 74
    conn.execute("INSERT INTO migration (number, digest) VALUES ($1, $2)", 9_999, b"later")
    with pytest.raises(WrongSchema, match="newer"):
        migrate(conn)


def test_a_command_beside_the_server_waits_for_an_older_database_to_be_renewed(
    conn: SQLite,
) -> None:
    check(conn)
    conn.execute("DELETE FROM migration WHERE number = 2")
    with pytest.raises(WrongSchema, match="older"):
        check(conn)


def test_a_released_migration_is_never_edited(conn: SQLite) -> None:
    conn.execute("UPDATE migration SET digest = $1 WHERE number = 1", b"another")
    with pytest.raises(WrongSchema, match="migration 1"):
        migrate(conn)


def test_another_projection_drops_what_can_be_computed_and_nothing_else(conn: SQLite) -> None:
    conn.execute("INSERT INTO artisan (artisan, since) VALUES ($1, $2)", b"12345678", 0)
    conn.execute(
        "INSERT INTO stock (artisan, item, place, quantity, uncertain, disputed, bases) "
        "VALUES ($1, $2, $3, 1, 0, 0, $4)",
        b"12345678",
        "a",
        "b",
        b"\x90",
    )
    conn.execute("UPDATE migration SET digest = $1 WHERE number = 0", b"older")
    assert migrate(conn) is True
    assert conn.fetch("SELECT COUNT(*) FROM stock") == [(0,)]
    assert conn.fetch("SELECT COUNT(*) FROM artisan") == [(1,)]
    assert migrate(conn) is False


def test_a_script_is_split_without_its_comments() -> None:
    script = "-- one; two\nCREATE a;\n  -- three\nCREATE b;\n"
    assert [each.strip() for each in statements(script)] == ["CREATE a", "CREATE b"]
