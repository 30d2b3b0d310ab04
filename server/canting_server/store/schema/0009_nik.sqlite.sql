-- By what NIKs are compared: a keyed hash of each, whose key is nowhere here; NULL for one that does
-- not open. Computed from the ledgers' own tables, like everything that staff ask.
CREATE TABLE nik (
    artisan BLOB NOT NULL PRIMARY KEY,
    hmac    BLOB
) STRICT, WITHOUT ROWID;

CREATE INDEX nik_by_hmac ON nik (hmac) WHERE hmac IS NOT NULL;
