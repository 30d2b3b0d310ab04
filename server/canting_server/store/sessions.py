"""Who has signed in to the pages: hashes of sessions, each under the token that began it."""

from canting_server.store.database import Connection


def begin(conn: Connection, session: bytes, token: bytes, now: int) -> None:
    """Keep the hash of a new session."""
    conn.execute(
        "INSERT INTO session (session, token, begun, seen) VALUES ($1, $2, $3, $3)",
        session,
        token,
        now,
    )


def find(
    conn: Connection, session: bytes, *, begun_after: int, seen_after: int
) -> tuple[str, int] | None:
    """Return whose session it is and when it was last seen; None when it is over.

    A token that is taken back ends the sessions that it began.
    """
    found = conn.fetch(
        """
        SELECT token.name, session.seen FROM session
        JOIN token ON token.token = session.token
        WHERE session.session = $1 AND session.begun > $2 AND session.seen > $3
        """,
        session,
        begun_after,
        seen_after,
    )
    return found[0] if found else None


def seen(conn: Connection, session: bytes, now: int) -> None:
    """Note that a session is in use."""
    conn.execute("UPDATE session SET seen = $2 WHERE session = $1", session, now)


def end(conn: Connection, session: bytes) -> None:
    """Forget a session."""
    conn.execute("DELETE FROM session WHERE session = $1", session)


def end_old(conn: Connection, *, begun_before: int, seen_before: int) -> None:
    """Forget the sessions that are over."""
    conn.execute("DELETE FROM session WHERE begun <= $1 OR seen <= $2", begun_before, seen_before)
