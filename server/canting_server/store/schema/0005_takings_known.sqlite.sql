-- `takings` as they were known: what a cell came to from `known` on (seconds since 1970), until its
-- next row. Made of `learned` and of who shares it, and can be made again.

CREATE TABLE takings_known (
    month     INTEGER NOT NULL,
    kecamatan TEXT    NOT NULL,
    channel   TEXT    NOT NULL,
    kind      INTEGER NOT NULL,
    known     INTEGER NOT NULL,
    facts     INTEGER NOT NULL,
    quantity  INTEGER NOT NULL,
    amount    INTEGER NOT NULL,
    PRIMARY KEY (month, kecamatan, channel, kind, known)
) STRICT, WITHOUT ROWID;
