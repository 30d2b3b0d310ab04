-- When a device's word of how far its log had come was first heard.
ALTER TABLE stated ADD COLUMN since INTEGER NOT NULL DEFAULT 0;

UPDATE stated SET since = COALESCE(
    (SELECT MAX(heard) FROM statement WHERE statement.artisan = stated.artisan), 0
);

-- What officers say that they carry, from the addresses of letters that have not arrived; log and
-- hash by their first 8 bytes. `taken` by this registry's clock; NULL: he does not know.
CREATE TABLE carried (
    artisan BLOB    NOT NULL,
    log     BLOB    NOT NULL,
    first   INTEGER NOT NULL,
    n       INTEGER NOT NULL,
    hash    BLOB    NOT NULL,
    officer BLOB    NOT NULL,
    name    TEXT    NOT NULL,
    taken   INTEGER,
    since   INTEGER NOT NULL,
    PRIMARY KEY (artisan, log, first, n, hash, officer)
) STRICT, WITHOUT ROWID;

CREATE INDEX carried_by_officer ON carried (officer);

-- What is known to exist and has not arrived. Made from the ledgers' heads, `envelope`, `stated` and
-- `carried`, and can be made again.
CREATE TABLE gap (
    artisan BLOB    NOT NULL,
    log     BLOB    NOT NULL,
    first   INTEGER NOT NULL,
    last    INTEGER NOT NULL,
    since   INTEGER NOT NULL,
    told_by INTEGER NOT NULL,
    device  BLOB,
    officer BLOB,
    name    TEXT,
    taken   INTEGER,
    PRIMARY KEY (artisan, log, first)
) STRICT, WITHOUT ROWID;
