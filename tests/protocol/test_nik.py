"""A NIK: its shape, and who reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canting_protocol import nik
from canting_protocol.crypto import SigningKey, seal_to
from canting_protocol.errors import Refused
from canting_protocol.log import ArtisanId

NOBODYS = "9999994101900001"
SITI, DEWI = ArtisanId(b"siti" * 2), ArtisanId(b"dewi" * 2)
REGISTRY, OTHER = SigningKey(b"R" * 32), SigningKey(b"O" * 32)

shaped = st.builds(
    "{:06}{:02}{:02}{:02}{:04}".format,
    st.integers(10_000, 999_999),
    st.integers(1, 31) | st.integers(41, 71),
    st.integers(1, 12),
    st.integers(0, 99),
    st.integers(1, 9_999),
)


@given(shaped)
def test_what_has_the_shape_of_one_is_read(number: str) -> None:
    assert nik.read(f" {number[:6]}.{number[6:12]}-{number[12:]}\n") == number


@given(st.text(max_size=20).filter(lambda text: sum(map(str.isdigit, text)) != 16))
def test_what_is_none_says_so_and_not_what_it_was(text: str) -> None:
    with pytest.raises(nik.BadNik, match=r"^what stands there is no NIK: digits$"):
        nik.read(text)


@pytest.mark.parametrize("day", ["00", "32", "40", "72", "99"])
def test_a_day_that_is_not_in_any_calendar_is_no_nik(day: str) -> None:
    with pytest.raises(nik.BadNik) as bad:
        nik.read(NOBODYS[:6] + day + NOBODYS[8:])
    assert bad.value.part == "day"


@given(shaped)
def test_only_its_registry_opens_it_and_only_as_hers(number: str) -> None:
    sealed = nik.seal(REGISTRY.box.public, SITI, number)
    assert nik.could_be_sealed(sealed)
    assert number.encode() not in sealed
    assert nik.unseal(REGISTRY.box, SITI, sealed) == number
    for box, whose in ((OTHER.box, SITI), (REGISTRY.box, DEWI)):
        with pytest.raises(Refused) as refused:
            nik.unseal(box, whose, sealed)
        assert refused.value.code == "not_openable"


@pytest.mark.parametrize("inside", [b"x", "٩999994101900001".encode(), b"9" * 15, b"9" * 17])
def test_what_opens_to_something_else_is_no_nik(inside: bytes) -> None:
    sealed = seal_to(REGISTRY.box.public, inside, b"canting/nik/1\0" + SITI)
    with pytest.raises(Refused):
        nik.unseal(REGISTRY.box, SITI, sealed)


def test_sealed_twice_it_is_two_values_and_compared_as_one() -> None:
    one, two = (nik.seal(REGISTRY.box.public, whose, NOBODYS) for whose in (SITI, DEWI))
    assert one != two
    key = REGISTRY.derive(nik.COMPARING)
    opened = [nik.unseal(REGISTRY.box, *each) for each in ((SITI, one), (DEWI, two))]
    assert nik.compared_by(key, opened[0]) == nik.compared_by(key, opened[1])
    assert nik.compared_by(OTHER.derive(nik.COMPARING), NOBODYS) != nik.compared_by(key, NOBODYS)
