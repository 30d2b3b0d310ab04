"""The recovery sheet: what an artisan keeps on paper, to go on when her phone is lost."""

import re
from typing import Final, NamedTuple

from canting_client.handover import BadKeyText, key_from, key_text
from canting_client.language import t
from canting_protocol.log import ARTISAN_BYTES, ArtisanId
from canting_protocol.private import BookKey

_URL: Final = re.compile(r"https?://\S+")
_ARTISAN: Final = re.compile(rf"\b[0-9a-f]{{{2 * ARTISAN_BYTES}}}\b")
_KEY: Final = re.compile(r"\b[0-9A-Z]{7}(?:-[0-9A-Z]{7}){7}\b")


class BadSheet(ValueError):
    """Say that a text is no recovery sheet, or that a letter of it is wrong."""


class Sheet(NamedTuple):
    """What stands on a recovery sheet."""

    url: str
    artisan: ArtisanId
    key: BookKey


def sheet_text(sheet: Sheet, day: str) -> str:
    """Return the sheet as it is printed or copied by hand."""
    lines = [
        t("LEMBAR PEMULIHAN CANTING ({day})", day=day),
        t("Simpan di tempat aman; siapa memegangnya bisa membaca nama di buku Anda."),
        "",
        t("Dinas:         {url}", url=sheet.url),
        t("Nomor perajin: {artisan}", artisan=sheet.artisan.hex()),
        t("Kunci buku:    {key}", key=key_text(sheet.key)),
        "",
        t("HP hilang? Minta kode dari dinas atau petugas. Di HP baru, ketik tiga baris tadi"),
        t("ke berkas lembar.txt, lalu: canting recover lembar.txt KODE"),
    ]
    return "\n".join(lines) + "\n"


def read_sheet(text: str) -> Sheet:
    """Return what stands on a sheet, whatever words are around it.

    Raises:
        BadSheet: something is missing, or a letter is wrong.
    """
    url, artisan, key = _URL.search(text), _ARTISAN.search(text), _KEY.search(text.upper())
    if artisan is None or key is None:
        raise BadSheet
    try:
        book_key = key_from(key.group())
    except BadKeyText as error:
        raise BadSheet from error
    whose = ArtisanId(bytes.fromhex(artisan.group()))
    return Sheet(url.group().rstrip("/") if url else "", whose, book_key)
