"""The bag: which letters an officer carries, from whom and for whom, on his own disk.

He answers for digests and not for what is in a letter. What goes up is dropped only when the
registry's own slip names it; what goes down gives way to a newer answer for the same device.
His own words about whom he visits lie sealed under his passphrase (`relay/notes.py`).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from msgspec import structs

from canting_protocol import codec
from canting_protocol.bundles import (
    SETTLED,
    Bundle,
    Given,
    Handover,
    Slip,
    Taken,
    check_handover,
    officer_among,
    read_handover,
    read_officer,
    write_slip,
)
from canting_protocol.crypto import PublicKey, SigningKey
from canting_protocol.errors import Refused
from canting_protocol.letters import KEYS_FIRST, Letter, digest_of, read_letter, to_id
from canting_protocol.limits import BATCHES_BYTES_PER_MESSAGE_MAX, BUNDLE_LETTERS_MAX
from canting_protocol.log import ArtisanId
from canting_protocol.messages import VERSION as MESSAGE_VERSION
from canting_protocol.messages import Enrolled, Enrolment
from canting_protocol.witness import VERSION as WITNESS_VERSION
from canting_protocol.witness import Stead, Witness, write_witness

ARTISAN_BYTES_MAX: Final = 4_000_000
"""What the bag holds of one artisan's goods: many years. Beyond it the oldest stays, and what is
new is left with its author. It holds as much of answers for her."""
ASKERS_MAX: Final = 4
"""Of how many copies of one phone questions and answers are kept."""
FULL: Final = "full"
STRANGE: Final = "unknown_recipient"

FORMAT: Final = 2
_papers: Final = codec.decoder(list[bytes])

GOODS: Final = 0
QUESTION: Final = 1
ANSWER: Final = 2

_SCHEMA: Final = """
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
CREATE TABLE letter (
    place    INTEGER NOT NULL PRIMARY KEY,
    digest   BLOB    NOT NULL UNIQUE,
    kind     INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    for_id   BLOB    NOT NULL,
    artisan  BLOB    NOT NULL,
    asker    BLOB    NOT NULL,
    giver    BLOB    NOT NULL,
    taken    INTEGER NOT NULL,
    code     TEXT    NOT NULL,
    raw      BLOB    NOT NULL
) STRICT;
CREATE INDEX letter_by_artisan ON letter (artisan, kind);
CREATE TABLE pass (
    code    BLOB    NOT NULL PRIMARY KEY,
    artisan BLOB    NOT NULL,
    stead   INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    used_by BLOB
) STRICT;
CREATE TABLE contact (
    artisan BLOB    NOT NULL,
    giver   BLOB    NOT NULL,
    met     INTEGER NOT NULL,
    clock   INTEGER NOT NULL,
    slip    BLOB    NOT NULL,
    said    BLOB    NOT NULL,
    PRIMARY KEY (artisan, giver)
) STRICT;
"""

_NOTES: Final = """
CREATE TABLE note (
    artisan BLOB NOT NULL PRIMARY KEY,
    sealed  BLOB NOT NULL
) STRICT;
"""
"""Since format 2."""


class Visit(NamedTuple):
    """One device of an artisan, as the bag remembers it."""

    artisan: bytes
    giver: bytes
    """Empty: she was never met."""
    met: int
    """When it was met, by the officer's clock; 0: never."""
    waiting: int
    """Letters of hers that have not arrived."""
    answers: int
    """Answers for her."""


class Standing(NamedTuple):
    """What the bag holds altogether."""

    artisans: int
    """Whose goods they are; answers may be for others as well."""
    goods: int
    bytes: int
    answers: int
    oldest: int | None
    """When the oldest letter that has not arrived was taken."""


class Known(NamedTuple):
    """The registry that a bag carries for."""

    registry: PublicKey
    url: str
    box: bytes
    """What letters to it are sealed to."""
    papers: list[bytes]
    """The officer's certificate."""


class NotAllowed(Exception):
    """Say that an officer may not vouch for a device, and why (`code`)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Bag:
    """One officer's bag, open."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._conn = sqlite3.connect(path, isolation_level=None, timeout=60)
        self._conn.execute("PRAGMA journal_mode = WAL" if durable else "PRAGMA journal_mode=MEMORY")
        self._conn.execute("PRAGMA synchronous = FULL" if durable else "PRAGMA synchronous = OFF")
        with self._writing():
            (made,) = self._conn.execute("PRAGMA user_version").fetchone()
            if made < FORMAT:
                for statement in (_NOTES if made else _SCHEMA + _NOTES).split(";"):
                    self._conn.execute(statement)
                self._conn.execute(f"PRAGMA user_version = {FORMAT}")

    def close(self) -> None:
        """Close the file."""
        self._conn.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._conn.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._conn.execute("COMMIT")
        except BaseException:
            self._conn.execute("ROLLBACK")
            raise

    # -- whose bag ---------------------------------------------------------------------------

    def belong(self, known: Known) -> None:
        """Remember the registry, and the certificate it gave."""
        with self._writing():
            for name, value in (
                ("registry", bytes(known.registry)),
                ("url", known.url.encode()),
                ("box", known.box),
                ("papers", codec.encode(known.papers)),
            ):
                self._conn.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    @property
    def known(self) -> Known | None:
        """The registry that this bag carries for, once it was joined."""
        found = dict(self._conn.execute("SELECT name, value FROM setting"))
        if "registry" not in found:
            return None
        papers = codec.decode(_papers, found["papers"])
        return Known(PublicKey(found["registry"]), found["url"].decode(), found["box"], papers)

    # -- at a visit --------------------------------------------------------------------------

    def take(
        self, key: SigningKey, bundle: Bundle, now: int, *, whole: bool = True
    ) -> tuple[bytes, list[bytes]]:
        """Take what somebody hands over; return the slip, and the letters that are for him.

        Of a bundle that is not whole, the letters that are there are taken.

        A question takes the place of the same device's older one, and is kept after it was
        answered: it is asked again whenever the bag comes to the registry.

        Raises:
            Refused: there is no hand-over, or it is not of these letters.
        """
        known = self.known
        assert known is not None
        said = read_handover(bundle.paper)
        if not whole:
            there = {digest_of(raw) for raw in bundle.letters}
            some = [each for each in said.letters if each.digest in there]
            said = structs.replace(said, letters=some)
        check_handover(said, bundle.letters)
        with self._writing():
            # What the registry said since of letters he gave before, and may give again.
            told = dict(
                self._conn.execute(
                    "SELECT digest, code FROM letter WHERE giver = ? AND code <> ''", (said.giver,)
                )
            )
            codes = []
            for given, raw in zip(said.letters, bundle.letters, strict=True):
                code = self._take(raw, given, said, known, now)
                codes.append(Taken(given.digest, told.pop(given.digest, code)))
            codes += [Taken(digest, code) for digest, code in told.items()]
            codes = codes[:BUNDLE_LETTERS_MAX]
            slip = write_slip(key, now, said, codes)
            artisans = {read_letter(raw).address.artisan for raw in bundle.letters if _whole(raw)}
            for artisan in artisans:
                self._conn.execute(
                    "INSERT OR REPLACE INTO contact VALUES (?, ?, ?, ?, ?, ?)",
                    (artisan, said.giver, now, said.clock, slip, bundle.paper),
                )
            answers = self._answers(said, bundle, known)
        return slip, answers

    def _take(self, raw: bytes, given: Given, said: Handover, known: Known, now: int) -> str:
        try:
            letter = read_letter(raw)
        except Refused as refusal:
            return refusal.code
        if letter.address.to != to_id(known.registry):
            return STRANGE
        # A chain of couriers: the first one's clock saw the author's, and each has his own.
        elapsed = max(said.clock - given.taken, 0) if given.taken else 0
        taken = max(now - elapsed, 1)
        if not letter.address.spans:
            self._in_place(letter, QUESTION, said.giver, taken)
            return ""
        if self._conn.execute("SELECT 1 FROM letter WHERE digest = ?", (given.digest,)).fetchone():
            return ""
        if not self._has_room(letter, GOODS):
            return FULL
        self._put(letter, GOODS, said.giver, taken)
        return ""

    def _has_room(self, letter: Letter, kind: int) -> bool:
        (held,) = self._conn.execute(
            "SELECT coalesce(sum(length(raw)), 0) FROM letter WHERE artisan = ? AND kind = ?",
            (letter.address.artisan, kind),
        ).fetchone()
        return int(held) + len(letter.raw) <= ARTISAN_BYTES_MAX

    def _in_place(self, letter: Letter, kind: int, giver: bytes, taken: int) -> None:
        """Keep a question or an answer in place of the older one of the same asker.

        An answer may be of several letters: the first takes the older ones' place.
        """
        address = letter.address
        if kind == QUESTION or address.priority == KEYS_FIRST:
            self._conn.execute(
                "DELETE FROM letter WHERE kind = ? AND artisan = ? AND for_id = ?"
                " AND giver = ? AND asker = ?",
                (kind, address.artisan, address.to, giver, address.asker),
            )
        self._put(letter, kind, giver, taken)
        # An asker that began a new log asks no more by the old one's name.
        self._conn.execute(
            "DELETE FROM letter WHERE kind = ? AND artisan = ? AND for_id = ? AND giver = ?"
            " AND asker NOT IN (SELECT asker FROM letter WHERE kind = ? AND artisan = ?"
            " AND for_id = ? AND giver = ? GROUP BY asker ORDER BY max(place) DESC LIMIT ?)",
            (kind, address.artisan, address.to, giver) * 2 + (ASKERS_MAX,),
        )

    def _put(self, letter: Letter, kind: int, giver: bytes, taken: int) -> None:
        address = letter.address
        self._conn.execute(
            "INSERT OR IGNORE INTO letter"
            " (digest, kind, priority, for_id, artisan, asker, giver, taken, code, raw)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?)",
            (
                letter.digest,
                kind,
                address.priority,
                address.to,
                address.artisan,
                address.asker,
                giver,
                taken,
                letter.raw,
            ),
        )

    def _answers(self, said: Handover, bundle: Bundle, known: Known) -> list[bytes]:
        """Return the letters for a giver, or for those from whom he, an officer too, brought."""
        found = self._conn.execute(
            "SELECT raw FROM letter WHERE kind = ? AND for_id = ? ORDER BY priority, place",
            (ANSWER, to_id(PublicKey(said.giver))),
        ).fetchall()
        if officer_among(bundle.papers, said.giver, known.registry) is not None:
            found += self._conn.execute(
                "SELECT raw FROM letter WHERE kind = ? AND artisan IN"
                " (SELECT artisan FROM contact WHERE giver = ?) ORDER BY priority, place",
                (ANSWER, said.giver),
            ).fetchall()
        return list(_within(raw for (raw,) in found))

    # -- who may -----------------------------------------------------------------------------

    def allow(self, code: bytes, artisan: ArtisanId, stead: Stead, expires: int) -> int:
        """Keep the hash of a one-time code for a device; return its number.

        Raises:
            NotAllowed: the officer's certificate does not let him vouch for so many.
        """
        known = self.known
        assert known is not None
        officer = read_officer(known.papers[0], known.registry)
        with self._writing():
            # What he gave under an earlier certificate does not count against this one.
            given, lately = self._conn.execute(
                "SELECT count(*), coalesce(sum(expires >= ?), 0) FROM pass", (officer.since,)
            ).fetchone()
            if lately >= officer.enrolments:
                raise NotAllowed("too_many")
            self._conn.execute(
                "INSERT INTO pass VALUES (?, ?, ?, ?, ?, NULL)",
                (code, artisan, stead, expires, given + 1),
            )
        return int(given) + 1

    def enrol(self, key: SigningKey, enrolment: Enrolment, code: bytes, now: int) -> Enrolled:
        """Vouch for a device that shows a one-time code: it may write from now on.

        `code` is the hash of what the device shows. The same key may ask again.

        Raises:
            NotAllowed: `unknown_code`, `code_used`, `code_expired`, or `expired`: the certificate.
        """
        known = self.known
        assert known is not None
        officer = read_officer(known.papers[0], known.registry)
        if officer.expires < now:
            raise NotAllowed("expired")
        with self._writing():
            found = self._conn.execute(
                "SELECT artisan, stead, expires, number, used_by FROM pass WHERE code = ?", (code,)
            ).fetchone()
            if found is None:
                raise NotAllowed("unknown_code")
            artisan, stead, expires, number, used_by = found
            if used_by not in (None, enrolment.key):
                raise NotAllowed("code_used")
            if used_by is None and expires < now:
                raise NotAllowed("code_expired")
            self._conn.execute("UPDATE pass SET used_by = ? WHERE code = ?", (enrolment.key, code))
        said = Witness(
            WITNESS_VERSION,
            key.public,
            artisan,
            enrolment.key,
            enrolment.box,
            now,
            number,
            stead,
        )
        papers = [*known.papers, write_witness(key, said)]
        return Enrolled(
            MESSAGE_VERSION, artisan, known.registry, [], [], b"", known.box, papers, known.url
        )

    # -- at the registry ---------------------------------------------------------------------

    def unsettled(self, after: int, count: int) -> list[tuple[int, Letter, int]]:
        """Return (place, letter, when taken) of goods that have not arrived, in order of place."""
        return [
            (place, read_letter(raw), taken)
            for place, taken, raw in self._conn.execute(
                "SELECT place, taken, raw FROM letter WHERE kind = ? AND place > ?"
                " ORDER BY place LIMIT ?",
                (GOODS, after, count),
            )
        ]

    def outgoing(self, done: set[bytes], room: int, questions: int) -> list[tuple[bytes, int]]:
        """Return (letter, when taken) of what goes into the next bundle.

        Artisan by artisan, whoever waits longest first: her goods, most urgent first, and then her
        devices' questions, so that the answers know of the goods. `done` are digests that went
        already; of questions only so many go at once, because each is answered.
        """
        lot: list[tuple[bytes, int]] = []
        spent = asked = 0
        for digest, kind, taken, size in self._conn.execute(
            """
            SELECT digest, kind, taken, length(raw) FROM letter AS l WHERE kind <> ?
            ORDER BY (SELECT min(place) FROM letter AS o WHERE o.artisan = l.artisan),
                artisan, kind, priority, place
            """,
            (ANSWER,),
        ).fetchall():
            if digest in done:
                continue
            if lot and (spent + size > room or (kind == QUESTION and asked == questions)):
                break
            (raw,) = self._conn.execute(
                "SELECT raw FROM letter WHERE digest = ?", (digest,)
            ).fetchone()
            lot.append((raw, taken))
            spent += size
            asked += kind == QUESTION
        return lot

    def settle(self, slip: Slip) -> int:
        """Drop what the registry's slip says need not come again; return how many goods.

        A question that was answered stays, to be asked again; one that can never be read goes too.
        The caller has seen that the slip is the registry's, and to this bag.
        """
        dropped = 0
        with self._writing():
            for each in slip.letters:
                if each.code in SETTLED:
                    dropped += self._conn.execute(
                        "DELETE FROM letter WHERE digest = ? AND kind = ?", (each.digest, GOODS)
                    ).rowcount
                    self._conn.execute(
                        "DELETE FROM letter WHERE digest = ? AND kind = ? AND ? <> ''",
                        (each.digest, QUESTION, each.code),
                    )
                else:
                    self._conn.execute(
                        "UPDATE letter SET code = ? WHERE digest = ? AND ? <> 'wanted'",
                        (each.code, each.digest, each.code),
                    )
        return dropped

    def put_answers(self, answers: Sequence[bytes], now: int) -> int:
        """Keep answers for devices, in place of older ones for the same device; return how many.

        An answer is one, of however many letters.
        """
        kept = 0
        with self._writing():
            for raw in answers:
                try:
                    letter = read_letter(raw)
                except Refused:
                    continue
                first = letter.address.priority == KEYS_FIRST
                if not first and not self._has_room(letter, ANSWER):
                    continue
                self._in_place(letter, ANSWER, b"", now)
                kept += first
        return kept

    # -- what there is -----------------------------------------------------------------------

    def visits(self) -> list[Visit]:
        """Return every device that was met, the longest silent first.

        Before them come those that he noted, and never met.
        """
        return [
            Visit(*found)
            for found in self._conn.execute(
                """
                SELECT artisan, giver, met,
                    (SELECT count(*) FROM letter AS l
                     WHERE l.artisan = c.artisan AND l.giver = c.giver AND l.kind = 0),
                    (SELECT count(*) FROM letter AS l
                     WHERE l.artisan = c.artisan AND l.kind = 2 AND l.priority = 0)
                FROM (
                    SELECT artisan, giver, met FROM contact
                    UNION ALL
                    SELECT artisan, x'', 0 FROM note
                    WHERE artisan NOT IN (SELECT artisan FROM contact)
                ) AS c
                ORDER BY met, artisan, giver
                """
            )
        ]

    def artisans(self) -> list[bytes]:
        """Return everyone whom the bag knows of."""
        return [
            artisan
            for (artisan,) in self._conn.execute(
                """
                SELECT artisan FROM contact UNION SELECT artisan FROM letter
                UNION SELECT artisan FROM pass UNION SELECT artisan FROM note ORDER BY 1
                """
            )
        ]

    # -- his own words -----------------------------------------------------------------------

    @property
    def lock(self) -> bytes | None:
        """The head that tells how the notes' key is made, once there is a note."""
        found = self._conn.execute("SELECT value FROM setting WHERE name = 'lock'").fetchone()
        return None if found is None else bytes(found[0])

    def notes(self) -> dict[bytes, bytes]:
        """Return what he noted, sealed, by artisan."""
        return dict(self._conn.execute("SELECT artisan, sealed FROM note"))

    def put_note(self, lock: bytes, artisan: bytes, sealed: bytes | None) -> bool:
        """Keep a sealed note instead of the older one, or (None) forget it.

        Return False when the notes got another lock meanwhile; then nothing was kept.
        """
        with self._writing():
            if (self.lock or lock) != lock:
                return False
            self._conn.execute("INSERT OR REPLACE INTO setting VALUES ('lock', ?)", (lock,))
            self._conn.execute("DELETE FROM note WHERE artisan = ?", (artisan,))
            if sealed is not None:
                self._conn.execute("INSERT INTO note VALUES (?, ?)", (artisan, sealed))
        return True

    def standing(self) -> Standing:
        """Return what the bag holds."""
        artisans, goods, size, answers, oldest = self._conn.execute(
            """
            SELECT count(DISTINCT CASE WHEN kind = 0 THEN artisan END), coalesce(sum(kind = 0), 0),
                coalesce(sum(length(raw)), 0), coalesce(sum(kind = 2 AND priority = 0), 0),
                min(CASE WHEN kind = 0 THEN taken END)
            FROM letter
            """
        ).fetchone()
        return Standing(artisans, goods, size, answers, oldest)

    def letters(self, kind: int) -> list[bytes]:
        """Return every letter of a kind, as it was taken."""
        return [
            raw
            for (raw,) in self._conn.execute(
                "SELECT raw FROM letter WHERE kind = ? ORDER BY priority, place", (kind,)
            )
        ]


def _whole(raw: bytes) -> bool:
    try:
        read_letter(raw)
    except Refused:
        return False
    return True


def _within(letters: Iterable[bytes]) -> Iterator[bytes]:
    """Yield letters until a message is full; the rest is given the next time."""
    spent = 0
    for raw in dict.fromkeys(letters):
        if spent and spent + len(raw) > BATCHES_BYTES_PER_MESSAGE_MAX:
            return
        spent += len(raw)
        yield raw
