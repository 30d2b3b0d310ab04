-- What cannot be computed from anything else. The ledger's own tables are made from
-- canting_protocol.ledger.rows, and can be dropped and rebuilt from `envelope` at any time.

CREATE TABLE artisan (
    artisan BLOB    NOT NULL PRIMARY KEY,
    since   INTEGER NOT NULL
) STRICT;

CREATE TABLE log (
    artisan     BLOB NOT NULL,
    log         BLOB NOT NULL,
    key         BLOB NOT NULL,
    incarnation BLOB NOT NULL,
    parent      BLOB NOT NULL,
    PRIMARY KEY (artisan, log)
) STRICT, WITHOUT ROWID;

CREATE TABLE envelope (
    artisan  BLOB    NOT NULL,
    log      BLOB    NOT NULL,
    last     INTEGER NOT NULL,
    hash     BLOB    NOT NULL,
    first    INTEGER NOT NULL,
    received INTEGER NOT NULL,
    raw      BLOB    NOT NULL,
    PRIMARY KEY (artisan, log, last, hash, first)
) STRICT;

-- The end of what the registry has written in each ledger.
CREATE TABLE own (
    artisan BLOB NOT NULL PRIMARY KEY,
    own     BLOB NOT NULL
) STRICT;

CREATE TABLE receipt (
    artisan BLOB    NOT NULL PRIMARY KEY,
    epoch   INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    raw     BLOB    NOT NULL
) STRICT;

-- When each device last stated, signed, how far it had come.
CREATE TABLE statement (
    artisan BLOB    NOT NULL,
    key     BLOB    NOT NULL,
    heard   INTEGER NOT NULL,
    PRIMARY KEY (artisan, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolment (
    code    BLOB    NOT NULL PRIMARY KEY,
    artisan BLOB    NOT NULL,
    expires INTEGER NOT NULL,
    used_by BLOB
) STRICT;

CREATE TABLE token (
    token BLOB    NOT NULL PRIMARY KEY,
    name  TEXT    NOT NULL,
    since INTEGER NOT NULL
) STRICT;
