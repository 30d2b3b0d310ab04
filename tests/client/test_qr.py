"""QR frames drawn by one library and read by another, and the two commands round them."""

import itertools
import os
import pty
import random
import re
import signal
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path

import pytest
import segno
from PIL import Image, ImageFilter
from tests.client.command import Phone

from canting_client import qr
from canting_protocol.frames import Progress
from canting_protocol.limits import FRAMED_BYTES_MAX

LAPTOP, SHARP_LAPTOP = qr.CODES["laptop"]
HP, SHARP_HP = qr.CODES["hp"]
LETTER = random.Random(1).randbytes(2400)  # noqa: S311
DOCUMENT = Path(__file__).parents[2] / "docs" / "protocol.md"


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    return Phone(tmp_path / "hp")


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    file = tmp_path / "pesan.bin"
    file.write_bytes(LETTER)
    return file


def drawn(content: bytes, code: qr.Code, folder: Path, count: int, suffix: str = ".png") -> Path:
    qr.write_pictures(qr.some(qr.texts(content, code), count), code, folder, suffix)
    return folder


@pytest.mark.parametrize("code", [LAPTOP, SHARP_LAPTOP, HP, SHARP_HP], ids=lambda code: code[:2])
def test_a_code_holds_as_many_bytes_as_its_table_says(code: qr.Code) -> None:
    def fits(frame_bytes: int) -> bool:
        letters = "A" * (frame_bytes // 2 * 3 + frame_bytes % 2 * 2)
        try:
            segno.make_qr(letters, version=code.version, error=code.error, mode="alphanumeric")
        except segno.DataOverflowError:
            return False
        return True

    assert fits(code.frame_bytes)
    assert not fits(code.frame_bytes + 1)


def test_the_codes_are_those_of_the_document() -> None:
    rows = re.findall(
        r"^\| .*camera.*? \| (\d+) \| ([LMQH]) \| (\d+) \| (\d+) \|$|^\| … .*? \| (\d+) \| "
        r"([LMQH]) \| (\d+) \| (\d+) \|$",
        DOCUMENT.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    told = [tuple(cell for cell in row if cell) for row in rows]
    assert told == [
        (str(each.version), each.error, str(each.frame_bytes), str(each.payload_bytes))
        for each in (LAPTOP, SHARP_LAPTOP, HP, SHARP_HP)
    ]


@pytest.mark.parametrize("code", [LAPTOP, HP], ids=["v10-L", "v20-M"])
def test_full_codes_are_drawn_and_read_whichever_third_is_missing(
    tmp_path: Path, code: qr.Code
) -> None:
    content = LETTER * 2 + LETTER[: code.payload_bytes]
    content = content[: qr.pieces_of(content, code) * code.payload_bytes - 32]
    text = next(qr.texts(content, code))
    symbol = segno.make(text, error=code.error)
    assert (symbol.version, symbol.error) == (code.version, code.error)
    pieces = qr.pieces_of(content, code)
    folder = drawn(content, code, tmp_path / "kode", 2 * pieces)
    pictures = sorted(folder.iterdir())
    caught = [each for number, each in enumerate(pictures) if number % 3]
    random.Random(2).shuffle(caught)  # noqa: S311
    assert qr.read_images(caught) == content
    assert qr.read_images(caught[:2]) == Progress(2, pieces)


def test_a_laptop_needs_ten_frames_for_a_week(tmp_path: Path) -> None:
    assert qr.pieces_of(LETTER, LAPTOP) == 10
    assert qr.read_images([drawn(LETTER, LAPTOP, tmp_path / "kode", 10)]) == LETTER


@pytest.mark.parametrize("angle", [0, 9, 180])
def test_photos_are_read_turned_soft_and_squeezed(tmp_path: Path, angle: int) -> None:
    folder = drawn(LETTER, HP, tmp_path / "kode", 4)
    for number, file in enumerate(sorted(folder.iterdir())):
        with Image.open(file) as picture:
            photo = picture.convert("L").resize((105 * 3, 105 * 3))
        photo = photo.rotate(angle, expand=True, fillcolor=255)
        photo.filter(ImageFilter.GaussianBlur(0.8)).save(tmp_path / f"{number}.jpg", quality=75)
        file.unlink()
    assert qr.read_images(sorted(tmp_path.glob("*.jpg"))) == LETTER


def test_a_soft_photo_is_read_enlarged(tmp_path: Path) -> None:
    """At 2.5 pixels a module, out of a cheap camera; only the second look finds the code."""
    (file,) = drawn(b"seratus kain", LAPTOP, tmp_path / "kode", 1).iterdir()
    with Image.open(file) as picture:
        grey = picture.convert("L")
    modules = grey.width // 8
    size = round(modules * 2.5)
    grey.resize((size, size)).filter(ImageFilter.GaussianBlur(1.0)).save(file)
    assert qr.read_images([file]) == b"seratus kain"


def test_other_codes_and_old_frames_in_the_pictures_disturb_nobody(tmp_path: Path) -> None:
    folder = drawn(LETTER[:1000], LAPTOP, tmp_path / "kode", 5)
    segno.make("HTTPS://EXAMPLE.TEST").save(str(folder / "0000.png"), scale=5)
    segno.make("00").save(str(folder / "0000b.png"), scale=5)
    (folder / "catatan.txt").write_text("bukan gambar", encoding="utf-8")
    drawn(LETTER[::-1], LAPTOP, tmp_path / "lama", 3)
    assert qr.read_images([tmp_path / "lama", folder]) == LETTER[:1000]


def test_several_codes_in_one_photo_are_all_read(tmp_path: Path) -> None:
    files = sorted(drawn(LETTER[:400], LAPTOP, tmp_path / "kode", 2).iterdir())
    with Image.open(files[0]) as left, Image.open(files[1]) as right:
        photo = Image.new("L", (left.width * 2, left.height), 255)
        photo.paste(left, (0, 0))
        photo.paste(right, (left.width, 0))
        photo.save(tmp_path / "foto.png")
    assert qr.read_images([tmp_path / "foto.png"]) == LETTER[:400]


def undrawn(lines: list[str]) -> Image.Image:
    """Return what a terminal shows, as a picture."""
    rows = []
    for line in lines:
        cells = line.removeprefix("\x1b[30;107m").removesuffix("\x1b[0m")
        rows.append([0 if cell in "▀█" else 255 for cell in cells])
        rows.append([0 if cell in "▄█" else 255 for cell in cells])
    data = bytes(itertools.chain.from_iterable(rows))
    picture = Image.frombytes("L", (len(rows[0]), len(rows)), data)
    return picture.resize((picture.width * 4, picture.height * 4), Image.Resampling.NEAREST)


def save_screens(text: str, folder: Path) -> int:
    """Write each code that was drawn on a terminal as a picture; return how many."""
    folder.mkdir()
    number = 0
    for screen in re.split(r"\n\n|\x1b\[H", text.replace("\r\n", "\n")):
        lines = [line for line in screen.splitlines() if line.startswith("\x1b[30;107m")]
        if len(lines) > 10 and len({len(line) for line in lines}) == 1:
            number += 1
            undrawn(lines).save(folder / f"{number:03}.png")
    return number


def test_what_is_shown_is_read_back(phone: Phone, letter: Path, tmp_path: Path) -> None:
    said = phone.says("show-qr", str(letter), "--out", str(tmp_path / "kode.gif"))
    assert said == f"17 kode QR ditulis ke {tmp_path / 'kode.gif'}."
    said = phone.says("read-qr", str(tmp_path / "kode.gif"), "--out", str(tmp_path / "sampai"))
    assert said == f"Lengkap: 2400 byte ditulis ke {tmp_path / 'sampai'}."
    assert (tmp_path / "sampai").read_bytes() == LETTER


def test_pictures_go_into_a_new_folder_and_are_read_in_any_order(
    phone: Phone, letter: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "kode"
    assert phone.tells("show-qr", str(letter), "--for", "hp", "--out", str(folder)) == {
        "frames": 8,
        "target": str(folder),
    }
    assert sorted(each.name for each in folder.iterdir())[0] == "0001.png"
    assert "sudah ada" in phone.refuses("show-qr", str(letter), "--out", str(folder))
    few = [str(folder / f"000{n}.png") for n in (7, 2)]
    words = phone.refuses("read-qr", *few, "--out", str(tmp_path / "x"))
    assert words.startswith("Belum lengkap: baru 2 dari 4 bagian terbaca.")
    assert not (tmp_path / "x").exists()
    many = [str(folder / f"000{n}.png") for n in (8, 2, 4, 3, 1)]
    assert phone.tells("read-qr", *many, "--out", str(tmp_path / "x"))["bytes"] == 2400
    assert (tmp_path / "x").read_bytes() == LETTER
    assert "sudah ada" in phone.refuses("read-qr", *many, "--out", str(tmp_path / "x"))


def test_pictures_may_be_svg(phone: Phone, letter: Path, tmp_path: Path) -> None:
    phone.says("show-qr", str(letter), "--faster", "--svg", "--out", str(tmp_path / "kode"))
    files = sorted((tmp_path / "kode").iterdir())
    assert {each.suffix for each in files} == {".svg"}
    assert "<svg" in files[0].read_text(encoding="utf-8")


def test_where_nobody_looks_the_frames_are_drawn_once(
    phone: Phone, letter: Path, tmp_path: Path
) -> None:
    assert save_screens(phone.says("show-qr", str(letter)), tmp_path / "layar") == 10
    assert qr.read_images([tmp_path / "layar"]) == LETTER


def test_a_program_is_given_the_texts_of_the_codes(phone: Phone, letter: Path) -> None:
    told = phone.tells("show-qr", str(letter), "--for", "hp")
    assert told == {"pieces": 4, "frames": qr.some(qr.texts(LETTER, HP), 8)}


def on_a_terminal(
    letter: Path, columns: int, rows: int, *, screens: int | None = None
) -> tuple[int, str]:
    """Show a letter in a window of its own, and stop after some screens; return what was seen."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    command = [sys.executable, "-m", "canting_client.cli", "show-qr", str(letter), "--fps", "15"]
    env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    seen = b""
    with subprocess.Popen(  # noqa: S603  # our own program
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=env
    ) as process:
        os.close(theirs)
        # Linux says EIO, others nothing, when the other end has been closed.
        with open(ours, "rb", buffering=0) as screen, suppress(OSError):  # noqa: PTH123
            while more := screen.read(65536):
                seen += more
                if screens is not None and seen.count(b"\x1b[H") >= screens:
                    process.send_signal(signal.SIGINT)
                    screens = None
    # Ctrl-C may fall into the middle of a letter.
    return process.returncode, seen.decode(errors="replace")


def test_on_a_terminal_the_codes_move_until_somebody_stops_them(
    letter: Path, tmp_path: Path
) -> None:
    status, seen = on_a_terminal(letter, 80, 40, screens=15)
    assert status == 0
    assert seen.startswith("\x1b[?1049h\x1b[?25l")
    assert seen.endswith("\x1b[?25h\x1b[?1049l")
    assert "perlu 10 kode yang terbaca. Berhenti: Ctrl-C" in seen
    assert save_screens(seen, tmp_path / "layar") >= 12
    assert qr.read_images([tmp_path / "layar"]) == LETTER


def test_a_window_that_is_too_small_is_told(letter: Path) -> None:
    status, seen = on_a_terminal(letter, 80, 24)
    assert status == 1
    assert "perlu 65 kolom dan 34 baris" in seen


def test_what_cannot_be_shown_is_told_in_one_line(phone: Phone, tmp_path: Path) -> None:
    large = tmp_path / "besar"
    large.write_bytes(bytes(LAPTOP.content_bytes_max))
    small = phone.tells("show-qr", str(large))
    assert small["pieces"] == 1024
    large.write_bytes(bytes(LAPTOP.content_bytes_max + 1))
    assert "paling banyak 255968 byte" in phone.refuses("show-qr", str(large))
    assert SHARP_HP.content_bytes_max < FRAMED_BYTES_MAX
    assert "tidak ada" in phone.refuses("show-qr", str(tmp_path / "nihil"))
    assert "laptop, hp" in phone.refuses("show-qr", str(large), "--for", "tetangga")
    assert "--fps" in phone.refuses("show-qr", str(large), "--fps", "16", status=2)


def test_what_shows_nothing_is_told_in_one_line(phone: Phone, tmp_path: Path) -> None:
    out = ("--out", str(tmp_path / "x"))
    Image.new("L", (90, 90), 255).save(tmp_path / "putih.png")
    words = phone.refuses("read-qr", str(tmp_path / "putih.png"), *out)
    assert words == "Tidak ada kode QR dari Canting di situ."
    for content in (b"bukan gambar", (tmp_path / "putih.png").read_bytes()[:60]):
        (tmp_path / "rusak.png").write_bytes(content)
        assert "gambar" in phone.refuses("read-qr", str(tmp_path / "rusak.png"), *out)
    assert "tidak ada" in phone.refuses("read-qr", str(tmp_path / "nihil.png"), *out)
    assert "--out" in phone.refuses("read-qr", str(tmp_path / "putih.png"), status=2)


@pytest.mark.parametrize("missing", ["segno", "zxingcpp", "PIL"])
def test_an_extra_that_is_missing_is_told(
    phone: Phone, letter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    Image.new("L", (90, 90), 255).save(tmp_path / "putih.png")
    monkeypatch.setitem(sys.modules, missing, None)
    if missing == "segno":
        assert "'canting[qr]'" in phone.refuses("show-qr", str(letter))
        return
    out = ("--out", str(tmp_path / "x"))
    assert "'canting[qr-read]'" in phone.refuses("read-qr", str(tmp_path / "putih.png"), *out)
    if missing == "PIL":
        gif = ("--out", str(tmp_path / "kode.gif"))
        assert "'canting[qr-read]'" in phone.refuses("show-qr", str(letter), *gif)
