"""`canting init`: a book is begun before anyone has enrolled her."""

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
) -> None:
    """Mulai buku baru. Tidak perlu jaringan, tidak perlu izin siapa pun.

    Contoh: canting init siti --name "Bu Siti" --area Surodinawan --brand "Batik Siti"
    """
    said: Said = context.obj
    with said.home.make(name) as book:
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
