"""Raw DEFLATE made by hand, so that the vectors do not depend on anybody's compressor.

Two implementations of DEFLATE may compress one text differently and are both right; a test that
compared their bytes would only test which zlib is installed. `stored` does not compress at all,
`squeezed` uses the fixed Huffman code of RFC 1951 and reaches into a preset dictionary.
"""

from typing import Final

LENGTHS: Final = (
    *((0, base) for base in range(3, 11)),
    *((1, base) for base in range(11, 19, 2)),
    *((2, base) for base in range(19, 35, 4)),
    *((3, base) for base in range(35, 67, 8)),
    *((4, base) for base in range(67, 131, 16)),
    *((5, base) for base in range(131, 258, 32)),
    (0, 258),
)
"""(extra bits, first length) of codes 257…285."""
DISTANCES: Final = (
    *((0, base) for base in range(1, 5)),
    *((extra, base) for extra in range(1, 14) for base in ((1 << extra + 1) + 1, (3 << extra) + 1)),
)
"""(extra bits, first distance) of codes 0…29."""


def stored(data: bytes) -> bytes:
    """Return the data in DEFLATE blocks that are not compressed."""
    out = bytearray()
    for at in range(0, max(len(data), 1), 65_535):
        piece = data[at : at + 65_535]
        last = at + 65_535 >= len(data)
        size = len(piece)
        out += bytes([last]) + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little")
        out += piece
    return bytes(out)


def squeezed(data: bytes, dictionary: bytes) -> bytes:
    """Return the data in one block of the fixed code, matched greedily, dictionary included."""
    bits: list[int] = [1, 1, 0]  # the last block; the fixed code, lowest bit first
    window = dictionary[-32_768:] + data
    at = len(window) - len(data)
    while at < len(window):
        length, distance = _longest(window, at)
        if length < 3:
            _symbol(bits, window[at])
            at += 1
            continue
        code = max(i for i, (_, base) in enumerate(LENGTHS) if base <= length)
        _symbol(bits, 257 + code)
        _extra(bits, length - LENGTHS[code][1], LENGTHS[code][0])
        code = max(i for i, (_, base) in enumerate(DISTANCES) if base <= distance)
        bits += [code >> place & 1 for place in range(4, -1, -1)]
        _extra(bits, distance - DISTANCES[code][1], DISTANCES[code][0])
        at += length
    _symbol(bits, 256)
    bits += [0] * (-len(bits) % 8)
    return bytes(
        sum(bit << place for place, bit in enumerate(bits[begin : begin + 8]))
        for begin in range(0, len(bits), 8)
    )


def _longest(window: bytes, at: int) -> tuple[int, int]:
    """Return the longest earlier match (length, distance) of what starts at `at`."""
    best = (0, 0)
    low = max(0, at - 32_768)
    while True:
        length = best[0] + 1
        if length > 258 or at + length > len(window):
            return best
        found = window.rfind(window[at : at + length], low, at + length - 1)
        if found < 0:
            return best
        best = (length, at - found)


def _symbol(bits: list[int], symbol: int) -> None:
    if symbol < 144:
        code, size = 0x30 + symbol, 8
    elif symbol < 256:
        code, size = 0x190 + symbol - 144, 9
    elif symbol < 280:
        code, size = symbol - 256, 7
    else:
        code, size = 0xC0 + symbol - 280, 8
    bits += [code >> place & 1 for place in range(size - 1, -1, -1)]


def _extra(bits: list[int], value: int, size: int) -> None:
    bits += [value >> place & 1 for place in range(size)]
