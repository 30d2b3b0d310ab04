"""A book, couriers and the registry, as plain examples: who may forget what, and when."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.client.pair import NOW, Pair, Straight

from canting_client.book import Book
from canting_client.custody import given, taken
from canting_client.relay.bag import ANSWER, GOODS, QUESTION, Bag, Known
from canting_client.relay.deliver import deliver
from canting_protocol import changes as c
from canting_protocol.bundles import (
    VERSION,
    Bundle,
    Officer,
    Taken,
    read_bundle,
    read_handover,
    write_bundle,
    write_officer,
    write_slip,
)
from canting_protocol.crypto import SigningKey
from canting_protocol.errors import Refused
from canting_protocol.letters import digest_of
from canting_protocol.messages import Enrolled
from canting_protocol.witness import Stead, Witness, write_witness
from canting_server.registry.post import Post
from canting_server.store import ledgers
from canting_server.store.database import SQLite

SALE = c.Sale([c.SaleLine(-1, 1000, 50_000)])


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path)
    yield pair
    pair.close()


class Courier:
    """An officer with a bag."""

    def __init__(self, pair: Pair, name: str = "lina") -> None:
        self.pair = pair
        self.key = SigningKey(name.encode().ljust(32, b"*"))
        self.bag = Bag(pair.folder / f"{name}.bag", durable=False)
        registry = pair.registry.key
        self.officer = Officer(VERSION, self.key.public, name, "Magersari", 2, 0, 2**40)
        self.paper = write_officer(registry, self.officer)
        self.bag.belong(Known(registry.public, "pair:", registry.box.public, [self.paper]))

    @property
    def post(self) -> Post:
        """The registry's post, on whichever file it has open."""
        return Post(Straight(self.pair.raw), self.pair.registry, lambda _: None)

    def visits(self, name: str, book: Book) -> list[bytes]:
        """Take what a phone gives, and give it what there is; return the letters taken."""
        letters = book.letters()
        bundle = read_bundle(given(self.pair.keys[name], letters, self.pair.now))
        slip, answers = self.bag.take(self.key, bundle, self.pair.now)
        taken(book, self.pair.keys[name], letters, Bundle(VERSION, answers, slip, [self.paper]))
        return letters

    def delivers(self, *, answer: Callable[[bytes], bytes] = lambda data: data) -> None:
        """Bring the bag to the registry; what comes back may be changed on the way."""

        async def post(data: bytes) -> Bundle:
            return read_bundle(answer(await self.post.answer(self.post.read(data))))

        asyncio.run(deliver(self.bag, self.key, lambda: self.pair.now, post))


def turnover(pair: Pair) -> int:
    rows = ledgers.all_rows(SQLite(pair.raw), pair.artisan)
    return sum(row.amount for row in rows if type(row).__name__ == "Turnover")  # type: ignore[attr-defined]


def test_a_couriers_word_is_not_the_registrys(pair: Pair) -> None:
    lina, adi = Courier(pair), Courier(pair, "adi")
    with pair.phone("a") as siti:
        siti.record(SALE)
        first = lina.visits("a", siti)
        assert siti.carried()[0] > 0
        assert siti.level()[0], "she still lacks a receipt"
        second = adi.visits("a", siti)
        assert first[0] in second, "and gives the same letter to whoever comes next"
        adi.delivers()
        adi.visits("a", siti)
        assert not siti.level()[0]
        assert siti.carried() == (0, [])
        assert turnover(pair) == 50_000


def test_a_bag_drops_only_what_the_registrys_slip_names(pair: Pair) -> None:
    lina = Courier(pair)
    with pair.phone("a") as siti:
        siti.record(SALE)
        (goods, _) = lina.visits("a", siti)
        siti.record(SALE)
        lina.visits("a", siti)
        assert len(lina.bag.letters(GOODS)) == 2
        paper = read_handover(read_bundle(given(lina.key, [goods], NOW)).paper)
        for key, code in ((lina.key, ""), (pair.registry.key, "unknown_key")):
            slip = write_slip(key, NOW, paper, [Taken(digest_of(goods), code)])

            def other(_: bytes, slip: bytes = slip) -> bytes:
                return write_bundle([], slip)

            with contextlib.suppress(Refused):
                lina.delivers(answer=other)
            assert len(lina.bag.letters(GOODS)) == 2
        lina.delivers()
        assert lina.bag.letters(GOODS) == []


def test_a_slip_for_another_bag_drops_nothing(pair: Pair) -> None:
    lina, adi = Courier(pair), Courier(pair, "adi")
    with pair.phone("a") as siti:
        siti.record(SALE)
        (goods, _) = lina.visits("a", siti)
        paper = read_handover(read_bundle(given(adi.key, [goods], NOW)).paper)
        slip = write_slip(pair.registry.key, NOW, paper, [Taken(digest_of(goods))])
        with pytest.raises(Refused):
            lina.delivers(answer=lambda _: write_bundle([], slip))
        assert len(lina.bag.letters(GOODS)) == 1


def test_a_question_stands_and_brings_what_the_city_wrote_since(pair: Pair) -> None:
    lina = Courier(pair)
    with pair.phone("a") as siti:
        lina.visits("a", siti)
        lina.delivers()
        pair.work(
            lambda conn: pair.registry.write(
                conn, pair.artisan, c.Profile([c.FieldWrite(1, c.value("Batik Mawar"))])
            )
        )
        assert len(lina.bag.letters(QUESTION)) == 1
        lina.delivers()
        lina.visits("a", siti)
        assert siti.digest() == pair.digest()


def test_two_copies_of_a_phone_that_write_do_not_take_each_others_answers(pair: Pair) -> None:
    lina = Courier(pair)
    with pair.phone("a") as siti:
        siti.record(SALE)
        pair.sync("a", siti)
    (pair.folder / "b.db").write_bytes((pair.folder / "a.db").read_bytes())
    pair.keys["b"] = pair.keys["a"]
    with pair.book("a") as siti, pair.book("b") as copy:
        for _ in range(6):
            for name, book in (("a", siti), ("b", copy)):
                book.record(SALE)
                lina.visits(name, book)
            lina.delivers()
        for name, book in (("a", siti), ("b", copy)):
            lina.visits(name, book)
        lina.delivers()
        for name, book in (("a", siti), ("b", copy)):
            lina.visits(name, book)
        assert siti.digest() == copy.digest() == pair.digest()
        assert len(lina.bag.letters(ANSWER)) >= 2


def test_a_registry_that_forgot_a_phone_learns_it_again_through_a_courier(pair: Pair) -> None:
    lina = Courier(pair)
    with pair.phone("a") as siti:
        siti.record(SALE)
        pair.sync("a", siti)
        pair.raw.close()
        pair.open("empty.db")
        siti.record(SALE)
        for _ in range(3):
            lina.visits("a", siti)
            lina.delivers()
        lina.visits("a", siti)
        assert turnover(pair) == 100_000
        assert siti.digest() == pair.digest()


def test_what_an_officer_vouches_for_is_taken_in_at_once(pair: Pair) -> None:
    lina = Courier(pair)
    with pair.phone("a", joined=False) as siti:
        siti.record(SALE)
        siti.join("pair:", vouched(pair, lina, "a", lina.paper))
        lina.visits("a", siti)
        lina.delivers()
        lina.visits("a", siti)
        assert turnover(pair) == 50_000
        assert siti.papers == [], "the registry has certified it itself"


@pytest.mark.parametrize("forged", ["officer", "witness", "artisan"])
def test_a_stranger_vouches_for_nobody(pair: Pair, forged: str) -> None:
    lina = Courier(pair)
    stranger = SigningKey(b"stranger".ljust(32, b"-"))
    paper = lina.paper
    if forged == "officer":
        paper = write_officer(stranger, lina.officer)
    with pair.phone("a", joined=False) as siti:
        siti.record(SALE)
        enrolled = vouched(pair, lina, "a", paper, signer=stranger if forged == "witness" else None)
        if forged == "artisan":
            other = vouched(pair, lina, "a", paper, artisan=bytes(8))
            enrolled = Enrolled(*[getattr(enrolled, f) for f in enrolled.__struct_fields__[:-2]])
            siti.join("pair:", enrolled_with(enrolled, other.papers))
        else:
            siti.join("pair:", enrolled)
        lina.visits("a", siti)
        lina.delivers()
        assert turnover(pair) == 0
        assert len(lina.bag.letters(GOODS)) == 1, "it is kept: somebody may vouch for her yet"


def vouched(
    pair: Pair,
    lina: Courier,
    name: str,
    paper: bytes,
    *,
    signer: SigningKey | None = None,
    artisan: bytes | None = None,
) -> Enrolled:
    """Return what an officer's door answers to a phone."""
    registry, key = pair.registry.key, pair.keys[name]
    whose = pair.artisan if artisan is None else artisan
    said = Witness(1, lina.key.public, whose, key.public, key.box.public, NOW, 1, Stead.FURTHER)
    papers = [paper, write_witness(signer or lina.key, said)]
    box = registry.box.public
    return Enrolled(1, pair.artisan, registry.public, [], [], b"", box, papers, "pair:")


def enrolled_with(enrolled: Enrolled, papers: list[bytes]) -> Enrolled:
    """Return an enrolment with other papers."""
    fields: dict[str, Any] = {f: getattr(enrolled, f) for f in enrolled.__struct_fields__}
    return Enrolled(**fields | {"papers": papers})


def test_a_device_whose_key_is_renewed_goes_on_with_everything_it_wrote(pair: Pair) -> None:
    lina = Courier(pair)
    with pair.phone("a") as siti:
        siti.record(SALE)
        pair.sync("a", siti)
        siti.record(SALE)  # never sent under the old key
        siti.retire_key()
        siti.retire_key()
    pair.keys["a"] = SigningKey(b"another key of the same phone".ljust(32, b"-"))
    with pair.book("a") as siti:
        pair.join("a", siti)
        siti.record(SALE)
        lina.visits("a", siti)
        lina.delivers()
        lina.visits("a", siti)
        assert turnover(pair) == 150_000
        assert siti.digest() == pair.digest()
        assert siti.own is not None
        assert siti.parties().logs[siti.own.log].key == pair.keys["a"].public  # type: ignore[index]
