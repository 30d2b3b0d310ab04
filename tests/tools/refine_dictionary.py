"""Make a preset dictionary better by what DEFLATE really does with it.

Counting what artisans share (`train_dictionary`) tells which bytes are frequent, not which of them
save bits: a match far back costs some 25 bits whatever its length, so three shared bytes save
nothing, and two matches side by side want to be one. So batches are compressed with the dictionary
at hand; runs of it that save little go, neighbouring tokens that would be cheaper as one match come
in their place, and what saves most moves to the end, where distances are short. Then again.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tests.vectors.deflate import DISTANCES, LENGTHS

from canting_protocol import codec
from canting_protocol.crypto import NONCE_BYTES
from canting_protocol.log import PREFIX_BYTES, Placed

ROUNDS: Final = (0.4, 0.4, 0.3, 0.3, 0.25, 0.2, 0.2, 0.15, 0.15, 0.1, 0.1, 0.05)
"""Which share of the dictionary each round gives up, at most, to what is new."""
RUN_MAX: Final = 28
TOKENS_MAX: Final = 6
FAR: Final = 25
"""What a match far back costs, in bits of the fixed code: length 7, distance 5 and 13 more."""

_CHANCE, _LEARNT, _LAST = 0, 1, 3
"""What a byte of a batch is: random, fit for a dictionary, or that and the last of its change."""


class Sample(NamedTuple):
    """A batch to learn from."""

    artisan: int
    data: bytes
    marks: bytes
    """For each byte whether it is chance."""


class Token(NamedTuple):
    """What DEFLATE writes for some bytes."""

    at: int
    length: int
    bits: int
    distance: int
    """0: the byte itself."""


def sample(artisan: int, run: Sequence[Placed]) -> Sample:
    """Return consecutive changes as the body of their batch, before it is compressed."""
    data, marks = bytearray(), bytearray()
    t = run[-1].t
    for change in run:
        step = codec.uvarint(codec.zigzag(change.t - t))
        frame = codec.uvarint(len(change.body)) + change.body
        data += step + frame
        marks += bytes([_CHANCE]) * len(step) + _marks(frame)
        t = change.t
    return Sample(artisan, bytes(data), bytes(marks))


def refined(
    before: bytes, runs: list[bytes], size: int, samples: list[Sample], artisans_min: int
) -> list[bytes]:
    """Return better runs to stand behind `before`, the most useful last, `size` bytes in all."""
    for share in ROUNDS:
        runs = _round(before, runs, size, samples, artisans_min, share)
    return runs


def _round(
    before: bytes,
    runs: list[bytes],
    size: int,
    samples: list[Sample],
    artisans_min: int,
    share: float,
) -> list[bytes]:
    dictionary = before + b"".join(runs)
    saved = [0.0] * len(dictionary)
    gains: dict[bytes, int] = defaultdict(int)
    writers: dict[bytes, set[int]] = defaultdict(set)
    for each in samples:
        tokens = list(_tokens(each.data, dictionary))
        for token in tokens:
            _credit(saved, token, each.data)
        for run, gain in _joined(tokens, each):
            gains[run] += gain
            writers[run].add(each.artisan)
    kept = sorted(_worn(runs, saved, len(before)), reverse=True)
    better = sorted(
        (
            (gain / len(run), run)
            for run, gain in gains.items()
            if len(writers[run]) >= artisans_min
        ),
        reverse=True,
    )
    room = size - len(before)
    chosen = _filled(kept, int(room * (1 - share)))
    chosen += _filled(better, room - sum(len(run) for _, run in chosen))
    return _each_once([run for _, run in sorted(chosen)])


def _credit(saved: list[float], token: Token, data: bytes) -> None:
    """Note what a match saved on the bytes of the dictionary that it was taken from."""
    if token.distance <= token.at:
        return
    spelled_out = sum(map(_literal_bits, data[token.at : token.at + token.length]))
    gain = max(0.1, spelled_out - token.bits) / token.length
    begin = len(saved) + token.at - token.distance
    for place in range(begin, min(begin + token.length, len(saved))):
        saved[place] += gain


def _joined(tokens: list[Token], of: Sample) -> Iterator[tuple[bytes, int]]:
    """Yield runs of a change that took several tokens, and the bits that one match would save."""
    for i, first in enumerate(tokens):
        bits, end = first.bits, first.at + first.length
        if _CHANCE in of.marks[first.at : end]:
            continue
        for token in tokens[i + 1 : i + TOKENS_MAX]:
            if of.marks[end - 1] == _LAST or _CHANCE in of.marks[end : end + token.length]:
                break
            bits, end = bits + token.bits, end + token.length
            if end - first.at > RUN_MAX:
                break
            if bits > FAR and end - first.at > 3:
                yield of.data[first.at : end], bits - FAR


def _worn(runs: list[bytes], saved: list[float], at: int) -> Iterator[tuple[float, bytes]]:
    """Yield what is left of runs without the unused bytes at their ends, and its worth a byte."""
    for run in runs:
        worth = saved[at : at + len(run)]
        at += len(run)
        used = [place for place, bits in enumerate(worth) if bits]
        if used:
            begin, end = used[0], used[-1] + 1
            yield sum(worth) / (end - begin), run[begin:end]


def _filled(ordered: list[tuple[float, bytes]], room: int) -> list[tuple[float, bytes]]:
    """Return the first that fit the room, none that stands within those before it."""
    chosen, there = [], b""
    for density, run in ordered:
        if len(run) > room:
            break
        if run not in there:
            chosen.append((density, run))
            there += run
            room -= len(run)
    return chosen


def _each_once(runs: list[bytes]) -> list[bytes]:
    """Return the runs without those that a later one, or the seam of two, holds."""
    behind, kept = b"", []
    for run in reversed(runs):
        if run not in behind:
            kept.append(run)
            behind = run + behind
    return kept[::-1]


def _marks(frame: bytes) -> bytes:
    """Tell which bytes of a change are chance: private values, prefixes of logs and hashes."""
    marks = bytearray([_LEARNT]) * len(frame)

    def chance(begin: int, length: int) -> None:
        end = min(begin + length, len(frame))
        marks[begin:end] = bytes(end - begin)

    at = -1
    while (at := frame.find(_PRIVATE, at + 1)) >= 0:
        nonce = at + len(_PRIVATE) + 4
        if frame[nonce : nonce + 2] == _NONCE:
            chance(nonce - 4, 4)
            chance(nonce + 2, NONCE_BYTES)
            sealed = nonce + 2 + NONCE_BYTES + 2
            chance(sealed, frame[sealed - 1])
    at = -1
    while (at := frame.find(_PREFIX, at + 1)) >= 0:
        chance(at + 2, PREFIX_BYTES)
    marks[-1] |= _LAST & ~_LEARNT
    return bytes(marks)


_PRIVATE: Final = b"\x93\xc4\x04"
_NONCE: Final = bytes([0xC4, NONCE_BYTES])
_PREFIX: Final = bytes([0xC4, PREFIX_BYTES])


# -- reading DEFLATE back ----------------------------------------------------------------------


def _tokens(data: bytes, dictionary: bytes) -> Iterator[Token]:
    """Yield what zlib makes of the data: its matches are the same in whatever code they stand."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_FIXED, dictionary)
    stream = int.from_bytes(squeeze.compress(data) + squeeze.flush(), "little") >> 3
    at = 0
    while True:
        symbol, bits = _SYMBOLS[stream & 0x1FF]
        if symbol == 256:
            return
        distance, length = 0, 1
        if symbol > 256:
            word = (stream & 0xFFFF_FFFF_FFFF) >> bits
            extra, base = LENGTHS[symbol - 257]
            length = base + (word & ((1 << extra) - 1))
            word >>= extra
            more, base = DISTANCES[_FIVE[word & 31]]
            distance = base + (word >> 5 & ((1 << more) - 1))
            bits += extra + 5 + more
        yield Token(at, length, bits, distance)
        at += length
        stream >>= bits


def _literal_bits(byte: int) -> int:
    return 8 if byte < 144 else 9


def _reversed(code: int, size: int) -> int:
    return int(f"{code:0{size}b}"[::-1], 2)


_CODES: Final = {
    **{symbol: (0x30 + symbol, 8) for symbol in range(144)},
    **{symbol: (0x190 + symbol - 144, 9) for symbol in range(144, 256)},
    **{symbol: (symbol - 256, 7) for symbol in range(256, 280)},
    **{symbol: (0xC0 + symbol - 280, 8) for symbol in range(280, 288)},
}
"""The fixed code: of each symbol its bits, the highest first, and how many they are."""
_SYMBOLS: Final = {
    _reversed(code, size) | rest << size: (symbol, size)
    for symbol, (code, size) in _CODES.items()
    for rest in range(1 << (9 - size))
}
"""Which symbol the next nine bits of a stream begin with, and how many of them it takes."""
_FIVE: Final = [_reversed(code, 5) for code in range(32)]
