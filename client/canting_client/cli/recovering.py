"""`canting sheet|recover`: a sheet of paper today, a lost phone tomorrow."""

import asyncio
import os
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from canting_client import reading, sheet
from canting_client.book import Book
from canting_client.cli.carrying import bag_address, network_words
from canting_client.cli.run import Said, app
from canting_client.cli.words import Friendly, when
from canting_client.language import t
from canting_protocol.crypto import SigningKey


@app.command("sheet")
def sheet_(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option(metavar="BERKAS", help="Tulis ke berkas, jangan ke layar.")
    ] = None,
) -> None:
    """Tampilkan lembar pemulihan, untuk disalin ke kertas dan disimpan baik-baik.

    Contoh: canting sheet --out lembar.txt
    """
    said: Said = context.obj
    with said.book() as book:
        if book.artisan is None:
            raise Friendly(
                t("Buku ini belum terhubung ke dinas: canting join ALAMAT KODE"), "not_joined"
            )
        key = next(iter(book.book_keys.values()))
        text = sheet.sheet_text(
            sheet.Sheet(book.url or "", book.artisan, key), when(int(time.time()))
        )
    if out is None:
        said.say(text, sheet=text)
        return
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    said.say(t("Lembar ditulis ke {out}. Cetak, lalu hapus berkasnya.", out=out), file=str(out))


@app.command()
def recover(
    context: typer.Context,
    paper: Annotated[
        Path, typer.Argument(metavar="LEMBAR", help="Berkas berisi lembar pemulihan.")
    ],
    code: Annotated[str, typer.Argument(metavar="KODE", help="Kode dari dinas atau petugas.")],
    at: Annotated[
        str | None,
        typer.Option(metavar="ALAMAT", help="Alamat tas petugas, kalau tidak ada jaringan."),
    ] = None,
    name: Annotated[str, typer.Option(metavar="NAMA", help="Nama buku di perangkat ini.")] = "buku",
) -> None:
    """HP hilang: buka buku yang sama di perangkat ini, dengan lembar pemulihan dan kode baru.

    Catatan yang sudah sampai di dinas kembali. Yang belum pernah dikirim atau dititipkan hilang
    bersama HP itu; berapa yang diketahui belum sampai, disebutkan.

    Contoh: canting recover lembar.txt AB12-CD34

    canting recover lembar.txt AB12-CD34 --at http://192.168.43.1:8377
    """
    from canting_client import sync as network

    said: Said = context.obj
    try:
        found = sheet.read_sheet(paper.read_text(encoding="utf-8", errors="replace"))
    except sheet.BadSheet as error:
        raise Friendly(
            t("Lembar itu salah ketik atau tidak lengkap: periksa nomor perajin dan kunci buku."),
            "bad_sheet",
        ) from error
    bag = None if at is None else bag_address(at)
    address = bag or found.url
    key = said.home.key()
    with network_words(bag=bag):
        enrolled = asyncio.run(network.enrol(address, code.strip(), key))
    if enrolled.artisan != found.artisan:
        raise Friendly(t("Kode itu untuk buku orang lain. Buku ini tidak diubah."), "other_book")
    with said.home.make(name) as book:
        book.add_key(found.key, first=True)
        book.recover()
        book.join(enrolled.url or found.url or address, enrolled)
        told = _bring_back(said, book, key, bag)
    said.say(_words(told), **told)


def _bring_back(said: Said, book: Book, key: SigningKey, bag: str | None) -> dict[str, Any]:
    from canting_client import sync as network

    with network_words(bag=bag):
        if bag is None:
            asyncio.run(network.sync(book, key))
        else:
            asyncio.run(network.hand_over(book, key, bag))
    figures = reading.figures(book)
    return {
        "book": book.path.stem,
        "artisan": book.artisan.hex() if book.artisan else "",
        "back": figures.in_registry,
        "missing": book.missing(),
        "by_officer": bag is not None,
    }


def _words(told: dict[str, Any]) -> str:
    if told["by_officer"] and not told["back"]:
        return t(
            "Perangkat ini sudah bisa dipakai. Catatan lama kembali kalau petugas sudah ke dinas: "
            "canting sync --to ALAMAT"
        )
    lines = [t("{back} catatan kembali dari dinas.", back=told["back"])]
    if told["missing"]:
        lines.append(
            t(
                "{missing} catatan HP lama diketahui belum sampai: mungkin masih dibawa petugas.",
                missing=told["missing"],
            )
        )
    lines.append(t("Yang tidak pernah dikirim atau dititipkan hilang bersama HP lama."))
    return "\n".join(lines)
