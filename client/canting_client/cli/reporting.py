"""`canting report|statements`: what a month came to, and the three statements of SAK EMKM."""

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from canting_client import reading
from canting_client.book import Book
from canting_client.cli.run import Said, app
from canting_client.cli.words import Friendly
from canting_client.language import t
from canting_protocol.changes import Kind, PlaceField, ProfileField
from canting_protocol.ledger.registers import PROFILE
from canting_protocol.ledger.times import day_of, month_of
from canting_protocol.names import Key

if TYPE_CHECKING:  # slow to load, and no sale wants it
    from canting_client.cli.report_words import Called

Month = Annotated[
    str | None,
    typer.Option("--month", metavar="TAHUN-BULAN", help="Bulan apa, kalau bukan bulan ini."),
]
Year = Annotated[
    str | None, typer.Option("--year", metavar="TAHUN", help="Setahun, misalnya 2026.")
]


@app.command()
def report(context: typer.Context, month: Month = None) -> None:
    """Lihat ringkasan sebulan: uang, untung, piutang, utang, barang, titipan, pajak.

    Contoh: canting report --month 2026-10
    """
    from canting_client import report as reports
    from canting_client.cli.report_words import report_words
    from canting_client.history import history

    said: Said = context.obj
    today = day_of(int(time.time()))
    chosen = _month(month, today)
    with said.book() as book:
        told = history(book)
        called, whose, kept = _called(book), _whose(book), _kept(book, told.things.places)
    found = reports.report(told.facts, told.things, kept, chosen, today)
    if said.as_json:
        said.say("", **_named(found, called))
    else:
        said.say(report_words(found, called, whose=whose))


@app.command()
def statements(context: typer.Context, month: Month = None, year: Year = None) -> None:
    """Cetak laporan keuangan SAK EMKM: laba rugi, posisi keuangan, catatan.

    Contoh: canting statements --year 2026
    """
    from canting_client.cli.report_words import month_words, statement_words
    from canting_client.history import history
    from canting_client.report import statements_of

    said: Said = context.obj
    today = day_of(int(time.time()))
    if month is not None and year is not None:
        raise Friendly(t("Pilih satu: --month atau --year."))
    if year is None:
        first = last = _month(month, today)
        title = month_words(first)
    else:
        first, last = _year(year) * 100 + 1, _year(year) * 100 + 12
        title = t("Tahun {year}", year=year)
    with said.book() as book:
        told = history(book)
        called, whose = _called(book), _whose(book)
    found, tax = statements_of(told.facts, told.things, first, last, today)
    if said.as_json:
        said.say("", **_named(found, called), tax=_named(tax, called))
    else:
        said.say(statement_words(found, tax, called, title=title, whose=whose))


def _month(text: str | None, today: int) -> int:
    """Return year × 100 + month of what somebody typed; this month when nothing."""
    if text is None:
        return month_of(today)
    year, dash, month = text.strip().partition("-")
    if dash and year.isdecimal() and month.isdecimal() and 1 <= int(month) <= 12:
        return _year(year) * 100 + int(month)
    raise Friendly(t("{text!r} bukan bulan; tulis seperti 2026-10", text=text), "bad_number")


def _year(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and 2000 <= int(text) <= 2100):
        raise Friendly(t("{text!r} bukan tahun; tulis seperti 2026", text=text), "bad_number")
    return int(text)


def _kept(book: Book, doubles: Any) -> frozenset[Key]:
    """Return the places that others keep: of a partner's, or for consignment."""
    return frozenset(
        doubles.get(each.key, each.key)
        for each in reading.things(book, Kind.PLACE)
        if each.fields.get(PlaceField.PARTNER) is not None
        or str(each.fields.get(PlaceField.TYPE) or "").casefold().startswith(("titip", "galeri"))
    )


def _called(book: Book) -> "Called":
    from canting_client.cli.report_words import Called

    partners, items, places = (
        reading.called(book, kind) for kind in (Kind.PARTNER, Kind.ITEM, Kind.PLACE)
    )
    return Called(
        lambda key: partners.get(Key(key), t(reading.NAMELESS)),
        lambda key: items.get(Key(key), t(reading.NAMELESS)),
        lambda key: places.get(Key(key), t(reading.NAMELESS)),
    )


def _whose(book: Book) -> str:
    """Return her brand and name, as the profile shows them."""
    fields = reading.fields(book, PROFILE)
    names = [fields.get(field) for field in (ProfileField.BRAND, ProfileField.NAME)]
    return ", ".join(str(name) for name in names if name)


def _named(told: Any, called: "Called") -> Any:
    """Return what is told as plain values, keys replaced by what people call them."""
    import msgspec

    from canting_client.statements import channel_word

    words = {"partner": called.partner, "item": called.item, "place": called.place}
    by_key = {"advances_paid": called.partner, "advances_received": called.partner}
    by_key["sales_by_channel"] = channel_word

    def named(part: Any) -> Any:
        if isinstance(part, list):
            return [named(each) for each in part]
        if not isinstance(part, dict):
            return part
        return {
            word: words[word](value)
            if word in words
            else {by_key[word](key): each for key, each in value.items()}
            if word in by_key and isinstance(value, dict)
            else named(value)
            for word, value in part.items()
        }

    return named(msgspec.to_builtins(told, str_keys=True))
