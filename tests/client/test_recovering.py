"""A phone is lost: what another one knows that takes its place, and what it says is missing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from tests.client.pair import Pair

from canting_client.book import Book
from canting_client.sheet import Sheet, read_sheet, sheet_text
from canting_protocol import changes as c
from canting_protocol import codec
from canting_protocol.ledger.rows import Write
from canting_protocol.log import LogId
from canting_protocol.messages import Answer
from canting_protocol.private import reveal

SALE = c.Sale([c.SaleLine(-1, 1000, 50_000)])


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path)
    yield pair
    pair.close()


def states_and_gives_nothing(pair: Pair, name: str, book: Book) -> None:
    """Let a phone's question arrive, and not the goods that were given with it."""
    pair.exchange(name, structs.replace(book.offer(), batches=[]))


def recovered(pair: Pair, name: str, paper: str = "") -> Book:
    """Return the book of a phone that takes the place of a lost one."""
    book = pair.phone(name, joined=False)
    if paper:
        book.add_key(read_sheet(paper).key, first=True)
    book.recover()
    pair.join(name, book)
    return book


def test_a_recovered_phone_begins_its_log_where_the_lost_one_ended(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(SALE)
        pair.sync("a", siti)
        siti.record(SALE)  # never sent: gone with the phone
        assert siti.own is not None
        lost = siti.own.log
    with recovered(pair, "b") as again:
        (placed,) = again.record(SALE)
        pair.sync("b", again)
        parties = again.parties()
        parent = parties.logs[placed.log].parent
        (head,) = again.heads()[LogId(lost)]
        assert parent == head.hash
        assert again.digest() == pair.digest()


def test_the_key_on_the_sheet_opens_what_the_lost_phone_hid(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(c.Partner(None, [c.FieldWrite(1, c.value(siti.hide("Bu Contoh")))]))
        pair.sync("a", siti)
        (key,) = siti.book_keys.values()
        paper = sheet_text(Sheet("https://dinas.example", pair.artisan, key), "1 Mei")
    with recovered(pair, "b", paper) as again:
        (written,) = again.rows().all(Write)
        hidden = codec.decode(codec.decoder(c.Private), written.value)
        assert reveal(again.book_keys, hidden) == "Bu Contoh"
        mine = again.hide("Pak Contoh")
        assert mine.key == hidden.key, "what it hides itself is under the sheet's key too"


def test_what_a_lost_phone_stated_and_nobody_brought_is_counted(pair: Pair) -> None:
    with pair.phone("a") as siti:
        siti.record(SALE)
        pair.sync("a", siti)
        siti.record(SALE, SALE, SALE)
        states_and_gives_nothing(pair, "a", siti)
        siti.record(SALE)  # nobody ever heard of it
        with recovered(pair, "b") as again:
            pair.sync("b", again)
            assert again.missing() == 3
            pair.sync("a", siti)  # it is found again
            pair.sync("b", again)
            assert again.missing() == 0


def test_an_older_answer_does_not_take_back_what_is_missing(pair: Pair) -> None:
    with pair.phone("a") as siti, recovered(pair, "b") as again:
        siti.record(SALE)
        pair.sync("a", siti)
        late: list[Answer] = [pair.answer("b", again)]
        siti.record(SALE, SALE)
        states_and_gives_nothing(pair, "a", siti)
        pair.sync("b", again)
        assert again.missing() == 3, "two sales, and the mark before them"
        for answer in late:  # a courier comes with it at last; its receipt is no older
            again.take_in(answer)
            assert again.missing() == 3
        late.append(pair.answer("b", again))
        pair.sync("a", siti)
        pair.sync("b", again)
        for answer in late:
            assert again.take_in(answer).stale
            assert again.missing() == 0
