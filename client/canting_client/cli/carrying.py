"""`canting import|key|join|sync|give|take`: what comes into the book and what goes out."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from canting_client import reading
from canting_client.book import NotJoined
from canting_client.cli.facts import At, place_named
from canting_client.cli.run import Said, app
from canting_client.cli.words import Friendly, money, not_opened, pieces, revoked_since
from canting_client.handover import BadKeyText, key_from, key_text
from canting_client.importing import BadRow
from canting_client.language import t
from canting_client.locked import NotOpened
from canting_client.passphrase import NoPassphrase
from canting_protocol.private import BookKey

if TYPE_CHECKING:
    from canting_client.lists import ListMap

_BAD_ROWS_SHOWN: Final = 20


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="BERKAS", help="Berkas CSV atau XLSX.")],
    columns: Annotated[
        Path,
        typer.Option("--map", metavar="PETA", help="Peta kolom (TOML): kolom mana berisi apa."),
    ],
    item: Annotated[
        str | None, typer.Option(metavar="BARANG", help="Catat semua sebagai barang ini.")
    ] = None,
    at: At = "rumah",
) -> None:
    """Masukkan penjualan, barang, orang atau stok awal dari berkas CSV atau Excel (.xlsx).

    Berkas yang sama dua kali tidak menambah apa-apa. Baris yang salah disebut, yang baik masuk.

    Peta kolom adalah berkas kecil yang menyebut kolom mana berisi apa. Penjualan, misalnya:

    date = "Waktu Pesanan Dibuat"

    amount = "Total Pembayaran"

    quantity = "Jumlah"

    reference = "No. Pesanan"

    status = "Status Pesanan"

    sold_when = ["Selesai"]

    channel_is = "shopee"

    Barang, orang, dan stok awal menyebut itu di baris pertama:

    of = "items", name = "Nama", price = "Harga", unit = "Satuan", type = "Jenis"

    of = "partners", name = "Nama", role = "Sebagai", phone = "Telepon"

    of = "stock", item = "Barang", quantity = "Sisa", place = "Tempat", date_is = "2026-01-01"

    Contoh: canting import pesanan.csv --map shopee.toml --item "Kain cap"

    canting import barang.xlsx --map barang.toml
    """
    from canting_client.bring import bring_in, read_map_file
    from canting_client.importing import ColumnMap
    from canting_client.sheets import NoExcel

    said: Said = context.obj
    map_ = read_map_file(columns)
    if not isinstance(map_, ColumnMap):
        if item is not None:
            raise Friendly(t("--item hanya untuk penjualan."))
        _import_list(said, file, map_, at)
        return
    with said.book() as book:
        try:
            told = bring_in(
                book,
                file,
                columns,
                item=item,
                place=place_named(book, at),
                progress=not said.as_json,
            )
        except NoExcel as error:
            raise Friendly(str(error), "no_xlsx") from error
    came_back = t(" ({returned} kembali)", returned=pieces(told.returned)) if told.returned else ""
    words = [
        t(
            "{sales} penjualan masuk: {amount}, {quantity} barang{came_back}.",
            sales=told.sales,
            amount=money(told.amount),
            quantity=pieces(told.quantity),
            came_back=came_back,
        )
    ]
    if told.known:
        words.append(t("{known} sudah ada di buku, tidak dicatat lagi.", known=told.known))
    if told.skipped:
        words.append(
            t("{skipped} bukan penjualan (menurut statusnya), dilewati.", skipped=told.skipped)
        )
    words += _about_bad(told.bad)
    said.say(
        "\n".join(words),
        sales=told.sales,
        amount=told.amount,
        quantity=told.quantity,
        returned=told.returned,
        known=told.known,
        skipped=told.skipped,
        bad=_told(told.bad),
    )


def _import_list(said: Said, file: Path, map_: "ListMap", at: str) -> None:
    """Bring in items, partners or opening stock, and say what came of it."""
    from canting_client.bring import bring_list
    from canting_client.lists import ItemMap, PartnerMap
    from canting_client.sheets import NoExcel

    with said.book() as book:
        try:
            told = bring_list(book, file, map_, place=place_named(book, at))
        except NoExcel as error:
            raise Friendly(str(error), "no_xlsx") from error
    if isinstance(map_, ItemMap):
        words = [t("{n} barang masuk.", n=told.new)]
    elif isinstance(map_, PartnerMap):
        words = [t("{n} orang masuk.", n=told.new)]
    else:
        words = [t("{n} baris stok awal masuk.", n=told.new)]
    if told.known:
        words.append(t("{n} sudah ada di buku, tidak dicatat lagi.", n=told.known))
    words += _about_bad(told.bad)
    said.say("\n".join(words), new=told.new, known=told.known, bad=_told(told.bad))


def _about_bad(bad: list[BadRow]) -> list[str]:
    if not bad:
        return []
    words = [t("{n} baris tidak terbaca dan TIDAK masuk:", n=len(bad))]
    words += [
        t("  baris {line}: {reason}", line=each.line, reason=each.reason)
        for each in bad[:_BAD_ROWS_SHOWN]
    ]
    if len(bad) > _BAD_ROWS_SHOWN:
        words.append(t("  … dan {n} lagi (semua: --json)", n=len(bad) - _BAD_ROWS_SHOWN))
    words.append(t("Betulkan baris itu lalu impor lagi; yang sudah masuk tidak dobel."))
    return words


def _told(bad: list[BadRow]) -> list[dict[str, Any]]:
    return [{"line": each.line, "reason": each.reason} for each in bad]


# -- the book key ---------------------------------------------------------------------------

key_app: Final = typer.Typer(help="Kunci buku, untuk perangkat kedua.", no_args_is_help=True)
app.add_typer(key_app, name="key")

KeyText = Annotated[
    str | None, typer.Option("--key", metavar="KUNCI", help="Kunci buku perangkat pertama.")
]
KeyFile = Annotated[
    Path | None, typer.Option("--key-file", metavar="BERKAS", help="Berkas kunci buku itu.")
]


@key_app.command("show")
def key_show(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option(metavar="BERKAS", help="Tulis ke berkas, jangan ke layar.")
    ] = None,
) -> None:
    """Tampilkan kunci buku, untuk diketik di perangkat kedua.

    Dengan kunci ini nama pembeli bisa dibaca. Jangan perlihatkan kepada orang lain.

    Contoh: canting key show
    """
    said: Said = context.obj
    with said.book() as book:
        text = key_text(next(iter(book.book_keys.values())))
    if out is None:
        said.say(
            t(
                "{text}\nDi perangkat kedua: canting join ALAMAT KODE --key KUNCI-INI\n"
                "Jangan perlihatkan kepada orang lain.",
                text=text,
            ),
            key=text,
        )
        return
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    said.say(t("Kunci ditulis ke {out}. Hapus berkas itu setelah dipakai.", out=out), file=str(out))


@key_app.command("add")
def key_add(
    context: typer.Context,
    key: Annotated[
        str | None, typer.Argument(metavar="KUNCI", help="Kunci dari perangkat lain.")
    ] = None,
    key_file: KeyFile = None,
) -> None:
    """Terima kunci buku perangkat lain, supaya nama yang ditulis di sana terbaca di sini.

    Contoh: canting key add --key-file kunci.txt
    """
    said: Said = context.obj
    given = _key_given(key, key_file)
    if given is None:
        raise Friendly(t("Kuncinya mana? Lihat di perangkat lain: canting key show"))
    with said.book() as book:
        book.add_key(given, first=False)
    said.say(t("Kunci diterima."))


@key_app.command("renew")
def key_renew(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="KODE", help="Kode dari dinas, sekali pakai.")],
    at: Annotated[
        str | None,
        typer.Option(metavar="ALAMAT", help="Alamat tas petugas, kalau tidak ada jaringan."),
    ] = None,
) -> None:
    """Ganti kunci perangkat ini, misalnya setelah diperbaiki orang lain. Catatan tetap.

    Contoh: canting key renew AB12-CD34
    """
    import asyncio
    import secrets

    from canting_client import sync as network
    from canting_protocol.crypto import SEED_BYTES, SigningKey

    said: Said = context.obj
    seed = secrets.token_bytes(SEED_BYTES)
    with said.book() as book:
        name, url = book.path.stem, at or book.url
        if book.artisan is None or url is None:
            raise NotJoined
        with network_words():
            enrolled = asyncio.run(network.enrol(url.rstrip("/"), code.strip(), SigningKey(seed)))
        if enrolled.artisan != book.artisan:
            raise Friendly(
                t("Kode itu untuk buku orang lain. Buku ini tidak diubah."), "other_book"
            )
        # In this order: broken off before the new key is kept, the old one goes on, and a new code
        # is wanted.
        book.retire_key()
        book.join(book.url or url, enrolled)
    said.home.keep_seed(name, seed)
    said.say(t("Kunci perangkat diganti. Minta dinas mencabut yang lama."), book=name)


def _key_given(text: str | None, file: Path | None) -> BookKey | None:
    if file is not None:
        text = file.read_text(encoding="utf-8", errors="replace")
    if text is None:
        return None
    try:
        return key_from(text)
    except BadKeyText as error:
        raise Friendly(t("Kunci buku salah ketik: periksa lagi hurufnya."), "bad_key") from error


# -- the registry ---------------------------------------------------------------------------


@app.command()
def join(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="ALAMAT", help="Alamat dinas, https://…")],
    code: Annotated[str, typer.Argument(metavar="KODE", help="Kode dari dinas, sekali pakai.")],
    key: KeyText = None,
    key_file: KeyFile = None,
) -> None:
    """Hubungkan buku ini ke dinas, dengan kode dari dinas.

    Perangkat kedua: tambahkan --key dengan kunci dari yang pertama (canting key show).

    Contoh: canting join https://canting.mojokertokota.example AB12-CD34
    """
    import asyncio

    from canting_client import sync as network

    said: Said = context.obj
    given = _key_given(key, key_file)
    address = registry_address(url)
    with said.book() as book:
        with network_words():
            enrolled = asyncio.run(
                network.enrol(address, code.strip(), said.home.key(book.path.stem))
            )
        # A book may be joined again: the registry moved, or no longer knows the device.
        if book.artisan not in (None, enrolled.artisan):
            raise Friendly(
                t("Kode itu untuk buku orang lain. Buku ini tidak diubah."), "other_book"
            )
        if given is not None:
            book.add_key(given, first=True)
        book.join(enrolled.url or address, enrolled)
    words = t("Terhubung ke dinas. Kirim catatan: canting sync")
    if enrolled.papers:
        words = t(
            "Didaftarkan petugas; dinas memeriksanya nanti. Titip: canting sync --to {address}",
            address=address,
        )
    said.say(words, artisan=enrolled.artisan.hex(), provisional=bool(enrolled.papers))


@app.command("sync")
def sync_(
    context: typer.Context,
    to: Annotated[
        str | None,
        typer.Option(metavar="ALAMAT", help="Titip ke petugas (alamat di layarnya)."),
    ] = None,
) -> None:
    """Kirim yang baru ke dinas, dan ambil yang baru dari sana. Aman diulang kapan saja.

    Tanpa jaringan, titip ke petugas yang datang: --to dengan alamat di layarnya.

    Contoh: canting sync

    canting sync --to http://192.168.43.1:8377
    """
    said: Said = context.obj
    if to is not None:
        _entrust(said, bag_address(to))
        return
    # Without a name and without a book, opening says what to do.
    names: list[str | None] = [said.book_name] if said.book_name else [*said.home.names] or [None]
    told: list[dict[str, Any]] = []
    failed: list[tuple[str, Friendly]] = []
    for name in names:
        try:
            told += _sync_one(said, name, alone=len(names) == 1)
        except Friendly as error:
            failed.append((str(name), error))
        except NotOpened as error:
            failed.append((str(name), not_opened(error)))
        except NoPassphrase as error:
            failed.append((str(name), Friendly(str(error), "no_passphrase")))
    if failed and len(names) == 1:
        raise failed[0][1]
    words = []
    for each in told:
        words.append(
            t(
                "{book}: {sent} catatan terkirim, {received} diterima.",
                book=each["book"],
                sent=each["sent"],
                received=each["received"],
            )
            + (
                t(" Masih di sini: {only_here}.", only_here=each["only_here"])
                if each["only_here"]
                else " " + t("Semua terkirim ✓")
            )
        )
        if each["rotated"]:
            words.append(
                t(
                    "  Buku ini pernah disalin atau dipulihkan. Catatan semua salinan disimpan; "
                    "periksa kalau ada yang tercatat dua kali: canting log"
                )
            )
        if each["revoked"]:
            words.append("  " + revoked_since(**each["revoked"]))
        if each["refused"]:
            words.append(
                t("  {refused} kiriman ditolak dinas; tetap aman di sini.", refused=each["refused"])
            )
    words += [f"{name}: {error}" for name, error in failed]
    said.say(
        "\n".join(words) or t("Belum ada buku yang terhubung ke dinas: canting join ALAMAT KODE"),
        books=told,
        failed=[
            {"book": name, "error": error.code, "message": str(error)} for name, error in failed
        ],
    )
    if failed:
        raise typer.Exit(1)


def _sync_one(said: Said, name: str | None, *, alone: bool) -> list[dict[str, Any]]:
    """Sync a book; return what it came to, or nothing when it is not joined."""
    import asyncio

    from canting_client import sync as network

    with said.home.open(name) as book:
        if book.artisan is None:
            if alone:
                raise NotJoined
            return []
        before = reading.figures(book).only_here
        with network_words():
            outcome = asyncio.run(network.sync(book, said.home.key(book.path.stem)))
        after = reading.figures(book).only_here
        revoked = reading.revocation(book)
    return [
        {
            "book": name or book.path.stem,
            "sent": max(before - after, 0),
            "received": outcome.received,
            "refused": len(outcome.turned),
            "only_here": after,
            "round_trips": outcome.round_trips,
            "rotated": outcome.rotated,
            "revoked": None if revoked is None else revoked._asdict(),
        }
    ]


def _entrust(said: Said, address: str) -> None:
    """Hand the books over to a courier's door, and say what he took and brought."""
    import asyncio

    from canting_client import sync as network

    names: list[str | None] = [said.book_name] if said.book_name else [*said.home.names] or [None]
    words: list[str] = []
    told: list[dict[str, Any]] = []
    for name in names:
        with said.home.open(name) as book:
            if book.artisan is None:
                if len(names) == 1:
                    raise NotJoined
                continue
            before = reading.figures(book).only_here
            with network_words(bag=address):
                done = asyncio.run(network.hand_over(book, said.home.key(book.path.stem), address))
            after = reading.figures(book).only_here
            carried = book.carried()[0]
        told.append(
            {
                "book": name or book.path.stem,
                "arrived": max(before - after, 0),
                "carried": carried,
                "only_here": after - carried,
                "received": done.received,
                "officer": done.officer,
                "code": done.code,
                "rotated": done.rotated,
            }
        )
        to_whom = t(" ke {officer}", officer=done.officer) if done.officer else ""
        about = {"book": name or book.path.stem, "officer": to_whom, "code": done.code}
        words.append(
            t(
                "{book}: {carried} catatan dititipkan{officer}. Tanda terima {code}.",
                carried=carried,
                **about,
            )
            if carried
            else t("{book}: tidak ada titipan baru{officer}. Tanda terima {code}.", **about)
        )
        if not done.officer:
            words.append(t("  Penerima ini tidak membawa sertifikat dinas; isinya tetap tertutup."))
        if before > after:
            words.append(t("  {arrived} catatan sudah sampai di dinas ✓", arrived=before - after))
        if done.received:
            words.append(t("  {received} catatan baru diterima.", received=done.received))
    said.say("\n".join(words), books=told)


@app.command()
def give(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="BERKAS", help="Ke berkas mana (.txt boleh).")],
) -> None:
    """Tulis titipan untuk dinas ke berkas, tertutup rapat: untuk petugas, USB, atau WhatsApp.

    Contoh: canting give titipan.txt
    """
    import time

    from canting_client import parcels
    from canting_client.custody import packed

    said: Said = context.obj
    with said.book() as book:
        content, letters = packed(book, said.home.key(book.path.stem), int(time.time()))
        only_here = reading.figures(book).only_here
    parcels.write(file, content)
    said.say(
        t(
            "{only_here} catatan ditulis ke {file} ({size} byte). Hanya dinas bisa membacanya.",
            only_here=only_here,
            file=file,
            size=len(content),
        ),
        letters=letters,
        bytes=len(content),
        changes=only_here,
    )


@app.command()
def take(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="BERKAS", help="Berkas dari petugas.")],
) -> None:
    """Terima berkas jawaban dan tanda terima dari petugas. Aman diulang.

    Contoh: canting take jawaban.txt
    """
    from canting_client import parcels
    from canting_client.custody import taken
    from canting_protocol.errors import Refused

    said: Said = context.obj
    with said.book() as book:
        before = reading.figures(book).only_here
        try:
            found = parcels.read(file)
            done = taken(book, said.home.key(book.path.stem), [], found.bundle)
        except Refused as error:
            raise Friendly(
                t("{file} bukan jawaban untuk buku ini ({code}).", file=file.name, code=error.code),
                error.code,
            ) from error
        after = reading.figures(book).only_here
        carried = book.carried()[0]
    said.say(
        t(
            "{arrived} catatan sudah sampai di dinas, {received} baru diterima, "
            "{carried} masih dititipkan.",
            arrived=before - after,
            received=done.received,
            carried=carried,
        ),
        arrived=before - after,
        received=done.received,
        carried=carried,
        code=done.code,
        whole=found.whole,
    )


SAFE: Final = "Catatan Anda aman di perangkat ini."
TURNED_AWAY: Final = {
    "unknown_code": "Kode itu tidak dikenal; periksa hurufnya.",
    "code_used": "Kode itu sudah dipakai; minta yang baru.",
    "code_expired": "Kode itu sudah lewat waktunya; minta yang baru.",
    "too_many": "Jatah petugas ini sudah habis.",
    "expired": "Sertifikat petugas ini sudah habis.",
    "too_many_guesses": "Terlalu sering salah; coba lagi nanti.",
    "erased": (
        "Dinas sudah menghapus semua data Anda atas permintaan Anda, dan tidak menerimanya lagi. "
        "Buku di perangkat ini tetap milik Anda: tidak ada yang berubah atau hilang."
    ),
    "unknown_version": "Dinas memakai Canting versi lain; perbarui dulu. {safe}",
}


def registry_address(typed: str) -> str:
    """Return the department's address; one without `https://` is asked about, not guessed."""
    address = typed.strip().rstrip("/")
    if not address.casefold().startswith(("https://", "http://")):
        raise Friendly(
            t("Alamat dinas diawali https:// – maksudnya https://{address} ?", address=address),
            "bad_url",
        )
    return address


def bag_address(typed: str) -> str:
    """Return the address of an officer's bag, which is `http://…` where nothing else was typed."""
    address = typed.strip().rstrip("/")
    return address if "://" in address else f"http://{address}"


@contextmanager
def network_words(*, bag: str | None = None) -> Iterator[None]:
    """Say in words why the department did not answer, or the officer's bag that was meant."""
    from canting_client.sync import NotReached, NotTheRegistry, TurnedAway
    from canting_protocol.errors import Refused

    try:
        yield
    except NotReached as error:
        if bag is not None:
            raise Friendly(
                t(
                    "Tas petugas di {address} tidak terjangkau: apakah terbuka, dan jaringannya "
                    "sama? {safe}",
                    address=bag,
                    safe=t(SAFE),
                ),
                "not_reached",
            ) from error
        raise Friendly(
            t("Dinas tidak terjangkau sekarang. {safe}", safe=t(SAFE)), "not_reached"
        ) from error
    except NotTheRegistry as error:
        raise Friendly(
            t("Yang menjawab bukan dinas: mungkin halaman masuk WiFi. {safe}", safe=t(SAFE)),
            "not_the_registry",
        ) from error
    except TurnedAway as error:
        text = (
            t(TURNED_AWAY[error.code], safe=t(SAFE))
            if error.code in TURNED_AWAY
            else t("Dinas menolak ({code}). {safe}", code=error.code, safe=t(SAFE))
        )
        raise Friendly(text, error.code) from error
    except Refused as error:
        text = t(
            "Dinas tidak mengenal perangkat ini. {safe} Minta kode baru dari dinas.", safe=t(SAFE)
        )
        raise Friendly(text, error.code) from error
