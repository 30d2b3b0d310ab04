"""Other ways from hand to hand: a file on a stick or in a message, codes on a screen.

What writes and reads them is the real thing. What befalls a file, and what a camera sees of a
screen, is ours; all of it is drawn from `World.lot`, so that it moves nothing else in a history.
"""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from canting_client import custody, parcels, qr
from canting_client.relay import deliver
from canting_protocol import base45, codec, frames
from canting_protocol.bundles import MAGIC, Unpacked, pack, unpack
from canting_protocol.errors import Refused
from canting_protocol.frames import Gathering

if TYPE_CHECKING:
    from tests.simulation.couriers import Courier
    from tests.simulation.world import Device, World

FAULTS: Final = (
    "file lost",
    "file altered",
    "old file again",
    "frames missed",
    "frames repeated",
    "frames in disorder",
    "frames of another screen",
    "frames damaged",
    "frame forged",
    "camera put away",
)

AT_A_GLANCE: Final = 6
"""So many frames are shown, and befallen by something, together."""
SPARE_FRAMES: Final = 24
"""With so many more than the pieces, a content that is not there will never be."""


class WrongWay(AssertionError):
    """What was carried came out as something else, or not at all."""


def hands_over(courier: "Courier", device: "Device") -> None:
    """Let a device give what it has by file or by screen; the answer comes back like that too."""
    letters, _ = custody.packed(device.book, device.key, device.now())
    try:
        found = carried(courier.world, letters)
        if found is None:
            return
        slip, answers = courier.bag.take(
            courier.key, found.bundle, courier.now(), whole=found.whole
        )
        known = courier.bag.known
        assert known is not None
        back = carried(courier.world, pack(answers, slip, known.papers))
        if back is not None:
            custody.taken(device.book, device.key, [], back.bundle)
    except Refused:
        return


def passes_on(courier: "Courier", other: "Courier") -> None:
    """Hand the whole bag to another officer, who is shown it or finds it in a message."""
    content, _ = deliver.packed(courier.bag, courier.key, courier.now())
    try:
        found = carried(courier.world, content)
        if found is not None:
            other.bag.take(other.key, found.bundle, other.now(), whole=found.whole)
    except Refused:
        return


def finds_an_old_file(courier: "Courier", device: "Device") -> None:
    """Read what was written for somebody once, with whoever happens to find it."""
    world = courier.world
    if not world.contents or not world.strikes("old file again", 0.8, world.lot):
        return
    found = unpack(world.lot.choice(world.contents))
    for take in (
        lambda: courier.bag.take(courier.key, found.bundle, courier.now()),
        lambda: custody.taken(device.book, device.key, [], found.bundle),
    ):
        try:
            take()
        except Refused:
            continue


def carried(world: "World", content: bytes) -> Unpacked | None:
    """Return what comes of a content on its way; None when nothing does.

    Raises:
        Refused: what was found is no bundle.
    """
    way = world.lot.random()
    if way < 0.5:
        data = by_screen(world, content)
        found = None if data is None else unpack(data)
    else:
        found = by_file(world, content, as_text=way < 0.75)
    world.contents.append(content)
    return found


# -- a file --------------------------------------------------------------------------------------


def by_file(world: "World", content: bytes, *, as_text: bool) -> Unpacked | None:
    """Return what is in a file at its other end; None when it got lost.

    Of a file that is cut off, exactly the letters before the cut must be there.

    Raises:
        Refused: it was altered, or cut off before its first letter.
    """
    lot = world.lot
    if world.strikes("file lost", 0.25, lot):
        return None
    data = parcels.armoured(content).encode() if as_text else content
    if world.strikes("file cut off", 0.35, lot):
        data = data[: lot.randrange(len(data))]
    there = _letters_before(content, _bytes_in(data) if as_text else len(data))
    altered = bool(data) and world.strikes("file altered", 0.3, lot)
    if altered:
        at = lot.randrange(len(data))
        data = data[:at] + bytes([data[at] ^ (1 << lot.randrange(8))]) + data[at + 1 :]
    file = world.folder / ("carried.txt" if as_text else "carried.bundle")
    file.write_bytes(data)
    try:
        found = parcels.read(file)
    except Refused:
        if not altered and there >= 0:
            raise WrongWay("a file that nobody altered was refused") from None
        raise
    if not altered and found.bundle.letters != unpack(content).bundle.letters[: max(there, 0)]:
        raise WrongWay("not just the letters before the cut were read")
    return found


def _bytes_in(text: bytes) -> int:
    """Return how many bytes of a file stand in a text, whole groups of letters only."""
    _, _, rest = text.partition(b"-----BEGIN CANTING-----\n")
    letters = b"".join(rest.partition(b"-")[0].split())
    return len(letters.rstrip(b"=")) * 3 // 4 if letters.endswith(b"=") else len(letters) // 4 * 3


def _letters_before(content: bytes, cut: int) -> int:
    """Return how many whole letters there are before a cut; -1: not even the papers are."""
    at, whole = len(MAGIC), -1
    while at < cut:
        try:
            size, begins = codec.read_uvarint(content, at)
        except Refused:
            break
        at = begins + size
        if not size or at > cut:
            break
        whole += 1
    return whole


# -- a screen ------------------------------------------------------------------------------------


def by_screen(world: "World", content: bytes) -> bytes | None:
    """Return what a camera makes of a screen; None when it was put away too soon.

    It is what was shown, or what another screen showed; and enough frames are enough.
    """
    lot = world.lot
    code = lot.choice([code for codes in qr.CODES.values() for code in codes])
    if len(content) > code.content_bytes_max:
        return None  # it is told, and a file is written instead
    pieces = qr.pieces_of(content, code)
    gathering = Gathering()
    befallen = _Befallen(world, content, code)
    until = lot.randrange(2 * pieces) if world.strikes("camera put away", 0.2, lot) else None
    glances = _glances(qr.texts(content, code))
    while gathering.content is None:
        if until is not None and len(befallen.seen) >= until:
            return None
        if len(befallen.seen) > (pieces + SPARE_FRAMES) * (2 if befallen.forged else 1):
            raise WrongWay(f"{len(befallen.seen)} frames of {pieces} pieces were not enough")
        for text in befallen.glance(next(glances)):
            before = _part(gathering)
            try:
                gathering.take(base45.decode(text))
            except Refused:
                continue
            if _part(gathering) < before and not befallen.forged:
                raise WrongWay("what was caught is thrown away, and nobody forged a frame")
    if gathering.content != content and gathering.content not in world.contents:
        raise WrongWay("a screen was read as what no screen has shown")
    return gathering.content


def _part(gathering: Gathering) -> float:
    """Return how much has been caught of what is nearest to being whole."""
    caught, pieces = gathering.progress
    return caught / pieces if pieces else 0


def _glances(texts: Iterator[str]) -> Iterator[list[tuple[int, str]]]:
    """Yield some frames at a time, each with its number."""
    numbered = enumerate(texts)
    while True:
        yield list(islice(numbered, AT_A_GLANCE))


class _Befallen:
    """What a camera sees instead of the frames that a screen shows."""

    def __init__(self, world: "World", content: bytes, code: qr.Code) -> None:
        lot = self.lot = world.lot
        self.seen: set[int] = set()
        """The numbers of frames that were seen as they are."""
        self.missed = lot.random() * 0.7 if world.strikes("frames missed", 0.5, lot) else 0
        self.repeated = world.strikes("frames repeated", 0.3, lot)
        self.shuffled = world.strikes("frames in disorder", 0.3, lot)
        self.damaged = world.strikes("frames damaged", 0.3, lot)
        self.forged = world.strikes("frame forged", 0.4, lot)
        self._forges = self.forged
        others = [each for each in world.contents if each != content]
        self._other: Iterator[str] | None = None
        if others and world.strikes("frames of another screen", 0.4, lot):
            other = lot.choice(others)
            if len(other) <= code.content_bytes_max:
                self._other = qr.texts(other, code)

    def glance(self, shown: list[tuple[int, str]]) -> list[str]:
        """Return the texts that are read while some are shown."""
        lot = self.lot
        texts: list[str] = []
        for number, text in shown:
            if self._forges and lot.random() < 0.3:
                self._forges = False
                texts.append(_forged(text))
                continue
            if lot.random() < self.missed:
                continue
            if self.damaged and lot.random() < 0.2:
                at = lot.randrange(len(text))
                texts.append(text[:at] + lot.choice("0AZ$%") + text[at + 1 :])
                continue
            self.seen.add(number)
            texts += [text] * (2 if self.repeated else 1)
            if self._other is not None and lot.random() < 0.3:
                texts.append(next(self._other))
        if self.shuffled:
            lot.shuffle(texts)
        return texts


def _forged(text: str) -> str:
    """Return a frame with another payload and the right check: a screen that means harm."""
    data = base45.decode(text)[: -frames._CRC_BYTES]
    altered = data[:-1] + bytes([data[-1] ^ 1])
    return base45.encode(altered + frames._crc(altered))
