"""The way to the registry over HTTP, good and bad."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from tests.client.command import Phone as Command
from tests.client.dinas import Dinas, dinas_at, somebody_else

from canting_client import reading, store
from canting_client.book import Book
from canting_client.home import Home
from canting_client.sync import NotReached, NotTheRegistry, TurnedAway, enrol, sync
from canting_protocol import changes as c
from canting_protocol.changes import Kind
from canting_protocol.errors import Refused
from canting_protocol.log import ArtisanId
from canting_protocol.messages import MEDIA_TYPE

SALE = c.Sale([c.SaleLine(-1, 1000, 50_000)])


class Phone:
    """A device with one book, open."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        self.book: Book = self.home.make("buku")

    async def join(self, dinas: Dinas, artisan: ArtisanId) -> None:
        """Be let in."""
        enrolled = await enrol(dinas.url, await dinas.code(artisan), self.home.key())
        self.book.join(dinas.url, enrolled)

    async def sync(self) -> Any:
        """Sync."""
        return await sync(self.book, self.home.key())


@pytest.fixture
async def dinas(tmp_path: Path) -> AsyncIterator[Dinas]:
    async with dinas_at(tmp_path, lambda: int(time.time()), os.urandom) as dinas:
        yield dinas


@pytest.fixture
def phones(tmp_path: Path) -> Iterator[list[Phone]]:
    with ExitStack() as stack:
        phones = [Phone(tmp_path / f"hp{number}") for number in (1, 2)]
        for phone in phones:
            stack.enter_context(phone.book)
        yield phones


async def test_what_was_written_before_the_enrolment_is_sent_in_one_round_trip(
    dinas: Dinas, phones: list[Phone]
) -> None:
    siti, artisan = phones[0], await dinas.artisan()
    siti.book.record(SALE, SALE)
    await siti.join(dinas, artisan)
    assert (await siti.sync()).round_trips == 1
    assert reading.figures(siti.book).only_here == 0
    assert siti.book.digest() == await dinas.digest(artisan)
    assert (await siti.sync())[:2] == (1, 0)


async def test_a_second_device_has_everything_as_soon_as_it_joins(
    dinas: Dinas, phones: list[Phone]
) -> None:
    first, second = phones
    artisan = await dinas.artisan()
    first.book.record(c.Item(None, [c.FieldWrite(1, c.value("Kain cap"))]), SALE)
    await first.join(dinas, artisan)
    await first.sync()
    await second.join(dinas, artisan)
    assert [each.name for each in reading.things(second.book, Kind.ITEM)] == ["Kain cap"]
    second.book.record(SALE)
    assert (await second.sync()).round_trips == 1
    assert (await first.sync()).round_trips == 1
    assert first.book.digest() == second.book.digest() == await dinas.digest(artisan)


async def test_with_the_key_handed_over_each_device_reads_what_the_other_hides(
    dinas: Dinas, phones: list[Phone]
) -> None:
    first, second = phones
    artisan = await dinas.artisan()
    before = second.book.hide("Pak Adi")
    for phone in phones:
        await phone.join(dinas, artisan)
    for phone, hidden in ((first, first.book.hide("Bu Rina")), (second, before)):
        phone.book.record(c.Partner(None, [c.FieldWrite(1, c.value(hidden))]))
    second.book.add_key(next(iter(first.book.book_keys.values())), first=True)
    second.book.record(c.Partner(None, [c.FieldWrite(1, c.value(second.book.hide("Mbak Tri")))]))
    for phone in (first, second, first):
        await phone.sync()

    def names(phone: Phone) -> set[str]:
        return {each.name for each in reading.things(phone.book, Kind.PARTNER)}

    assert names(second) == {"Bu Rina", "Pak Adi", "Mbak Tri"}
    assert names(first) == {"Bu Rina", reading.HIDDEN, "Mbak Tri"}
    first.book.add_key(list(second.book.book_keys.values())[1], first=False)
    assert names(first) == {"Bu Rina", "Pak Adi", "Mbak Tri"}
    assert first.book.hide("x").key == second.book.hide("x").key


async def test_a_lost_reply_is_no_loss(dinas: Dinas, phones: list[Phone]) -> None:
    siti, artisan = phones[0], await dinas.artisan()
    await siti.join(dinas, artisan)
    siti.book.record(SALE)
    dinas.replies_to_lose = 1
    with pytest.raises(NotReached):
        await siti.sync()
    assert reading.figures(siti.book).only_here > 0
    siti.book.record(SALE)
    await siti.sync()
    assert reading.figures(siti.book).only_here == 0
    assert siti.book.digest() == await dinas.digest(artisan)


async def test_a_lost_answer_to_the_enrolment_is_asked_for_again(
    dinas: Dinas, phones: list[Phone]
) -> None:
    siti = phones[0]
    code = await dinas.code(await dinas.artisan())
    dinas.replies_to_lose = 1
    with pytest.raises(NotReached):
        await enrol(dinas.url, code, siti.home.key())
    siti.book.join(dinas.url, await enrol(dinas.url, code, siti.home.key()))
    assert (await siti.sync()).level
    with pytest.raises(TurnedAway) as turned:
        await enrol(dinas.url, code, phones[1].home.key())
    assert turned.value.code == "code_used"
    with pytest.raises(TurnedAway) as turned:
        await enrol(dinas.url, "SALAH", phones[1].home.key())
    assert turned.value.code == "unknown_code"


async def test_a_registry_that_is_down_is_not_reached(dinas: Dinas, phones: list[Phone]) -> None:
    siti = phones[0]
    await siti.join(dinas, await dinas.artisan())
    await dinas.stop()
    with pytest.raises(NotReached):
        await siti.sync()
    await dinas.start()
    assert (await siti.sync()).level


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(text="<html>Masuk WiFi</html>", content_type="text/html"),
        lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/masuk"}),
        lambda: web.Response(status=511, text="masuk dulu"),
        lambda: web.Response(body=b"", content_type=MEDIA_TYPE),
        lambda: web.Response(body=b"<html>", content_type=MEDIA_TYPE),
        lambda: web.Response(body=b"\x93\x01\x00\x91", content_type=MEDIA_TYPE),
        lambda: web.Response(body=bytes(1_100_000), content_type=MEDIA_TYPE),
        lambda: web.Response(status=401, body=b"?", content_type="application/json"),
    ],
    ids=["page", "elsewhere", "status", "nothing", "other", "cut", "flood", "json"],
)
async def test_whoever_else_answers_is_told_from_the_registry(
    dinas: Dinas, phones: list[Phone], answer: Any
) -> None:
    siti = phones[0]
    await siti.join(dinas, await dinas.artisan())
    siti.book.record(SALE)
    before = siti.book.digest()
    async with somebody_else(answer) as url:
        store.set_setting(siti.book.conn, "url", url.encode())
        with pytest.raises(NotTheRegistry):
            await siti.sync()
        with pytest.raises(NotTheRegistry):
            await enrol(url, "KODE", siti.home.key())
    assert siti.book.digest() == before
    store.set_setting(siti.book.conn, "url", dinas.url.encode())
    assert (await siti.sync()).level


async def test_another_registry_at_the_same_address_is_not_believed(
    dinas: Dinas, phones: list[Phone], tmp_path: Path
) -> None:
    siti = phones[0]
    await siti.join(dinas, await dinas.artisan())
    siti.book.record(SALE)
    store.set_setting(siti.book.conn, "registry", b"\x01" * 32)
    with pytest.raises(NotTheRegistry):
        await siti.sync()
    assert len(reading.newest(siti.book, 9)) == 1


async def test_a_registry_restored_from_a_backup_gets_everything_back(
    dinas: Dinas, phones: list[Phone]
) -> None:
    siti, artisan = phones[0], await dinas.artisan()
    await siti.join(dinas, artisan)
    siti.book.record(SALE)
    await siti.sync()
    await dinas.back_up("cadangan.db")
    siti.book.record(SALE)
    await siti.sync()
    whole = await dinas.digest(artisan)
    await dinas.restore("cadangan.db")
    outcome = await siti.sync()
    assert outcome.level
    assert outcome.round_trips <= 3
    assert reading.figures(siti.book).only_here == 0
    assert siti.book.digest() == await dinas.digest(artisan) == whole


async def test_a_registry_that_has_forgotten_the_enrolment_learns_it_again(
    dinas: Dinas, phones: list[Phone]
) -> None:
    siti, artisan = phones[0], await dinas.artisan()
    await siti.join(dinas, artisan)
    siti.book.record(SALE)
    await siti.sync()
    await dinas.restore(None)
    assert (await siti.sync()).level
    assert siti.book.digest() == await dinas.digest(artisan)


async def test_a_device_that_was_never_let_in_is_told_so(dinas: Dinas, phones: list[Phone]) -> None:
    siti, stranger = phones
    await siti.join(dinas, await dinas.artisan())
    with pytest.raises(Refused) as refused:
        await sync(siti.book, stranger.home.key())
    assert refused.value.code == "unknown_key"


async def test_who_had_herself_erased_is_told_so_and_keeps_her_book(
    dinas: Dinas, tmp_path: Path
) -> None:
    command = Command(tmp_path / "hp1")

    async def canting(*arguments: str) -> Any:
        done = await asyncio.to_thread(command.run, *arguments)
        return done.status, (done.err if done.status else done.out).strip().splitlines()[-1]

    artisan = await dinas.artisan()
    assert (await canting("init", "siti"))[0] == 0
    assert (await canting("join", dinas.url, await dinas.code(artisan)))[0] == 0
    assert (await canting("sell", "barang", "1", "50.000"))[0] == 0
    assert (await canting("sync"))[0] == 0
    await dinas.erase(artisan)
    before = await canting("--json", "log")
    status, words = await canting("sync")
    assert status == 1
    assert "menghapus semua data Anda atas permintaan Anda" in words
    assert "tetap milik Anda" in words
    assert "erased all your data at your request" in (await canting("--lang", "en", "sync"))[1]
    assert msgspec.json.decode((await canting("--json", "sync"))[1])["error"] == "erased"
    assert await canting("--json", "log") == before
    assert (await canting("sell", "barang", "1", "50.000"))[0] == 0


async def test_the_command_joins_and_syncs_two_devices(dinas: Dinas, tmp_path: Path) -> None:
    async def canting(home: str, *arguments: str, status: int = 0) -> Any:
        done = await asyncio.to_thread(Command(tmp_path / home).run, *arguments, "--json")
        assert done.status == status, done
        # The registry in this process says something of its own meanwhile.
        return msgspec.json.decode((done.err if status else done.out).splitlines()[-1])

    artisan = await dinas.artisan()
    await canting("hp1", "init", "siti")
    await canting("hp1", "partner", "add", "Bu Rina")
    await canting("hp1", "sell", "barang", "1", "50.000", "--to", "rina", "--pay", "utang")
    await canting("hp1", "join", dinas.url, await dinas.code(artisan))
    assert (await canting("hp1", "sync"))["books"][0]["sent"] == 2
    key = (await canting("hp1", "key", "show"))["key"]
    await canting("hp2", "init", "siti")
    wrong = await canting("hp2", "join", dinas.url, "SALAH", "--key", key, status=1)
    assert wrong["error"] == "unknown_code"
    await canting("hp2", "join", dinas.url, await dinas.code(artisan), "--key", key)
    rows = (await canting("hp2", "partner", "list"))["rows"]
    assert [row["name"] for row in rows] == ["Bu Rina", "umum"]
    number = (await canting("hp2", "log"))["rows"][0]["number"]
    await canting("hp2", "void", number)
    told = (await canting("hp2", "sync"))["books"][0]
    assert (told["round_trips"], told["only_here"]) == (1, 0)
    assert (await canting("hp1", "sync"))["books"][0]["received"] > 0
    rows = (await canting("hp1", "log"))["rows"]
    assert {row["kind"]: row["voided"] for row in rows} == {"sale": True, "void": False}
    told = await canting("hp1", "status")
    assert (told["joined"], told["only_here"], told["because"]) == (True, 0, [])
