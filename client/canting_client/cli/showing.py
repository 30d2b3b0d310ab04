"""`canting show-qr|read-qr`: a file carried from a screen to a camera, with no network at all."""

import errno
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from canting_client import qr
from canting_client.cli.run import Said, app
from canting_client.cli.words import Friendly, choice
from canting_client.language import t
from canting_protocol.frames import Progress

_FASTER: Final = {name: faster for name, (_, faster) in qr.CODES.items()}
_USUAL: Final = {name: usual for name, (usual, _) in qr.CODES.items()}

# A screen of its own without a cursor, which leaves what stood there as it was.
_ENTER: Final = "\x1b[?1049h\x1b[?25l"
_LEAVE: Final = "\x1b[?25h\x1b[?1049l"
_TO_THE_TOP: Final = "\x1b[H"
_CLEAR_LINE: Final = "\x1b[K"
_TELL_EVERY_SECONDS: Final = 0.1


@app.command("show-qr")
def show_qr(
    context: typer.Context,
    source: Annotated[
        Path | None,
        typer.Argument(metavar="BERKAS", help="Berkas yang diperlihatkan; biasanya titipan."),
    ] = None,
    receiver: Annotated[
        str,
        typer.Option("--for", metavar="PENERIMA", help="Kamera siapa yang membaca: laptop, hp."),
    ] = "laptop",
    faster: Annotated[
        bool,
        typer.Option("--faster", help="Kode lebih rapat: untuk kamera yang tajam."),
    ] = False,
    per_second: Annotated[
        int,
        typer.Option(
            "--fps",
            metavar="JUMLAH",
            min=1,
            max=qr.FRAMES_PER_SECOND_MAX,
            help="Berapa kode tiap detik.",
        ),
    ] = qr.FRAMES_PER_SECOND,
    target: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="TUJUAN", help="Folder baru untuk gambar, atau berkas baru .gif."
        ),
    ] = None,
    svg: Annotated[
        bool, typer.Option("--svg", help="Gambar di folder itu SVG, bukan PNG.")
    ] = False,
) -> None:
    """Perlihatkan berkas sebagai kode QR yang bergerak, untuk dibaca kamera perangkat lain.

    Tanpa berkas: titipan buku ini untuk dinas, yang hanya dinas bisa membacanya. Berkas lain
    terbaca siapa saja yang melihat layar ini. Berhenti: Ctrl-C.

    Contoh: canting show-qr

    canting show-qr pesan.txt

    canting show-qr pesan.txt --for hp --fps 8

    canting show-qr pesan.txt --out kode.gif
    """
    said: Said = context.obj
    code = choice(receiver, _FASTER if faster else _USUAL)
    if source is None:
        from canting_client.custody import packed

        with said.book() as book:
            content, _ = packed(book, said.home.key(book.path.stem), int(time.time()))
    else:
        with source.open("rb") as file:
            content = file.read(code.content_bytes_max + 1)
    if len(content) > code.content_bytes_max:
        raise Friendly(
            t(
                "{file} terlalu besar untuk kode QR ini: paling banyak {most} byte.",
                file=source or t("Titipan ini"),
                most=code.content_bytes_max,
            ),
            "too_big",
        )
    pieces = qr.pieces_of(content, code)
    texts = qr.texts(content, code)
    with _said_kindly():
        if target is not None:
            _leave_in_files(said, qr.some(texts, qr.enough(pieces)), code, target, per_second, svg)
        elif said.as_json:
            said.say("", pieces=pieces, frames=qr.some(texts, qr.enough(pieces)))
        elif sys.stdout.isatty():
            _animate(texts, code, pieces, per_second)
        else:
            for text in qr.some(texts, pieces):
                typer.echo("\n".join([*qr.drawing(text, code).lines, ""]), color=True)


def _leave_in_files(
    said: Said, texts: list[str], code: qr.Code, target: Path, per_second: int, svg: bool
) -> None:
    if target.suffix.casefold() == ".gif":
        drawn = qr.write_gif(texts, code, target, per_second)
    else:
        drawn = qr.write_pictures(texts, code, target, ".svg" if svg else ".png")
    said.say(
        t("{n} kode QR ditulis ke {target}.", n=drawn, target=target),
        frames=drawn,
        target=str(target),
    )


def _animate(texts: Iterator[str], code: qr.Code, pieces: int, per_second: int) -> None:
    """Draw one code over the other until somebody stops it."""
    first = qr.drawing(next(texts), code)
    _fits(first)
    drawings = (qr.drawing(text, code) for text in texts)
    sys.stdout.write(_ENTER)
    try:
        drawn, shown = first, 1
        while True:
            began = time.monotonic()
            below = t(
                "Kode {n}; perlu {pieces} kode yang terbaca. Berhenti: Ctrl-C",
                n=shown,
                pieces=pieces,
            )
            lines = [*drawn.lines, below[: drawn.columns] + _CLEAR_LINE]
            sys.stdout.write(_TO_THE_TOP + "\n".join(lines))
            sys.stdout.flush()
            drawn, shown = next(drawings), shown + 1  # while this one is looked at
            time.sleep(max(0, 1 / per_second - (time.monotonic() - began)))
    except KeyboardInterrupt:
        pass
    finally:
        sys.stdout.write(_LEAVE)
        sys.stdout.flush()


def _fits(drawn: qr.Drawing) -> None:
    """Say so when a code is larger than the window: half of it, nobody reads."""
    columns, rows = shutil.get_terminal_size()
    needed = len(drawn.lines) + 1
    if columns < drawn.columns or rows < needed:
        raise Friendly(
            t(
                "Jendela ini terlalu kecil: perlu {columns} kolom dan {rows} baris. "
                "Perkecil hurufnya, atau tulis ke berkas: --out kode.gif",
                columns=drawn.columns,
                rows=needed,
            ),
            "window_too_small",
        )


@app.command("read-qr")
def read_qr(
    context: typer.Context,
    images: Annotated[
        list[Path],
        typer.Argument(metavar="GAMBAR…", help="Foto, GIF, video, atau folder berisi itu."),
    ],
    target: Annotated[
        Path, typer.Option("--out", metavar="BERKAS", help="Berkas baru untuk isinya.")
    ],
) -> None:
    """Baca berkas kembali dari gambar atau video kode QR-nya, dalam urutan apa pun.

    Video dibaca sampai berkasnya lengkap. Yang sudah ada tidak pernah ditimpa. Kalau isinya
    titipan perajin: canting relay take BERKAS.

    Contoh: canting read-qr foto/ --out pesan.txt

    canting read-qr kode.gif --out pesan.txt

    canting read-qr rekaman.mp4 --out pesan.txt
    """
    said: Said = context.obj
    if target.exists():  # said before a long video is read, not after it
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    with _said_kindly(), _progress(said) as told:
        found = qr.read_images(images, told)
    if not isinstance(found, bytes):
        if not found.pieces:
            raise Friendly(t("Tidak ada kode QR dari Canting di situ."), "no_frames")
        raise Friendly(
            t(
                "Belum lengkap: baru {gathered} dari {pieces} bagian terbaca. "
                "Tambahkan gambar atau video, lalu ulangi dengan semuanya.",
                gathered=found.gathered,
                pieces=found.pieces,
            ),
            "not_whole",
        )
    with target.open("xb") as file:
        file.write(found)
    said.say(
        t("Lengkap: {n} byte ditulis ke {target}.", n=len(found), target=target),
        bytes=len(found),
        target=str(target),
    )


@contextmanager
def _progress(said: Said) -> Iterator[Callable[[int, Progress], None]]:
    """Give a teller of how far the reading is: one line for a person who waits, then no trace."""
    if said.as_json or not sys.stderr.isatty():
        yield lambda seen, progress: None
        return

    last = 0.0

    def tell(seen: int, progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last < _TELL_EVERY_SECONDS:
            return
        last = time.monotonic()
        words = t(
            "{gathered} dari {pieces} bagian terbaca, dari {n} gambar. Berhenti: Ctrl-C",
            gathered=progress.gathered,
            pieces=progress.pieces or "?",
            n=seen,
        )
        sys.stderr.write(f"\r{words}{_CLEAR_LINE}")
        sys.stderr.flush()

    try:
        yield tell
    finally:
        sys.stderr.write(f"\r{_CLEAR_LINE}")
        sys.stderr.flush()


@contextmanager
def _said_kindly() -> Iterator[None]:
    try:
        yield
    except qr.NotInstalled as error:
        raise Friendly(str(error), "not_installed") from error
    except qr.NoPicture as error:
        raise Friendly(str(error), "no_picture") from error
