"""Staff settle conflicts, and both of an artisan's devices learn it with their next sync."""

import asyncio
from typing import Any

import msgspec
import pytest
from tests.server.makers import DAY, TOKEN, Answered, Device, Served

from canting_client import reading
from canting_protocol import changes as c

JSON = "application/json"


def field(number: int, of: Any) -> c.FieldWrite:
    """Return one field."""
    return c.FieldWrite(number, c.value(of))


async def waiting(served: Served) -> list[Any]:
    """Return what waits for a person."""
    told: list[Any] = (await served.ask("/v1/conflicts")).json["rows"]
    return told


def path_of(conflict: Any) -> str:
    """Return where a conflict is settled."""
    return f"/v1/conflicts/{conflict['artisan']}/{conflict['of']}/{conflict['field']}"


def choice(conflict: Any, which: int = 0) -> dict[str, Any]:
    """Return the choice of one of a conflict's values, seen as they are."""
    writes = [each["write"] for each in conflict["values"]]
    return {"choose": writes[which], "seen": writes}


async def post(served: Served, path: str, body: Any, token: str | None = TOKEN) -> Answered:
    """Post JSON as staff."""
    headers = {"Content-Type": JSON} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return await served.call("POST", path, data=data, headers=headers)


class Household:
    """An artisan with two devices that know each other's cloth."""

    def __init__(self, served: Served, one: Device, two: Device, cloth: int) -> None:
        self.served = served
        self.one = one
        self.two = two
        self.cloth = cloth
        self.cloth_elsewhere = c.Foreign(one.book.own.log[:8], cloth)  # type: ignore[union-attr]

    async def sync(self) -> None:
        """Let both devices sync, until each has what the other brought."""
        for device in (self.one, self.two, self.one):
            await self.served.sync(device)

    async def price(self, one: Any, two: Any, number: int = c.ItemField.PRICE) -> Any:
        """Let both write a field of the cloth at once; return the conflict."""
        self.one.book.record(c.Item(self.cloth, [field(number, one)]))
        self.two.book.record(c.Item(self.cloth_elsewhere, [field(number, two)]))
        await self.sync()
        (conflict,) = await waiting(self.served)
        return conflict

    def shown(self, number: int = c.ItemField.PRICE) -> list[Any]:
        """Return what each device shows in a field of the cloth; no conflict may be left."""
        values = []
        for device in (self.one, self.two):
            assert list(reading.conflicts(device.book)) == []
            (thing,) = reading.things(device.book, c.Kind.ITEM)
            values.append(thing.fields[number])
        return values

    async def level(self) -> bool:
        """Say whether the registry and both books are one."""
        theirs = await self.served.digest(self.one.artisan)
        return {theirs} == {self.one.book.digest(), self.two.book.digest()}


@pytest.fixture
async def house(served: Served) -> Household:
    one = await served.joined()
    cloth = one.book.record(c.Item(None, [field(1, "Kain tulis")]))[-1]
    one.book.record(c.Consent(c.Sharing.LINES))
    await served.sync(one)
    two = await served.joined(one.artisan)
    await served.sync(two)
    return Household(served, one, two, cloth.n)


# -- the main path -----------------------------------------------------------------------------


@pytest.mark.parametrize("which", [0, 1])
async def test_both_devices_show_the_chosen_value_and_no_conflict(
    served: Served, house: Household, which: int
) -> None:
    conflict = await house.price(165_000, 180_000)
    assert conflict["name"] == "Kain tulis"
    wanted = conflict["values"][which]["value"]
    told = (await post(served, path_of(conflict), choice(conflict, which))).json
    assert [each["value"] for each in told["values"]] == [wanted]
    assert not told["already"]
    assert await waiting(served) == []
    await house.sync()
    assert house.shown() == [wanted, wanted]
    assert await house.level()


async def test_the_registrys_word_is_a_resolve_in_its_own_log(
    served: Served, house: Household
) -> None:
    conflict = await house.price(1, 2)
    await post(served, path_of(conflict), choice(conflict))
    kinds = await served.rows("change", "log, kind, verdict", house.one.artisan)
    (log,) = {log for log, kind, _ in kinds if kind == c.Kind.RESOLVE}
    descriptors = dict(await served.rows("log", "log, key", house.one.artisan))
    assert descriptors[log] == served.registry.key.public
    assert all(verdict == 0 for _, _, verdict in kinds)


async def test_a_device_may_write_again_after_it(served: Served, house: Household) -> None:
    conflict = await house.price(1, 2)
    await post(served, path_of(conflict), choice(conflict))
    await house.sync()
    house.two.book.record(c.Item(house.cloth_elsewhere, [field(c.ItemField.PRICE, 3)]))
    await house.sync()
    assert house.shown() == [3, 3]


async def test_a_name_of_another_log_stays_the_name_it_was(
    served: Served, house: Household
) -> None:
    """In her log it is a bare number, in the registry's it must say whose."""
    other = house.two.book.record(c.Item(None, [field(1, "Kain lain")]))[-1]
    house.one.book.record(c.Item(house.cloth, [field(c.ItemField.SAME_AS, -1)]))
    house.two.book.record(c.Item(house.cloth_elsewhere, [field(c.ItemField.SAME_AS, other.n)]))
    await house.sync()
    (conflict,) = await waiting(served)
    key = f"{other.log[:8].hex()}.{other.n}"
    which = [each["value"] for each in conflict["values"]].index(key)
    assert (await post(served, path_of(conflict), choice(conflict, which))).status == 200
    await house.sync()
    for device in (house.one, house.two):
        assert list(reading.conflicts(device.book)) == []
        same = [
            thing.fields.get(c.ItemField.SAME_AS)
            for thing in reading.things(device.book, c.Kind.ITEM)
        ]
        assert key in same
    assert await house.level()


async def test_a_conflict_with_the_department_itself_is_settled_in_the_same_way(
    served: Served, house: Household
) -> None:
    house.one.book.record(c.Profile([field(c.ProfileField.BRAND, "Hers")]))
    theirs = c.Profile([field(c.ProfileField.BRAND, "Theirs")])
    await served.change(lambda conn: served.registry.write(conn, house.one.artisan, theirs))
    await served.sync(house.one)
    (conflict,) = await waiting(served)
    which = [each["value"] for each in conflict["values"]].index("Hers")
    told = (await post(served, path_of(conflict), choice(conflict, which))).json
    assert [each["value"] for each in told["values"]] == ["Hers"]
    await house.sync()
    assert list(reading.conflicts(house.one.book)) == list(reading.conflicts(house.two.book)) == []


# -- again, and too late -----------------------------------------------------------------------


async def test_a_choice_sent_again_answers_the_same_and_writes_nothing(
    served: Served, house: Household
) -> None:
    conflict = await house.price(1, 2)
    first = (await post(served, path_of(conflict), choice(conflict))).json
    before = await served.digest(house.one.artisan)
    again = (await post(served, path_of(conflict), choice(conflict))).json
    assert again == first | {"already": True}
    assert await served.digest(house.one.artisan) == before


async def test_of_two_choices_at_once_the_second_is_told_what_stands(
    served: Served, house: Household
) -> None:
    conflict = await house.price(1, 2)
    answers = await asyncio.gather(
        *[post(served, path_of(conflict), choice(conflict, which)) for which in (0, 1)]
    )
    won, lost = sorted(answers, key=lambda each: each.status)
    assert lost.problem == (409, "conflict_changed")
    assert msgspec.json.decode(lost.body)["values"] == won.json["values"]


async def test_a_choice_among_values_that_have_changed_is_answered_with_what_stands(
    served: Served, house: Household
) -> None:
    conflict = await house.price(1, 2)
    house.two.book.record(c.Item(house.cloth_elsewhere, [field(c.ItemField.PRICE, 7)]))
    await served.sync(house.two)
    answered = await post(served, path_of(conflict), choice(conflict))
    assert answered.problem == (409, "conflict_changed")
    (now,) = msgspec.json.decode(answered.body)["values"]
    assert now["value"] == 7
    assert await waiting(served) == []


async def test_a_choice_never_hides_a_value_that_nobody_has_seen(
    served: Served, house: Household
) -> None:
    third = await served.joined(house.one.artisan)
    await served.sync(third)
    conflict = await house.price(1, 2)
    third.book.record(c.Item(house.cloth_elsewhere, [field(c.ItemField.PRICE, 3)]))
    await served.sync(third)
    answered = await post(served, path_of(conflict), choice(conflict))
    assert answered.problem == (409, "conflict_changed")
    assert {each["value"] for each in msgspec.json.decode(answered.body)["values"]} == {1, 2, 3}
    (now,) = await waiting(served)
    assert (await post(served, path_of(now), choice(now))).status == 200


async def test_a_value_that_comes_from_offline_after_it_is_a_conflict_again(
    served: Served, house: Household
) -> None:
    conflict = await house.price(1, 2)
    house.two.book.record(c.Item(house.cloth_elsewhere, [field(c.ItemField.PRICE, 9)]))
    assert (await post(served, path_of(conflict), choice(conflict))).status == 200
    await house.sync()
    (again,) = await waiting(served)
    assert {each["value"] for each in again["values"]} == {conflict["values"][0]["value"], 9}


async def test_one_of_the_same_value_written_again_is_nothing_new(
    served: Served, house: Household
) -> None:
    third = await served.joined(house.one.artisan)
    await served.sync(third)
    conflict = await house.price(1, 2)
    third.time.now += DAY
    third.book.record(c.Item(house.cloth_elsewhere, [field(c.ItemField.PRICE, 2)]))
    await served.sync(third)
    assert (await post(served, path_of(conflict), choice(conflict))).json["already"] is False


# -- what staff do not see ---------------------------------------------------------------------


async def test_what_is_not_shared_is_chosen_by_author_and_time(
    served: Served, house: Household
) -> None:
    house.one.book.record(c.Consent(c.Sharing.TOTALS))
    house.two.time.now += 3600
    conflict = await house.price(111_222, 333_444)
    assert {each["value"] for each in conflict["values"]} == {"(milik perajin)"}
    assert conflict["name"] is None
    assert len({(each["by"], each["at"]) for each in conflict["values"]}) == 2
    theirs = next(
        place
        for place, each in enumerate(conflict["values"])
        if each["by"] == house.two.book.own.log[:8].hex()  # type: ignore[union-attr]
    )
    told = await post(served, path_of(conflict), choice(conflict, theirs))
    assert told.status == 200
    assert b"111222" not in told.body
    assert b"333444" not in told.body
    await house.sync()
    assert house.shown() == [333_444, 333_444]


async def test_a_private_value_travels_on_as_it_was_stored(
    served: Served, house: Household
) -> None:
    """Staff choose it by author and time, and her devices read it."""
    (key,) = house.one.book.book_keys.values()
    house.two.book.add_key(key, first=True)
    buyer = house.one.book.record(c.Partner(None, [field(c.PartnerField.ROLE, "galeri")]))[-1]
    await house.sync()
    elsewhere = c.Foreign(buyer.log[:8], buyer.n)
    for device, target, name in (
        (house.one, buyer.n, "Rahasia Satu"),
        (house.two, elsewhere, "Rahasia Dua"),
    ):
        hidden = c.FieldWrite(c.PartnerField.NAME, c.value(device.book.hide(name)))
        device.book.record(c.Partner(target, [hidden]))
    await house.sync()
    (conflict,) = await waiting(served)
    assert {each["value"] for each in conflict["values"]} == {"(milik perajin)"}
    ones = house.one.book.own.log[:8].hex()  # type: ignore[union-attr]
    which = [each["by"] for each in conflict["values"]].index(ones)
    assert (await post(served, path_of(conflict), choice(conflict, which))).status == 200
    await house.sync()
    for device in (house.one, house.two):
        assert list(reading.conflicts(device.book)) == []
        assert [each.name for each in reading.things(device.book, c.Kind.PARTNER)] == [
            "Rahasia Satu"
        ]


# -- what no value settles ---------------------------------------------------------------------


async def test_counts_that_disagree_are_settled_by_counting_again_only(
    served: Served, house: Household
) -> None:
    house.one.book.record(c.Count([c.CountLine(house.cloth, 5_000)]))
    house.two.book.record(c.Count([c.CountLine(house.cloth_elsewhere, 6_000)]))
    await house.sync()
    (conflict,) = await waiting(served)
    assert conflict["of"].startswith("stock:")
    anything = {"choose": "0" * 16, "seen": ["0" * 16]}
    answered = await post(served, path_of(conflict), anything)
    assert answered.problem == (422, "count_again")
    assert b"counted again" in answered.body
    house.two.book.record(c.Count([c.CountLine(house.cloth_elsewhere, 6_000)]))
    await house.sync()
    assert await waiting(served) == []


async def test_a_field_of_a_newer_version_waits_for_one(served: Served, house: Household) -> None:
    """It may be a name: a bare number would mean something else in the registry's log."""
    conflict = await house.price(5, 6, number=77)
    assert (await post(served, path_of(conflict), choice(conflict))).problem == (
        422,
        "unknown_field",
    )
    assert len(await waiting(served)) == 1


# -- who may, and what is no choice ------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", "cst_guessed"])
async def test_only_who_holds_a_token_settles(
    served: Served, house: Household, token: str | None
) -> None:
    conflict = await house.price(1, 2)
    answered = await post(served, path_of(conflict), choice(conflict), token)
    assert answered.problem == (401, "token_needed")
    assert len(await waiting(served)) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b"{}",
        b'{"choose":1,"seen":[]}',
        b'{"choose":"0000000000000000","seen":[]}',
        b'{"choose":"000000000000000Z","seen":["0000000000000000"]}',
        b'{"choose":"0000000000000000\\n","seen":["0000000000000000"]}',
        b'{"choose":"0000000000000000","seen":["0000000000000000"],"value":1}',
        b"[" * 20_000,
    ],
)
async def test_what_is_no_choice_is_malformed(
    served: Served, house: Household, body: bytes
) -> None:
    conflict = await house.price(1, 2)
    assert (await post(served, path_of(conflict), body)).problem == (400, "malformed")
    assert len(await waiting(served)) == 1


async def test_one_of_the_values_seen_must_be_chosen(served: Served, house: Household) -> None:
    conflict = await house.price(1, 2)
    body = choice(conflict) | {"choose": "0" * 16}
    assert (await post(served, path_of(conflict), body)).problem == (400, "bad_question")


@pytest.mark.parametrize(
    "path",
    [
        "0011223344556677/profile/1",
        "nobody/profile/1",
        "{artisan}/profile/99",
        "{artisan}/profile/0",
        "{artisan}/profile/-1",
        "{artisan}/profile/²",
        "{artisan}/profile/99999999999999999999",
        "{artisan}/consent/1",
        "{artisan}/item:nothing/4",
        "{artisan}/item:-1.5/4",
        "{artisan}/item:0011223344556677.1/4",
        "{artisan}/item:0011223344556677.1~zz/4",
        "{artisan}/%00/4",
        "{artisan}/item:%27%20OR%201=1/4",
    ],
)
async def test_what_is_not_there_is_not_found(served: Served, house: Household, path: str) -> None:
    body = {"choose": "0" * 16, "seen": ["0" * 16]}
    where = path.replace("{artisan}", house.one.artisan.hex())
    answered = await post(served, f"/v1/conflicts/{where}", body)
    assert answered.problem == (404, "not_found")


async def test_a_choice_comes_as_json_and_not_too_big(served: Served, house: Household) -> None:
    conflict = await house.price(1, 2)
    path = path_of(conflict)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/plain"}
    answered = await served.call("POST", path, data=b"{}", headers=headers)
    assert answered.problem == (415, "unsupported_media_type")
    assert (await post(served, path, b" " * 70_000)).problem == (413, "too_large")
