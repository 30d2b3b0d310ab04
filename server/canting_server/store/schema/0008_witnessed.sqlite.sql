-- Keys that an officer vouched for on a visit, until staff have looked at them.
CREATE TABLE witnessed (
    artisan BLOB    NOT NULL,
    key     BLOB    NOT NULL,
    officer BLOB    NOT NULL,
    name    TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    stead   INTEGER NOT NULL,
    clock   INTEGER NOT NULL,
    since   INTEGER NOT NULL,
    doubt   TEXT    NOT NULL,
    settled INTEGER NOT NULL,
    PRIMARY KEY (artisan, key)
) STRICT, WITHOUT ROWID;

-- How far a log had come by its own device's signed word, where that has not arrived.
CREATE TABLE stated (
    artisan BLOB    NOT NULL,
    log     BLOB    NOT NULL,
    n       INTEGER NOT NULL,
    hash    BLOB    NOT NULL,
    PRIMARY KEY (artisan, log, n, hash)
) STRICT, WITHOUT ROWID;
