"""The targets of the QR frames hold, with fewer trials than the bench makes."""

from tests.bench.frames import CONTENT_BYTES, FRAMES_MAX, SHARE_MIN, WITHIN, caught

from canting_client.qr import CODES


def test_a_letter_comes_whole_though_three_frames_of_ten_are_lost() -> None:
    lost = caught(bytes(CONTENT_BYTES), CODES["laptop"][0], 200, anywhere=True)
    assert lost.pieces <= FRAMES_MAX
    assert lost.within(WITHIN) >= SHARE_MIN
