-- What staff ask over all ledgers at once, kept up as each ledger changes. Nothing here cannot be
-- computed from the ledgers' own tables: a migration, and `canting-server rebuild`, make it again.

CREATE TABLE person (
    artisan   BLOB    NOT NULL PRIMARY KEY,
    name      TEXT,
    brand     TEXT,
    craft     TEXT,
    kelurahan TEXT,
    kecamatan TEXT,
    sharing   INTEGER NOT NULL,
    lived     BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- Of all who share monthly totals, under the kecamatan where each lived in that month.
CREATE TABLE takings (
    month     INTEGER NOT NULL,
    kecamatan TEXT    NOT NULL,
    channel   TEXT    NOT NULL,
    kind      INTEGER NOT NULL,
    facts     INTEGER NOT NULL,
    quantity  INTEGER NOT NULL,
    amount    INTEGER NOT NULL,
    PRIMARY KEY (month, kecamatan, channel, kind)
) STRICT, WITHOUT ROWID;

-- Lines of sales and returns that stand, of those alone who share lines; log and hash by their
-- first 8 bytes.
CREATE TABLE line (
    day      INTEGER NOT NULL,
    artisan  BLOB    NOT NULL,
    log      BLOB    NOT NULL,
    n        INTEGER NOT NULL,
    hash     BLOB    NOT NULL,
    line     INTEGER NOT NULL,
    month    INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    channel  TEXT    NOT NULL,
    item     TEXT    NOT NULL,
    place    TEXT    NOT NULL,
    quantity INTEGER NOT NULL,
    amount   INTEGER NOT NULL,
    custody  INTEGER NOT NULL,
    PRIMARY KEY (day, artisan, log, n, hash, line)
) STRICT, WITHOUT ROWID;

CREATE INDEX line_of_artisan ON line (artisan, day, log, n, hash, line);

-- What her items and places are called, of those alone who share lines.
CREATE TABLE called (
    artisan BLOB NOT NULL,
    thing   TEXT NOT NULL,
    name    TEXT NOT NULL,
    PRIMARY KEY (artisan, thing)
) STRICT, WITHOUT ROWID;

-- Moves on with every commit that wrote something.
CREATE TABLE watermark (
    one    INTEGER NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT;

INSERT INTO watermark (one, number) VALUES (1, 0);
