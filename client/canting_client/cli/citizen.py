"""`canting nik`: the number of a citizen goes to the department sealed, and is kept nowhere."""

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from canting_client.book import NotJoined
from canting_client.cli.run import Said, app
from canting_client.cli.things import writes
from canting_client.cli.words import Friendly
from canting_client.language import t
from canting_protocol import changes as c
from canting_protocol import nik

WRONG: Final[dict[nik.Wrong, str]] = {
    "digits": "NIK punya 16 angka; periksa lagi. Tidak dicatat.",
    "area": "Awal NIK itu bukan kode wilayah; periksa lagi. Tidak dicatat.",
    "day": "Tanggal lahir di NIK itu tidak ada; periksa lagi. Tidak dicatat.",
    "month": "Bulan lahir di NIK itu tidak ada; periksa lagi. Tidak dicatat.",
    "serial": "Nomor urut di akhir NIK itu tidak ada; periksa lagi. Tidak dicatat.",
}
"""What is said of a NIK without saying it."""
_FILE_LETTERS_MAX: Final = 200


@app.command("nik")
def nik_(
    context: typer.Context,
    number: Annotated[
        str | None,
        typer.Argument(metavar="NIK", help="16 angka. Lebih baik kosong: lalu ditanya."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(metavar="BERKAS", help="Berkas yang hanya berisi NIK.")
    ] = None,
) -> None:
    """Catat NIK perajin, tertutup rapat: hanya dinas bisa membacanya.

    Tanpa isian, NIK ditanya dan tidak tampil saat diketik. Di buku ini hanya empat angka
    terakhir yang terbaca. Bukunya harus sudah terhubung ke dinas.

    Contoh: canting nik

    canting nik --file nik.txt
    """
    said: Said = context.obj
    if number is not None and file is not None:
        raise Friendly(t("Pilih satu: NIK diketik, atau --file."))
    with said.book() as book:
        artisan, box = book.artisan, book.box
        if artisan is None or box is None:
            raise NotJoined
        try:
            told = nik.read(_given(number, file))
        except nik.BadNik as wrong:
            # Not `from wrong`: what it was read from is nobody's business.
            raise Friendly(t(WRONG[wrong.part]), "bad_nik") from None
        end = nik.end_of(told)
        fields: dict[int, Any] = {
            c.ProfileField.NIK: nik.seal(box, artisan, told),
            c.ProfileField.NIK_END: end,
        }
        placed = book.record(c.Profile(writes(fields)))[0]
    said.say(
        t("Tercatat no. {n}: NIK …{end}, hanya dinas bisa membacanya.", n=placed.n, end=end),
        n=placed.n,
        nik_end=end,
    )


def _given(number: str | None, file: Path | None) -> str:
    """Return what was typed, or stands in a file; ask where nothing was, without showing it."""
    if number is not None:
        return number
    if file is not None:
        with file.open(encoding="utf-8", errors="replace") as opened:
            return opened.read(_FILE_LETTERS_MAX)
    if not sys.stdin.isatty():
        raise Friendly(t("NIK-nya mana? Jalankan di terminal, atau tambahkan --file."))
    asked: str = typer.prompt(t("NIK (tidak tampil saat diketik)"), hide_input=True, err=True)
    return asked
