"""Who may be the same person: NIKs are opened here, compared by a keyed hash, and kept nowhere.

What does not open is noted and refused nobody: it may be sealed for another registry, or copied
from another artisan. Nothing is merged; a person looks.
"""

from canting_protocol import nik
from canting_protocol.changes import ProfileField, plain
from canting_protocol.crypto import SigningKey
from canting_protocol.errors import Refused
from canting_protocol.ledger.registers import PROFILE, Standing
from canting_protocol.ledger.rows import Rows, Write
from canting_protocol.log import ArtisanId
from canting_server.registry.answers import Alike, Duplicates
from canting_server.store import niks
from canting_server.store.database import Connection
from canting_server.store.niks import Nik


def keep_up(
    conn: Connection, key: SigningKey, artisan: ArtisanId, rows: Rows, *, whole: bool
) -> None:
    """Bring what NIKs are compared by up to date with a ledger whose rows are about to be saved."""
    field = (PROFILE, int(ProfileField.NIK))
    if whole or any(place[:2] == field for place, _ in rows.changed(Write)):
        niks.keep(conn, artisan, nik_of(key, artisan, rows))


def nik_of(key: SigningKey, artisan: ArtisanId, rows: Rows) -> Nik | None:
    """Return by what an artisan's NIK is compared, from her ledger; None: she has told none."""
    shown = (Standing.SHOWN, Standing.SHOWN_IN_CONFLICT)
    for write in rows.writes(PROFILE, ProfileField.NIK):
        if write.standing in shown:
            sealed = plain(write.value)
            if not isinstance(sealed, bytes):
                return None  # it was cleared
            try:
                number = nik.unseal(key.box, artisan, sealed)
            except Refused:
                return Nik(None)
            return Nik(nik.compared_by(key.derive(nik.COMPARING), number))
    return None


def duplicates(conn: Connection) -> Duplicates:
    """Return who may be the same person, and whose NIK cannot be compared."""
    groups: dict[bytes, list[Alike]] = {}
    for each in niks.equal(conn):
        end = None if each.end is None else plain(each.end)
        told = end if isinstance(end, str) and nik.could_be_an_end(end) else None
        groups.setdefault(each.hmac, []).append(Alike(each.artisan.hex(), each.name, told))
    unreadable = [artisan.hex() for artisan in niks.unreadable(conn)]
    return Duplicates(list(groups.values()), unreadable)
