-- What each business day took, as ± differences by when the registry learned them: the roll-up that
-- can be asked as it was known at some time. Made from `envelope`, and can be made again.

CREATE TABLE learned (
    artisan  BLOB    NOT NULL,
    month    INTEGER NOT NULL,
    day      INTEGER NOT NULL,
    channel  TEXT    NOT NULL,
    kind     INTEGER NOT NULL,
    known    INTEGER NOT NULL,
    facts    INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    amount   INTEGER NOT NULL,
    PRIMARY KEY (artisan, month, day, channel, kind, known)
) STRICT, WITHOUT ROWID;
