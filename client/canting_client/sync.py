"""The way to the registry over HTTP."""

import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import aiohttp
import msgspec

from canting_client.book import Book, NotJoined
from canting_client.custody import HandedOver, given, handfuls, taken
from canting_client.talk import Outcome, talk
from canting_protocol.bundles import (
    Bundle,
    Commission,
    read_bundle,
    read_commission,
    write_bundle,
)
from canting_protocol.crypto import PublicKey, SigningKey
from canting_protocol.errors import Refused
from canting_protocol.letters import VERSION, Address, open_letter, seal_letter, to_id
from canting_protocol.limits import BUNDLE_BYTES_MAX, REPLY_BYTES_MAX
from canting_protocol.messages import (
    MEDIA_TYPE,
    Enrolled,
    read_enrolled,
    read_receipt,
    write_enrolment,
)
from canting_protocol.witness import witnessed

T = TypeVar("T")
Post = Callable[[bytes], Awaitable[Bundle]]
"""Carry a bundle there and return the one that answers."""

TIMEOUT: Final = aiohttp.ClientTimeout(total=120, connect=20)


class NotReached(Exception):
    """Say that nothing could be carried: no network, or nobody there. Nothing is lost."""


class NotTheRegistry(Exception):
    """Say that something else answered: a captive portal, say. Nothing is lost."""


class Problem(msgspec.Struct, frozen=True):
    """What the registry says when it does not answer."""

    code: str = ""
    detail: str = ""


class TurnedAway(Exception):
    """Say that the registry would not answer, with its code."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(problem.detail or problem.code)
        self.status = status
        self.code = problem.code


async def sync(book: Book, device: SigningKey) -> Outcome:
    """Make a book and its registry level. Safe to break off at any point, and to repeat.

    Raises:
        NotJoined, NotReached, NotTheRegistry, TurnedAway: nothing is lost by any of them.
        Refused: `unknown_key`, when this device has to be enrolled again.
    """
    async with _session() as session:
        url = f"{book.url}/v1/sync"

        async def post(request: bytes) -> bytes:
            bundle = write_bundle([question(book, request)])
            return answer(device, await _post(session, url, bundle, BUNDLE_BYTES_MAX))

        try:
            return await talk(book, device, lambda: int(time.time()), post)
        except Refused as error:
            if error.code == "unknown_key":
                raise
            # Cut off, or signed by someone else: whoever answered, it was not our registry.
            raise NotTheRegistry(str(error)) from error


async def hand_over(book: Book, device: SigningKey, url: str) -> HandedOver:
    """Give a courier everything that has not arrived, and take in what he brings: one round trip.

    It may be the registry's own door too. Safe to break off at any point, and to repeat.

    Raises:
        NotJoined, NotReached, NotTheRegistry, TurnedAway: nothing is lost by any of them.
    """
    now = int(time.time())
    done = HandedOver(0, 0, 0, False, "", "")
    async with _session() as session:
        try:
            for letters in handfuls(book.letters()):
                bundle = given(device, letters, now)
                data = await _post(session, f"{url}/v1/sync", bundle, BUNDLE_BYTES_MAX)
                more = taken(book, device, letters, read_bundle(data))
                done = more._replace(
                    letters=done.letters + more.letters,
                    taken=done.taken + more.taken,
                    received=done.received + more.received,
                    rotated=done.rotated or more.rotated,
                )
        except Refused as error:
            raise NotTheRegistry(str(error)) from error
    return done


async def commission(url: str, code: str, officer: SigningKey) -> Commission:
    """Ask a registry for an officer's certificate, by a one-time code.

    Raises:
        NotReached, NotTheRegistry, TurnedAway, Refused.
    """
    async with _session() as session:
        data = await _post(session, f"{url}/v1/officer", write_enrolment(officer, code))
    try:
        return read_commission(data)[0]
    except Refused as error:
        raise NotTheRegistry(str(error)) from error


async def carry(url: str, work: Callable[[Post], Awaitable[T]]) -> T:
    """Do some carrying over one connection to a door.

    Raises:
        NotReached, NotTheRegistry, TurnedAway: what was not answered is sent again another time.
    """
    async with _session() as session:

        async def post(bundle: bytes) -> Bundle:
            return read_bundle(await _post(session, f"{url}/v1/sync", bundle, BUNDLE_BYTES_MAX))

        try:
            return await work(post)
        except Refused as error:
            raise NotTheRegistry(str(error)) from error


def question(book: Book, request: bytes) -> bytes:
    """Return a signed request in a letter that only the book's registry opens.

    Raises:
        NotJoined: the book belongs to no registry yet, or to one that told no box.
    """
    artisan, registry, box = book.artisan, book.registry, book.box
    if artisan is None or registry is None or box is None:
        raise NotJoined
    return seal_letter(box, Address(VERSION, to_id(registry), artisan), request)


def answer(device: SigningKey, bundle: bytes) -> bytes:
    """Return the reply in the letter that answers.

    Raises:
        Refused: it is not one letter, or not for this device.
    """
    letters = read_bundle(bundle).letters
    if len(letters) != 1:
        raise Refused("malformed", "a question has one answer")
    return open_letter(device.box, letters[0])[1]


async def enrol(url: str, code: str, device: SigningKey) -> Enrolled:
    """Ask a registry to let this device in, by a one-time code.

    Raises:
        NotReached, NotTheRegistry, TurnedAway, Refused.
    """
    async with _session() as session:
        data = await _post(session, f"{url}/v1/enrol", write_enrolment(device, code))
    try:
        enrolled = read_enrolled(data)
        registry = PublicKey(enrolled.registry)
        if enrolled.papers:
            vouched = witnessed(enrolled.papers, registry)
            if not any(each.said.key == device.public for each in vouched):
                raise Refused("unknown_key", "nobody vouches for this device")
        else:
            read_receipt(enrolled.receipt, registry)
    except Refused as error:
        raise NotTheRegistry(str(error)) from error
    return enrolled


def _session() -> aiohttp.ClientSession:
    # What nobody reads is not sent: on a slow road, a header is a sale.
    return aiohttp.ClientSession(
        timeout=TIMEOUT,
        auto_decompress=False,
        headers={"User-Agent": "canting"},
        skip_auto_headers=("Accept", "Accept-Encoding"),
    )


async def _post(
    session: aiohttp.ClientSession, url: str, data: bytes, limit: int = REPLY_BYTES_MAX
) -> bytes:
    headers = {"Content-Type": MEDIA_TYPE}
    try:
        async with session.post(url, data=data, headers=headers, allow_redirects=False) as answer:
            body = bytearray()
            async for part in answer.content.iter_any():
                body += part
                if len(body) > limit:
                    raise NotTheRegistry("the answer is too large")
            if answer.content_type == "application/problem+json":
                problem = _problem(bytes(body))
                if problem.code == "unknown_key":
                    raise Refused("unknown_key", problem.detail)
                raise TurnedAway(answer.status, problem)
            if answer.status != 200 or answer.content_type != MEDIA_TYPE:
                raise NotTheRegistry(f"status {answer.status}, {answer.content_type}")
            return bytes(body)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise NotReached(type(error).__name__) from error


def _problem(body: bytes) -> Problem:
    try:
        return msgspec.json.decode(body, type=Problem)
    except msgspec.MsgspecError:
        return Problem("unreadable")
