-- Who has signed in to the pages, by the hash of what the browser holds.

CREATE TABLE session (
    session BLOB    NOT NULL PRIMARY KEY,
    token   BLOB    NOT NULL,
    begun   INTEGER NOT NULL,
    seen    INTEGER NOT NULL
) STRICT;
