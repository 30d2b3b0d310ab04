"""Every limit of the protocol, in one table.

Limits are enforced when a change is made, so that nothing committed can ever be too big to send,
and they only ever widen (design.md, section 6).
"""

from typing import Final

INTEGER_MAX: Final = 2**53 - 1
"""Largest integer on the wire, either sign: what every language's number can hold exactly."""

AMOUNT_MAX: Final = 10**12
"""What one fact may come to, in rupiah or in thousandths: nine million of the largest still add up
to a number that a database holds."""

CHANGE_BYTES_MAX: Final = 16_000
CHANGE_LINES_MAX: Final = 1_000
TEXT_BYTES_MAX: Final = 1_024
PRIVATE_BYTES_MAX: Final = 2_048
NIK_BYTES_MIN: Final = 49
"""A sealed byte: 32 of a key, 16 of a tag, and itself."""
NIK_BYTES_MAX: Final = 256

BATCH_CHANGES_MAX: Final = 2_000
BATCH_INFLATED_BYTES_MAX: Final = 256_000
BATCH_BYTES_MAX: Final = 300_000
"""A batch as it travels: what deflates badly still fits, padding does not."""
DICTIONARY_BYTES_MAX: Final = 32_768

REQUEST_BYTES_MAX: Final = 1_048_576
REPLY_BYTES_MAX: Final = 1_048_576
BATCHES_BYTES_PER_MESSAGE_MAX: Final = 700_000
"""What one request or reply spends on batches; the rest is for frontiers and receipts."""

OFFER_PAPERS_MAX: Final = 8
REQUEST_LEDGERS_MAX: Final = 512
REQUEST_BATCHES_MAX: Final = 1_024
REQUEST_INFLATED_BYTES_MAX: Final = 4_000_000
"""What the batches of one request may inflate to, all ledgers together: those beyond are refused,
and sent again with the next request."""
FRONTIER_HEADS_MAX: Final = 1_000
"""Heads of one ledger, all its logs together: a frontier must fit a message."""
FRONTIER_HEADS_RESERVED: Final = 50
"""How many of them the registry takes from no device, so that it can always begin a log itself."""
RECEIPT_EXCEPTIONS_MAX: Final = 500
MARK_PIECES_MAX: Final = 300

ROUND_TRIPS_MAX: Final = 64
"""A sync that needs more exchanges than this is talking to something that does not listen."""

ENROL_BYTES_MAX: Final = 4_096

LETTER_BYTES_MAX: Final = 1_050_624
"""A sealed request or reply of the largest size, with its address."""
LETTER_SPANS_MAX: Final = 64
GOODS_BYTES: Final = 16_000
"""What a letter of goods holds of batches, unless a single one is larger: small enough that a road
that breaks off loses little."""
BUNDLE_BYTES_MAX: Final = 1_052_672
"""What is posted to a door, and answered: room for one letter of the largest size."""
BUNDLE_LETTERS_MAX: Final = 1_024

FRAMED_BYTES_MAX: Final = 1_052_672
"""What may be shown as frames: whatever may be posted to a door."""
FRAME_PIECES_MAX: Final = 1_024
"""Into how many pieces it is cut: three minutes of frames, and an instant of arithmetic."""
FRAME_SEQUENCE_MAX: Final = 65_535
"""The last frame before the first comes again: three hours later."""

# The largest change must fit a batch, the fullest budget of batches a message.
assert CHANGE_BYTES_MAX < BATCH_INFLATED_BYTES_MAX
assert BATCH_INFLATED_BYTES_MAX + 1_000 < BATCH_BYTES_MAX
assert BATCHES_BYTES_PER_MESSAGE_MAX + BATCH_BYTES_MAX < REQUEST_BYTES_MAX
assert REQUEST_BYTES_MAX == REPLY_BYTES_MAX
assert BATCH_INFLATED_BYTES_MAX < REQUEST_INFLATED_BYTES_MAX
assert REQUEST_BYTES_MAX + 1_024 < LETTER_BYTES_MAX < BUNDLE_BYTES_MAX == FRAMED_BYTES_MAX
assert GOODS_BYTES < BATCH_BYTES_MAX < LETTER_BYTES_MAX
assert FRONTIER_HEADS_MAX * 250 < REQUEST_BYTES_MAX - BATCHES_BYTES_PER_MESSAGE_MAX
