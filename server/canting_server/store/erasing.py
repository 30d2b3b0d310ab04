"""Every row of one artisan, in whatever table, taken away."""

from canting_protocol.log import ArtisanId
from canting_server.store.database import Connection


def tables(conn: Connection) -> list[str]:
    """Return every table that tells rows of one artisan from another's.

    The database is asked, so that a table added later cannot be forgotten.
    """
    return [
        name
        for (name,) in conn.fetch(
            """
            SELECT every.name FROM sqlite_master AS every
            JOIN pragma_table_info(every.name) AS col ON col.name = 'artisan'
            WHERE every.type = 'table'
            ORDER BY every.name
            """
        )
    ]


def forget(conn: Connection, artisan: ArtisanId) -> int:
    """Delete every row of an artisan; return how many there were.

    What she added to everyone's sums has to be taken from them first.
    """
    rows = 0
    for table in tables(conn):
        conn.execute(f'DELETE FROM "{table}" WHERE artisan = $1', artisan)  # noqa: S608  # our own
        rows += conn.fetch("SELECT changes()")[0][0]
    return rows
