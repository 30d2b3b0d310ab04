"""A video as grey pictures, one after another: only one of them is in memory at a time.

What a phone records is read (MP4, MOV, 3GP; WebM and Matroska), and nothing else: a playlist that
calls itself a video would have us open what it names.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from PIL.Image import Image

SUFFIXES: Final = frozenset({".3gp", ".m4v", ".mkv", ".mov", ".mp4", ".webm"})
_CONTAINERS: Final = "mov,mp4,3gp,matroska,webm"


class NoVideo(Exception):
    """Say that a file is no video."""


def moments_in(path: Path) -> Iterator["Image"]:
    """Yield a video's pictures; where it is damaged or cut short, those that can be read.

    Raises:
        ImportError: what reads videos is not installed.
        NoVideo: the file is none, or has no picture.
    """
    import av

    with path.open("rb") as file:
        try:
            container = av.open(file, "r", options={"format_whitelist": _CONTAINERS})
        except (av.FFmpegError, OSError) as error:  # the other: it sought where nothing is
            raise NoVideo from error
        with container:
            if not container.streams.video:
                raise NoVideo
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            packets = container.demux(stream)
            while True:
                try:
                    packet = next(packets, None)
                except (av.FFmpegError, OSError):
                    return  # cut off here
                if packet is None:
                    return
                try:
                    moments = stream.decode(packet)
                except av.FFmpegError:
                    continue  # damaged here: the next ones may be whole
                for moment in moments:
                    yield _grey(moment)


def _grey(moment: "VideoFrame") -> "Image":
    from PIL import Image

    grey = moment.reformat(format="gray")
    (plane,) = grey.planes
    size = grey.width, grey.height
    return Image.frombytes("L", size, bytes(plane), "raw", "L", plane.line_size, 1)
