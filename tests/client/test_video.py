"""Codes filmed as a phone films a screen, in real videos, and read back from them."""

import io
import random
import sys
import weakref
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from pathlib import Path

import av
import pytest
import segno
from PIL import Image, ImageFilter
from tests.client.command import Phone

from canting_client import qr, video
from canting_client.cli import main
from canting_protocol.frames import Progress

LAPTOP, _ = qr.CODES["laptop"]
LETTER = random.Random(3).randbytes(900)  # noqa: S311
PIECES = qr.pieces_of(LETTER, LAPTOP)
SCENE = (480, 400)
"""How large these films are, in pixels."""
CODECS = {".mp4": "libx264", ".mov": "libx265", ".webm": "libvpx", ".3gp": "mpeg4"}
"""What phones of several makers, and browsers, record."""
IN_HASTE = {
    ".mp4": {"preset": "ultrafast"},
    ".mov": {"preset": "ultrafast", "x265-params": "log-level=none"},
    ".webm": {"deadline": "realtime", "cpu-used": "8"},
}


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    return Phone(tmp_path / "hp")


def scene(text: str | None, pixels: float, angle: float) -> Image.Image:
    """Return a screen with a code on a dark table, or the table only."""
    table = Image.new("L", SCENE, 70)
    if text is None:
        return table
    rows = [bytes(row) for row in segno.make(text, error="L").matrix_iter(4, 4)]
    light = b"".join(rows).translate(bytes([235, 20]) + bytes(254))
    code = Image.frombytes("L", (len(rows[0]), len(rows)), light)
    size = round(code.width / 4 * pixels)
    code = code.resize((size, size)).rotate(
        angle, Image.Resampling.BICUBIC, expand=True, fillcolor=70
    )
    table.paste(code, (40, 20))
    return table


def seen_by_a_camera(
    texts: Sequence[str | None], each: int, pixels: float, blur: float, noise: float
) -> Iterator[Image.Image]:
    """Yield what it sees: each code some times, and where two meet, both at once."""
    before: Image.Image | None = None
    grain = Image.effect_noise(SCENE, noise)
    for number, text in enumerate(texts):
        now = scene(text, pixels, angle=3 + number % 3)
        shown = [now] * each if before is None else [Image.blend(before, now, 0.5), *[now] * each]
        before = now
        for picture in shown:
            soft = picture.filter(ImageFilter.GaussianBlur(blur))
            grain = grain.transpose(Image.Transpose.ROTATE_180)
            yield Image.blend(soft, grain, 0.1)


def film(
    texts: Sequence[str | None],
    target: Path,
    *,
    each: int = 2,
    pixels: float = 4.5,
    blur: float = 0.9,
    noise: float = 60,
) -> Path:
    """Encode a video of codes as that kind of file is encoded."""
    with av.open(target, "w") as container:
        stream = container.add_stream(
            CODECS[target.suffix], rate=24, options=IN_HASTE.get(target.suffix)
        )
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = SCENE
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 1_500_000
        stream.gop_size = 8  # a third of a second: these films are short
        for picture in seen_by_a_camera(texts, each, pixels, blur, noise):
            moment = av.VideoFrame.from_image(picture.convert("RGB"))  # type: ignore[no-untyped-call]
            container.mux(stream.encode(moment))
        container.mux(stream.encode(None))
    return target


def caught(count: int) -> list[str]:
    """Return codes as they are shown, without every third, which the camera missed."""
    texts = qr.some(qr.texts(LETTER, LAPTOP), count * 3 // 2 + 2)
    return [text for number, text in enumerate(texts) if number % 3 != 1][:count]


@pytest.mark.parametrize("suffix", CODECS)
def test_what_is_shown_and_filmed_is_read_back(phone: Phone, tmp_path: Path, suffix: str) -> None:
    """Codes missed, codes twice, a turned and soft and grainy picture, a look at the table."""
    texts = caught(PIECES + 4)
    filmed = film(
        [None, *texts[:2], texts[0], None, *texts[2:], *texts], tmp_path / f"film{suffix}"
    )
    out = tmp_path / "sampai.bin"
    said = phone.says("read-qr", str(filmed), "--out", str(out))
    assert said == f"Lengkap: 900 byte ditulis ke {out}."
    assert out.read_bytes() == LETTER


def test_a_video_is_read_no_further_than_the_picture_that_makes_it_whole(tmp_path: Path) -> None:
    texts = qr.some(qr.texts(LETTER, LAPTOP), PIECES)
    filmed = film([*texts, *[None] * 20], tmp_path / "film.mp4")
    looks: list[tuple[int, Progress]] = []
    assert qr.read_images([filmed], lambda *look: looks.append(look)) == LETTER
    assert len(looks) <= 3 * PIECES
    assert [seen for seen, _ in looks] == [*range(1, len(looks) + 1)]
    assert looks[0][1] == Progress(1, PIECES)
    assert looks[-1][1] == Progress(PIECES, PIECES)


def test_a_video_with_too_few_codes_says_how_many_were_read(phone: Phone, tmp_path: Path) -> None:
    out = ("--out", str(tmp_path / "x"))
    few = film(caught(PIECES - 2), tmp_path / "sedikit.mp4")
    words = phone.refuses("read-qr", str(few), *out)
    assert words.startswith(f"Belum lengkap: baru {PIECES - 2} dari {PIECES} bagian terbaca.")
    words = phone.refuses("--lang", "en", "read-qr", str(few), *out)
    assert words.startswith(f"Not whole yet: {PIECES - 2} of {PIECES} parts were read.")
    none = film([None, "HTTPS://EXAMPLE.TEST"], tmp_path / "kosong.mp4", each=2)
    assert phone.refuses("read-qr", str(none), *out) == "Tidak ada kode QR dari Canting di situ."
    assert not (tmp_path / "x").exists()


def test_two_videos_and_a_photo_come_to_one_file(tmp_path: Path) -> None:
    texts = caught(PIECES + 3)
    folder = tmp_path / "rekaman"
    folder.mkdir()
    film(texts[:2], folder / "1.mp4")
    film(texts[2:4], folder / "2.webm")
    for number, text in enumerate(texts[4:]):
        scene(text, 4.5, 5).save(folder / f"{number}.png")
    assert qr.read_images([folder]) == LETTER


def test_a_soft_video_is_looked_at_closely(tmp_path: Path) -> None:
    """At 2.5 pixels a module, out of a cheap camera; the first look at it finds no code."""
    filmed = film(caught(PIECES + 3), tmp_path / "film.mp4", pixels=2.5, blur=1.2, noise=10)
    looks: list[tuple[int, Progress]] = []
    assert qr.read_images([filmed], lambda *look: looks.append(look)) == LETTER
    total = sum(1 for _ in video.moments_in(filmed))
    assert looks[total - 1][1].gathered < PIECES
    assert total < len(looks) < 2 * total


def test_only_one_picture_is_kept_at_a_time(tmp_path: Path) -> None:
    filmed = film([None] * 30, tmp_path / "film.mp4")
    seen: list[weakref.ref[Image.Image]] = []
    for moment in video.moments_in(filmed):
        seen.append(weakref.ref(moment))
        assert sum(each() is not None for each in seen) <= 2
    assert len(seen) == 89


@pytest.mark.parametrize("kept", [0.6, 0.9])
def test_a_video_that_is_cut_short_is_read_as_far_as_it_goes(tmp_path: Path, kept: float) -> None:
    filmed = film(caught(3 * PIECES), tmp_path / "film.webm")
    filmed.write_bytes(filmed.read_bytes()[: round(filmed.stat().st_size * kept)])
    assert qr.read_images([filmed]) == LETTER


def test_a_video_that_is_damaged_in_places_is_read_past_them(tmp_path: Path) -> None:
    filmed = film(caught(5 * PIECES), tmp_path / "film.mp4")
    data = bytearray(filmed.read_bytes())
    chance = random.Random(4)  # noqa: S311
    for tenth in (1, 4):
        at = len(data) * tenth // 10
        data[at : at + 400] = chance.randbytes(400)
    filmed.write_bytes(data)
    assert qr.read_images([filmed]) == LETTER


def test_what_is_no_video_is_told_in_one_line(phone: Phone, tmp_path: Path) -> None:
    whole = film(caught(2), tmp_path / "film.mp4")
    contents = {
        "kosong.mp4": b"",
        "catatan.mov": b"bukan video" * 100,
        "mati.mp4": whole.read_bytes()[:-2000],  # the phone went off: the index was never written
        "daftar.mp4": b"#EXTM3U\n#EXTINF:1,\n" + str(whole).encode() + b"\n#EXT-X-ENDLIST\n",
        "sambung.mp4": f"ffconcat version 1.0\nfile {whole}\n".encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        words = phone.refuses("read-qr", str(tmp_path / name), "--out", str(tmp_path / "x"))
        assert words == f"{tmp_path / name} tidak terbaca sebagai video"
    words = phone.refuses("read-qr", str(tmp_path / "nihil.mp4"), "--out", str(tmp_path / "x"))
    assert "tidak ada" in words


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(tmp_path / "suara.mp4", "w") as container:
        stream = container.add_stream("aac", rate=48000)
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(qr.NoPicture):
        qr.read_images([tmp_path / "suara.mp4"])


def test_a_file_that_is_there_is_told_before_a_long_video_is_read(
    phone: Phone, tmp_path: Path
) -> None:
    (tmp_path / "film.mp4").write_bytes(b"never opened")
    (tmp_path / "x").write_bytes(b"mine")
    words = phone.refuses("read-qr", str(tmp_path / "film.mp4"), "--out", str(tmp_path / "x"))
    assert "sudah ada" in words
    assert (tmp_path / "x").read_bytes() == b"mine"


def test_without_the_extra_photos_are_read_and_for_a_video_it_is_told(
    phone: Phone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    qr.write_pictures(qr.some(qr.texts(LETTER, LAPTOP), PIECES), LAPTOP, tmp_path / "kode", ".png")
    phone.says("read-qr", str(tmp_path / "kode"), "--out", str(tmp_path / "x"))
    (tmp_path / "film.mp4").touch()
    asked = ("read-qr", str(tmp_path / "film.mp4"), "--out", str(tmp_path / "y"))
    assert phone.refuses(*asked).endswith("pip install 'canting[qr-video]'")
    assert phone.refuses("--lang", "en", *asked).startswith("For QR codes in a video, first: pip")


class Terminal(io.StringIO):
    """Somebody who looks."""

    def isatty(self) -> bool:
        return True


def test_somebody_who_waits_is_told_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    filmed = film([None, *qr.some(qr.texts(LETTER, LAPTOP), PIECES)], tmp_path / "film.mp4")
    monkeypatch.setattr("canting_client.cli.showing._TELL_EVERY_SECONDS", 0)
    monkeypatch.setattr(
        sys, "argv", ["canting", "read-qr", str(filmed), "--out", str(tmp_path / "x")]
    )
    with redirect_stderr(Terminal()) as seen, pytest.raises(SystemExit):
        main()
    assert "\r0 dari ? bagian terbaca, dari 1 gambar. Berhenti: Ctrl-C" in seen.getvalue()
    assert f"\r{PIECES - 1} dari {PIECES} bagian terbaca, dari " in seen.getvalue()
    assert seen.getvalue().endswith("\r\x1b[K")
    assert capsys.readouterr().out == f"Lengkap: 900 byte ditulis ke {tmp_path / 'x'}.\n"
