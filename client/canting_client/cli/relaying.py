"""`canting relay …`: the officer's bag on a visit, and at the registry."""

import asyncio
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from canting_client.cli.carrying import bag_address, network_words, registry_address
from canting_client.cli.run import Said, app
from canting_client.cli.words import Friendly, when
from canting_client.language import t
from canting_client.relay.bag import ANSWER, Bag, Known, Visit
from canting_protocol.bundles import Officer, read_officer
from canting_protocol.crypto import PublicKey
from canting_protocol.errors import Refused
from canting_protocol.messages import LETTERS

PORT: Final = 8377
PASS_SECONDS: Final = 3_600
CODE_LENGTH: Final = 12
"""60 bits: an officer is there, and it opens for an hour."""
DAY_SECONDS: Final = 86_400
EXPIRES_SOON_DAYS: Final = 14
ARTISAN_LETTERS_MIN: Final = 4
"""As much of an artisan's id as must be typed."""

relay_app: Final = typer.Typer(
    help="Tas petugas: membawa titipan perajin ke dinas, dan jawabannya kembali.",
    no_args_is_help=True,
)
app.add_typer(relay_app, name="relay")


@contextmanager
def _bag(said: Said, *, joined: bool = True) -> Iterator[Bag]:
    bag = Bag(said.home.folder / "bag.db")
    try:
        if joined and bag.known is None:
            raise Friendly(
                t("Tas ini belum terhubung ke dinas: canting relay join ALAMAT KODE"),
                "not_joined",
            )
        yield bag
    finally:
        bag.close()


@relay_app.command("join")
def relay_join(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="ALAMAT", help="Alamat dinas, https://…")],
    code: Annotated[str, typer.Argument(metavar="KODE", help="Kode petugas dari dinas.")],
) -> None:
    """Jadikan perangkat ini tas petugas, dengan kode dari dinas.

    Contoh: canting relay join https://canting.mojokertokota.example AB12C-D34EF
    """
    from canting_client import sync as network

    said: Said = context.obj
    address = registry_address(url)
    with _bag(said, joined=False) as bag:
        with network_words():
            commission = asyncio.run(network.commission(address, code.strip(), said.home.key()))
        registry = PublicKey(commission.registry)
        known = Known(registry, address, commission.box, [commission.paper])
        bag.belong(known)
        officer = _officer(known)
    assert officer is not None
    said.say(
        t(
            "Tas siap, {name}. Sertifikat berlaku sampai {until}.",
            name=officer.name,
            until=when(officer.expires),
        ),
        name=officer.name,
        district=officer.district,
        expires=officer.expires,
    )


@relay_app.command("open")
def relay_open(
    context: typer.Context,
    host: Annotated[str, typer.Option(metavar="ALAMAT", help="Di jaringan mana.")] = "0.0.0.0",  # noqa: S104
    port: Annotated[int, typer.Option(metavar="NOMOR", help="Nomor pintu.")] = PORT,
    once: Annotated[
        bool, typer.Option("--once", help="Tutup lagi setelah satu serah terima.")
    ] = False,
) -> None:
    """Buka tas di jaringan ini (hotspot), supaya perajin bisa menitip: canting sync --to ALAMAT.

    Contoh: canting relay open
    """
    said: Said = context.obj
    with _bag(said) as bag:
        asyncio.run(_serve(said, bag, host, port, once=once))


async def _serve(said: Said, bag: Bag, host: str, port: int, *, once: bool) -> None:
    from aiohttp import web

    from canting_client.relay.door import make_app

    closed = asyncio.Event()

    def told(code: str, came: int, went: int) -> None:
        said.say(
            t(
                "Serah terima {code}: {came} surat diterima, {went} jawaban diberikan.",
                code=code,
                came=came,
                went=went,
            ),
            code=code,
            came=came,
            went=went,
        )
        if once:
            closed.set()

    runner = web.AppRunner(make_app(bag, said.home.key(), _now, told), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise Friendly(t("Pintu {port} sedang dipakai.", port=port), "port") from error
        urls = [f"http://{each}:{port}" for each in _addresses(host)]
        said.say(
            "\n".join(
                [
                    t("Tas terbuka. Di perangkat perajin:"),
                    *(t("  canting sync --to {url}", url=url) for url in urls),
                    t("Berhenti: Ctrl-C"),
                ]
            ),
            urls=urls,
        )
        await closed.wait()
        await asyncio.sleep(0.2)  # the answer is still on its way
    finally:
        await runner.cleanup()


def _addresses(host: str) -> list[str]:
    """Return by which addresses others reach this device."""
    if host != "0.0.0.0":  # noqa: S104
        return [host]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a documentation address: nothing is sent
            return [str(probe.getsockname()[0])]
        except OSError:
            return ["127.0.0.1"]


@relay_app.command("enrol")
def relay_enrol(
    context: typer.Context,
    artisan: Annotated[
        str | None,
        typer.Option(
            metavar="NOMOR", help="Nomor perajin, untuk perangkat lain miliknya; awalnya cukup."
        ),
    ] = None,
    lost: Annotated[
        bool, typer.Option("--lost", help="Perangkat ini menggantikan yang hilang.")
    ] = False,
) -> None:
    """Buat kode sekali pakai untuk perangkat perajin, tanpa jaringan. Berlaku satu jam.

    Perangkat itu langsung bisa dipakai; dinas memeriksanya kemudian. Lalu buka tas: canting relay
    open, dan di perangkat perajin: canting join ALAMAT KODE.

    Contoh: canting relay enrol
    """
    from canting_client.relay.bag import NotAllowed
    from canting_protocol.log import ARTISAN_BYTES, ArtisanId
    from canting_protocol.messages import hash_code
    from canting_protocol.witness import Stead

    said: Said = context.obj
    if lost and artisan is None:
        raise Friendly(t("--lost memerlukan --artisan: nomor perajin ada di lembar pemulihan."))
    stead = Stead.FIRST if artisan is None else Stead.LOST if lost else Stead.FURTHER
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    with _bag(said) as bag:
        whose = secrets.token_bytes(ARTISAN_BYTES) if artisan is None else _artisan(bag, artisan)
        try:
            number = bag.allow(hash_code(code), ArtisanId(whose), stead, _now() + PASS_SECONDS)
        except NotAllowed as error:
            raise Friendly(
                t("Jatah pendaftaran petugas sudah habis; minta kode baru dari dinas."), error.code
            ) from error
    shown = "-".join(code[at : at + 4] for at in range(0, CODE_LENGTH, 4))
    command = (
        t("canting recover LEMBAR {code} --at ALAMAT", code=shown)
        if lost
        else t("canting join ALAMAT {code}", code=shown)
    )
    said.say(
        "\n".join(
            [
                t(
                    "Kode {code}, berlaku satu jam. Pendaftaran ke-{number}.",
                    code=shown,
                    number=number,
                ),
                t("Buka tas: canting relay open. Di perangkat perajin: {command}", command=command),
            ]
        ),
        code=shown,
        artisan=whose.hex(),
        number=number,
    )


@relay_app.command("take")
def relay_take(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="BERKAS…", help="Berkas titipan.")],
    answer: Annotated[
        Path | None,
        typer.Option(metavar="BERKAS", help="Tulis tanda terima dan jawaban ke berkas ini."),
    ] = None,
) -> None:
    """Terima berkas titipan (canting give) dari perajin atau petugas lain.

    Contoh: canting relay take titipan.txt --answer jawaban.txt
    """
    from canting_client import parcels
    from canting_protocol.bundles import pack, slip_code

    said: Said = context.obj
    if answer is not None and len(files) > 1:
        raise Friendly(t("Dengan --answer, satu berkas saja."))
    told, words = [], []
    with _bag(said) as bag:
        for file in files:
            with bundle_words(file):
                found = parcels.read(file)
                slip, answers = bag.take(said.home.key(), found.bundle, _now(), whole=found.whole)
            code = slip_code(slip)
            known = bag.known
            assert known is not None
            if answer is not None:
                parcels.write(answer, pack(answers, slip, known.papers))
            told.append({"file": str(file), "code": code, "whole": found.whole})
            words.append(
                t(
                    "{file}: {letters} surat diterima. Tanda terima {code}.",
                    file=file.name,
                    letters=len(found.bundle.letters),
                    code=code,
                )
            )
            if not found.whole:
                words.append(t("  Berkas itu terpotong; yang utuh sudah diterima."))
    said.say("\n".join(words), files=told)


@relay_app.command("give")
def relay_give(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="BERKAS", help="Ke berkas mana (.txt boleh).")],
) -> None:
    """Tulis isi tas ke berkas, untuk dibawa petugas lain. Di sini tidak ada yang dihapus.

    Contoh: canting relay give tas.txt
    """
    from canting_client import parcels

    said: Said = context.obj
    content, letters = _packed(said)
    parcels.write(file, content)
    said.say(t("{letters} surat ditulis ke {file}.", letters=letters, file=file), letters=letters)


def _packed(said: Said) -> tuple[bytes, int]:
    """Return what is in the bag as a file for another officer, and how many letters."""
    from canting_client.relay.deliver import packed

    with _bag(said) as bag:
        return packed(bag, said.home.key(), _now())


@relay_app.command("show")
def relay_show(
    context: typer.Context,
    target: Annotated[
        Path,
        typer.Argument(metavar="TUJUAN", help="Folder baru untuk gambar, atau berkas baru .gif."),
    ],
) -> None:
    """Gambar isi tas sebagai kode QR yang bergerak, untuk kamera petugas lain.

    Contoh: canting relay show tas.gif
    """
    import tempfile

    from canting_client.cli.showing import show_qr

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tas.bundle"
        file.write_bytes(_packed(context.obj)[0])
        show_qr(context, file, target=target)


@relay_app.command("deliver")
def relay_deliver(
    context: typer.Context,
    to: Annotated[
        str | None,
        typer.Option(metavar="ALAMAT", help="Titip ke tas petugas lain, bukan ke dinas."),
    ] = None,
) -> None:
    """Antar isi tas ke dinas, dan ambil jawabannya. Boleh putus, boleh diulang.

    Contoh: canting relay deliver
    """
    from canting_client import sync as network
    from canting_client.relay.deliver import Delivered, deliver, pass_on

    said: Said = context.obj
    with _bag(said) as bag:
        key, standing, known = said.home.key(), bag.standing(), bag.known
        other = None if to is None else bag_address(to)
        assert known is not None
        if not said.as_json:
            typer.echo(
                t(
                    "Yang diantar: {goods} titipan dari {artisans} perajin, {kb} kB.",
                    goods=standing.goods,
                    artisans=standing.artisans,
                    kb=max(standing.bytes // 1000, 1) if standing.bytes else 0,
                )
            )

        def told(done: Delivered) -> None:
            if not said.as_json:
                typer.echo(
                    t(
                        "  {arrived} sampai, {answers} jawaban",
                        arrived=done.arrived,
                        answers=done.answers,
                    )
                )

        with network_words(bag=other):
            if other is None:
                done = asyncio.run(
                    network.carry(known.url, lambda post: deliver(bag, key, _now, post, told))
                )
            else:
                done = asyncio.run(network.carry(other, lambda post: pass_on(bag, key, _now, post)))
    if to is not None:
        words = t("{sent} surat dititipkan ke petugas itu.", sent=done.sent)
    elif done.left:
        words = t(
            "{arrived} titipan sampai di dinas. {left} belum diterima; coba lagi nanti.",
            arrived=done.arrived,
            left=done.left,
        )
    else:
        words = t("{arrived} titipan sampai di dinas. Tas kosong ✓", arrived=done.arrived)
    said.say(words, **done._asdict())


@relay_app.command("note")
def relay_note(
    context: typer.Context,
    artisan: Annotated[
        str, typer.Argument(metavar="NOMOR", help="Nomor perajin; awalnya cukup (relay visits).")
    ],
    text: Annotated[
        str, typer.Argument(metavar="TEKS", help='Nama, di mana, kapan datang. "" menghapusnya.')
    ],
) -> None:
    """Catat siapa perajin itu, untuk kunjungan Anda. Terkunci dengan kata sandi, dan tetap di sini.

    Contoh: canting relay note 3f2a91c0 "Bu Siti, Surodinawan, datang pagi"
    """
    from canting_client.relay import notes

    said: Said = context.obj
    words = " ".join(text.split())
    if len(words) > notes.NOTE_LETTERS_MAX:
        raise Friendly(
            t("Catatan itu terlalu panjang: paling banyak {n} huruf.", n=notes.NOTE_LETTERS_MAX)
        )
    with _bag(said, joined=False) as bag:
        whose = _artisan(bag, artisan)
        notes.write(said.home, bag, whose, words)
    said.say(
        t("Dicatat untuk {artisan}. Lihat: canting relay visits", artisan=whose.hex()[:8])
        if words
        else t("Catatan tentang {artisan} dihapus.", artisan=whose.hex()[:8]),
        artisan=whose.hex(),
    )


def _artisan(bag: Bag, typed: str) -> bytes:
    """Return the artisan whose id begins so, among those the bag knows; a whole id may be new."""
    from canting_protocol.log import ARTISAN_BYTES

    wanted = typed.strip().casefold()
    try:
        if len(whole := bytes.fromhex(wanted)) == ARTISAN_BYTES:
            return whole
    except ValueError:
        pass
    found = [each for each in bag.artisans() if each.hex().startswith(wanted)]
    if len(wanted) < ARTISAN_LETTERS_MIN or len(found) != 1:
        raise Friendly(t("Nomor perajin {artisan!r} salah.", artisan=typed))
    return found[0]


@relay_app.command("visits")
def relay_visits(context: typer.Context) -> None:
    """Siapa yang paling lama tidak dikunjungi, dan siapa yang ditunggu jawabannya.

    Nama yang dicatat (canting relay note) tampil kalau kata sandi disebutkan.

    Contoh: canting relay visits

    canting relay visits --passphrase-file sandi.txt
    """
    from canting_client.relay import notes

    said: Said = context.obj
    with _bag(said) as bag:
        visits = bag.visits()
        officer = _officer(bag.known)
        names = notes.read(said.home, bag)
    lines = [_visit_line(each, (names or {}).get(each.artisan, "")) for each in visits]
    if names is None:
        lines.append(t("Nama terkunci. Lihat: canting relay visits --passphrase-file BERKAS"))
    lines += _about_certificate(officer)
    said.say(
        "\n".join(lines) or t("Belum ada kunjungan."),
        rows=[
            {
                "artisan": each.artisan.hex(),
                "device": each.giver.hex()[:16],
                "met": each.met,
                "waiting": each.waiting,
                "answers": each.answers,
                "note": (names or {}).get(each.artisan),
            }
            for each in visits
        ],
        locked=names is None,
    )


def _visit_line(visit: Visit, note: str) -> str:
    words = t(
        "{artisan}  terakhir {met}  di tas: {waiting}  jawaban: {answers}",
        artisan=visit.artisan.hex()[:8],
        met=when(visit.met) if visit.giver else t("belum pernah"),
        waiting=visit.waiting,
        answers=visit.answers,
    )
    return f"{words}  {note}" if note else words


@relay_app.command("status")
def relay_status(context: typer.Context) -> None:
    """Apa isi tas, dan sampai kapan sertifikat berlaku.

    Contoh: canting relay status
    """
    said: Said = context.obj
    with _bag(said) as bag:
        standing, officer, url = (
            bag.standing(),
            _officer(bag.known),
            bag.known.url if bag.known else "",
        )
        answers = len(bag.letters(ANSWER))
    lines = [
        t(
            "Di tas: {goods} titipan dari {artisans} perajin, {kb} kB; {answers} jawaban.",
            goods=standing.goods,
            artisans=standing.artisans,
            kb=standing.bytes // 1000,
            answers=answers,
        )
    ]
    if standing.oldest is not None:
        lines.append(t("Titipan tertua sejak {oldest}.", oldest=when(standing.oldest)))
    expires = None if officer is None else officer.expires
    if expires is not None and expires >= _now():
        lines.append(t("Sertifikat petugas berlaku sampai {until}.", until=when(expires)))
    lines += _about_certificate(officer)
    said.say("\n".join(lines), url=url, expires=expires, **standing._asdict())


def _about_certificate(officer: Officer | None) -> list[str]:
    if officer is None:
        return []
    left = (officer.expires - _now()) // DAY_SECONDS
    if left < 0:
        return [t("Sertifikat petugas sudah habis: minta kode baru dari dinas.")]
    if left < EXPIRES_SOON_DAYS:
        return [t("Sertifikat petugas habis {days} hari lagi.", days=left)]
    return []


def _officer(known: Known | None) -> Officer | None:
    if known is None or not known.papers:
        return None
    return read_officer(known.papers[0], known.registry)


@contextmanager
def bundle_words(file: Path) -> Iterator[None]:
    """Say in words what is wrong with a file of letters."""
    try:
        yield
    except Refused as error:
        raise Friendly(
            t("{file} bukan berkas titipan yang utuh ({code}).", file=file.name, code=error.code),
            error.code,
        ) from error


def _now() -> int:
    return int(time.time())
