-- Who may carry letters and enrol on a visit, by a one-time code.
CREATE TABLE officer (
    code       BLOB    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    district   TEXT    NOT NULL,
    enrolments INTEGER NOT NULL,
    days       INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    used_by    BLOB,
    paper      BLOB,
    revoked    INTEGER NOT NULL DEFAULT 0
) STRICT;
