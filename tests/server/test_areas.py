"""Areas: what a list of the city means by a code or a name."""

from datetime import date

import pytest

from canting_server.reference.areas import AREAS, Area, area, district_of


def found(code_or_name: str) -> Area:
    place = area(code_or_name)
    assert place is not None, code_or_name
    return place


def test_the_city_has_three_kecamatan_of_six_kelurahan_each() -> None:
    kecamatan = [place for place in AREAS if place.level == "kecamatan"]
    assert [place.name for place in kecamatan] == ["Prajuritkulon", "Magersari", "Kranggan"]
    for district in kecamatan:
        assert sum(place.parent == district.code for place in AREAS) == 6
    assert len(AREAS) == 21


def test_every_area_is_found_by_its_code_with_dots_and_without() -> None:
    for place in AREAS:
        assert area(place.code) == place
        assert area(place.code.replace(".", "")) == place


def test_every_kelurahan_is_found_by_its_name() -> None:
    for place in AREAS:
        if place.level == "kelurahan":
            assert area(place.name) == place


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("35.76.01.1001", "35.76.03.1001", "Kranggan"),
        ("35.76.01.1002", "35.76.03.1002", "Miji"),
        ("35.76.02.1002", "35.76.03.1003", "Meri"),
        ("35.76.02.1007", "35.76.03.1004", "Jagalan"),
        ("35.76.02.1006", "35.76.03.1005", "Sentanan"),
        ("3576021005", "35.76.03.1006", "Purwotengah"),
    ],
)
def test_an_old_code_is_translated(old: str, new: str, name: str) -> None:
    place = found(old)
    assert (place.code, place.name) == (new, name)
    assert district_of(place).name == "Kranggan"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Gunung Gedangan", "35.76.02.1001"),
        ("gununggedangan", "35.76.02.1001"),
        ("kel. Wates", "35.76.02.1010"),
        ("KEL.WATES", "35.76.02.1010"),
        ("Kelurahan Prajurit Kulon", "35.76.01.1006"),
        ("  blooto ", "35.76.01.1008"),
        (" 35.76.01.1003 ", "35.76.01.1003"),
    ],
)
def test_a_name_may_be_written_as_people_write_it(written: str, code: str) -> None:
    assert found(written).code == code


@pytest.mark.parametrize("name", ["Kranggan", "Magersari", "Prajurit Kulon"])
def test_a_name_of_both_means_the_kelurahan_unless_kec_stands_before_it(name: str) -> None:
    assert found(name).level == "kelurahan"
    assert found(f"kel. {name}").level == "kelurahan"
    assert found(f"kec. {name}").level == "kecamatan"
    assert found(f"Kecamatan {name}").level == "kecamatan"
    assert district_of(found(name)) == found(f"kec. {name}")


def test_a_kecamatan_is_its_own_district() -> None:
    assert district_of(found("35.76.02")) == found("35.76.02")


@pytest.mark.parametrize(
    "written",
    ["", "kel.", "kec. Wates", "Sooko", "35.76", "35.76.04", "35.7602.1010", "3515010001", "Kelud"],
)
def test_what_is_not_of_this_city_is_none(written: str) -> None:
    assert area(written) is None


def test_kranggan_and_what_moved_there_have_a_date_and_the_rest_have_not() -> None:
    opened = (date(2016, 6, 20) - date(1970, 1, 1)).days
    assert {place.since for place in AREAS if place.code.startswith("35.76.03")} == {opened}
    assert {place.since for place in AREAS if not place.code.startswith("35.76.03")} == {None}
