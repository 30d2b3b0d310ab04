"""Frames as QR codes: drawn on a screen or into files, and read from pictures and videos.

The receiver's camera decides how dense a code may be: a laptop's sees a phone's screen at three
pixels a module in version 10, and cannot read version 20.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from canting_client import video
from canting_client.language import t
from canting_protocol import base45
from canting_protocol.errors import Refused
from canting_protocol.frames import (
    FRAME_OVERHEAD_BYTES,
    Gathering,
    Progress,
    frames_of,
    heading_of,
    most_bytes,
)

if TYPE_CHECKING:
    from PIL.Image import Image


class Code(NamedTuple):
    """How dense a QR code is: its version, its error correction, and the bytes of a frame in it."""

    version: int
    error: str
    frame_bytes: int

    @property
    def payload_bytes(self) -> int:
        """Return what a frame in this code carries of a content."""
        return self.frame_bytes - FRAME_OVERHEAD_BYTES

    @property
    def content_bytes_max(self) -> int:
        """Return the most that can be shown in such codes."""
        return most_bytes(self.payload_bytes)


CODES: Final = {
    "laptop": (Code(10, "L", 263), Code(15, "M", 400)),
    "hp": (Code(20, "M", 646), Code(25, "M", 967)),
}
"""Whose camera looks: the code that it reads, and the denser one for a good one in good light."""

FRAMES_PER_SECOND: Final = 6
FRAMES_PER_SECOND_MAX: Final = 15

_DARK_ON_LIGHT: Final = "\x1b[30;107m"
_PLAIN: Final = "\x1b[0m"
_BLOCKS: Final = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
_QUIET: Final = 4
"""Modules of light round a code, as the standard wants it."""
_PIXELS: Final = 8
_PICTURES: Final = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

_T = TypeVar("_T")


class NotInstalled(Exception):
    """Say that what draws codes, or reads pictures or videos, is not installed."""


class NoPicture(Exception):
    """Say that a file is no picture, or no video."""


class Drawing(NamedTuple):
    """One code, drawn as lines of a terminal."""

    lines: list[str]
    columns: int


def pieces_of(content: bytes, code: Code) -> int:
    """Return how many frames a reader needs at the least.

    Raises:
        TooBig: it is more than such codes can show.
    """
    return heading_of(content, code.payload_bytes).pieces


def texts(content: bytes, code: Code) -> Iterator[str]:
    """Yield the texts of codes, without end.

    Raises:
        TooBig: it is more than such codes can show.
    """
    return map(base45.encode, frames_of(content, code.payload_bytes))


def enough(pieces: int) -> int:
    """Return how many frames to leave in files: half as many again, for those that do not come."""
    return pieces + pieces // 2 + 2


def drawing(text: str, code: Code) -> Drawing:
    """Return a code for a terminal, black on white whatever its colours: two rows in a line."""
    rows = [list(row) for row in _symbol(text, code).matrix_iter(border=_QUIET)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    lines = [
        "".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]
    return Drawing([f"{_DARK_ON_LIGHT}{line}{_PLAIN}" for line in lines], len(rows[0]))


def write_pictures(texts: Iterable[str], code: Code, folder: Path, suffix: str) -> int:
    """Write a picture for each text into a new folder, `.png` or `.svg`; return how many."""
    symbols = [_symbol(text, code) for text in texts]
    folder.mkdir(parents=True)
    for number, symbol in enumerate(symbols, 1):
        symbol.save(str(folder / f"{number:04}{suffix}"), scale=_PIXELS, border=_QUIET)
    return len(symbols)


def write_gif(texts: Iterable[str], code: Code, target: Path, per_second: int) -> int:
    """Write a new picture that moves, and begins again at its end; return of how many frames."""
    image = _installed("qr-read", _pillow)
    frames = []
    for text in texts:
        rows = [bytes(row) for row in _symbol(text, code).matrix_iter(_PIXELS, _QUIET)]
        light = b"".join(rows).translate(bytes([255]) + bytes(255))
        frames.append(image.frombytes("L", (len(rows[0]), len(rows)), light).convert("1"))
    with target.open("xb") as file:
        frames[0].save(
            file,
            format="GIF",
            save_all=True,
            append_images=frames[1:],
            duration=round(1000 / per_second),
            loop=0,
        )
    return len(frames)


def read_images(
    paths: Iterable[Path], told: Callable[[int, Progress], None] = lambda seen, progress: None
) -> bytes | Progress:
    """Return the content that pictures and videos show, or how much of it they show.

    A folder stands for what is in it, a picture that moves for each of its frames. `told` is told
    after each picture how many have been looked at, and what they came to. Nothing is looked at
    after the picture that makes the content whole.

    Raises:
        NotInstalled: what reads codes, or videos, is not installed.
        NoPicture: a file is no picture, or no video.
    """
    gathering = Gathering()
    for seen, texts in enumerate(_texts_shown(paths), 1):
        for text in texts:
            try:
                gathering.take(base45.decode(text))
            except Refused:
                continue  # somebody else's code
        told(seen, gathering.progress)
        if gathering.content is not None:
            return gathering.content
    return gathering.progress


def some(texts: Iterator[str], count: int) -> list[str]:
    """Return the first of texts that never end."""
    return list(islice(texts, count))


def _symbol(text: str, code: Code) -> Any:
    """Return a code, the smallest that holds the text: all frames of a content are equally long."""
    make = _installed("qr", _segno)
    symbol = make(text, error=code.error, mode="alphanumeric", micro=False)
    assert symbol.version <= code.version
    return symbol


def _texts_shown(paths: Iterable[Path]) -> Iterator[list[str]]:
    """Yield the texts in one picture after another.

    A video shows each code several times, and to look closely takes a hundred times as long: that
    is for the videos that did not come to a content at the first look.
    """
    files = [file for path in paths for file in _files_in(path)]
    _installed("qr-read", _zxing)
    videos = [file for file in files if _is_video(file)]
    for file in files:
        for picture in [] if _is_video(file) else _pictures_in(file):
            yield _texts_in(picture) or _texts_in(_enlarged(picture))
    for file in videos:
        yield from map(_texts_in, _moments_in(file))
    for file in videos:
        for moment in _moments_in(file):
            yield [] if _texts_in(moment) else _texts_in(_enlarged(moment))


def _texts_in(picture: "Image") -> list[str]:
    """Return the texts of the codes in a grey picture."""
    import zxingcpp

    wanted = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return [each.text for each in zxingcpp.read_barcodes(picture, wanted)]


def _enlarged(picture: "Image") -> "Image":
    """Return a soft picture larger and sharper: codes are found in it that were not before."""
    from PIL import ImageFilter

    return picture.resize((picture.width * 2, picture.height * 2)).filter(ImageFilter.UnsharpMask())


def _files_in(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        path.stat()  # a file that is not there is told as for every other
        yield path
        return
    for each in sorted(path.iterdir()):
        if each.suffix.casefold() in _PICTURES or _is_video(each):
            yield from _files_in(each)


def _is_video(path: Path) -> bool:
    return path.suffix.casefold() in video.SUFFIXES


def _pictures_in(path: Path) -> Iterator["Image"]:
    image = _installed("qr-read", _pillow)
    try:
        with image.open(path) as picture:
            for number in range(getattr(picture, "n_frames", 1)):
                picture.seek(number)
                yield picture.convert("L")
    except (OSError, SyntaxError, ValueError, image.DecompressionBombError) as error:
        raise NoPicture(t("{file} tidak terbaca sebagai gambar", file=path)) from error


def _moments_in(path: Path) -> Iterator["Image"]:
    _installed("qr-read", _pillow)
    _installed("qr-video", _av)
    try:
        yield from video.moments_in(path)
    except video.NoVideo as error:
        raise NoPicture(t("{file} tidak terbaca sebagai video", file=path)) from error


def _installed(extra: str, load: Callable[[], _T]) -> _T:
    try:
        return load()
    except ImportError as error:
        words = (
            t("Untuk kode QR dalam video, pasang dulu: pip install 'canting[{extra}]'", extra=extra)
            if extra == "qr-video"
            else t("Untuk kode QR, pasang dulu: pip install 'canting[{extra}]'", extra=extra)
        )
        raise NotInstalled(words) from error


def _segno() -> Any:
    import segno

    return segno.make


def _pillow() -> Any:
    from PIL import Image

    return Image


def _zxing() -> Any:
    import zxingcpp

    return zxingcpp


def _av() -> Any:
    import av

    return av
