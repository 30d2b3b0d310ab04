"""`canting init|lock`: a book is begun before anyone has enrolled her, and locked."""

from typing import Annotated

import typer

from canting_client.cli.run import Said, app
from canting_client.cli.things import writes
from canting_client.language import t
from canting_protocol import changes as c


@app.command()
def init(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAMA", help="Nama buku: satu kata, huruf kecil.")],
    owner: Annotated[
        str | None, typer.Option("--name", metavar="NAMA", help="Nama perajin, untuk dinas.")
    ] = None,
    brand: Annotated[str | None, typer.Option(metavar="MEREK", help="Merek usaha.")] = None,
    area: Annotated[
        str | None, typer.Option(metavar="KELURAHAN", help="Kelurahan tempat usaha.")
    ] = None,
    locked: Annotated[
        bool, typer.Option("--locked", help="Kunci dengan kata sandi; lihat canting lock.")
    ] = False,
) -> None:
    """Mulai buku baru. Tidak perlu jaringan, tidak perlu izin siapa pun.

    Contoh: canting init siti --name "Bu Siti" --area Surodinawan --brand "Batik Siti"

    Untuk perajin tanpa perangkat: canting init siti --locked
    """
    said: Said = context.obj
    with said.home.make(name, locked=locked) as book:
        fields = writes(
            {
                c.ProfileField.NAME: owner,
                c.ProfileField.BRAND: brand,
                c.ProfileField.AREA: area,
            }
        )
        if fields:
            book.record(c.Profile(fields))
    said.say(
        t('Buku {name!r} siap. Catat barang: canting item add "Kain cap"', name=name), book=name
    )


@app.command()
def lock(context: typer.Context) -> None:
    """Kunci buku dengan kata sandi: tanpa itu tidak ada yang bisa membacanya di perangkat ini.

    Petugas yang mengetik buku orang lain perlu ini. Kata sandi diminta setiap kali, atau dibaca
    dari baris pertama berkas: --passphrase-file, atau CANTING_PASSPHRASE_FILE. Kata sandi yang lupa
    tidak bisa dicari lagi; yang sudah sampai di dinas kembali dengan canting recover.

    Contoh: canting lock

    canting lock --book siti --passphrase-file sandi.txt
    """
    from canting_client.locking import lock as lock_up

    said: Said = context.obj
    name = said.home.which(said.book_name)
    was_plain = lock_up(said.home, name)
    words = (
        t("Buku {name!r} terkunci. Jangan lupa kata sandinya.", name=name)
        if was_plain
        else t("Buku {name!r} sudah terkunci.", name=name)
    )
    said.say(words, book=name, locked=True, was_plain=was_plain)
