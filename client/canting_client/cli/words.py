"""What people type and read: rupiah, pieces, days, and the words for numbered choices."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from canting_client.importing import day_of, rupiah, thousandths
from canting_client.language import t
from canting_client.locked import NotOpened, WrongPassphrase
from canting_protocol.ledger.times import month_of

PAYMENTS: Final = {"tunai": 0, "transfer": 1, "qris": 2, "utang": 3}
LEVELS: Final = {"registry": 0, "totals": 1, "lines": 2}
ITEM_TYPES: Final = {"produk": "produk", "bahan": "bahan"}
MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "Mei",
    "Jun",
    "Jul",
    "Agt",
    "Sep",
    "Okt",
    "Nov",
    "Des",
)

_T = TypeVar("_T")


class Friendly(Exception):
    """Say something to the person at the keyboard, in one line."""

    def __init__(self, text: str, code: str = "not_possible") -> None:
        super().__init__(text)
        self.code = code


def not_opened(error: NotOpened) -> Friendly:
    """Say why something locked was not opened."""
    if isinstance(error, WrongPassphrase):
        return Friendly(
            t("Kata sandi salah; {file} tidak diubah.", file=error.path.name), "wrong_passphrase"
        )
    return Friendly(
        t(
            "{file} rusak atau terpotong, dan tidak bisa dibuka. Jangan dihapus; pulihkan dari "
            "cadangan: canting restore BERKAS",
            file=error.path.name,
        ),
        "damaged",
    )


WIB_SECONDS: Final = 25_200
"""UTC+7."""


def money(amount: int) -> str:
    """Return whole rupiah as people write them: Rp1.250.000."""
    sign = "-" if amount < 0 else ""
    return f"{sign}Rp{abs(amount):,}".replace(",", ".")


def pieces(quantity: int) -> str:
    """Return thousandths as people write them: 2, or 1,5."""
    sign, rest = ("-", -quantity) if quantity < 0 else ("", quantity)
    whole, part = divmod(rest, 1000)
    return f"{sign}{whole:,}".replace(",", ".") + (f",{part:03}".rstrip("0") if part else "")


def goods(lines: list[tuple[str, int]]) -> str:
    """Return the first of some goods, and how many more there are: 2 Kain cap dan 1 lagi."""
    if not lines:
        return ""
    name, quantity = lines[0]
    more = t(" dan {n} barang lain", n=len(lines) - 1) if len(lines) > 1 else ""
    return f"{pieces(quantity)} {name}{more}"


def revoked_since(day: int, reason: str | None) -> str:
    """Say that this device was revoked, and what becomes of what it writes."""
    return t(
        "Perangkat ini dicabut oleh dinas sejak {date}{why}; catatan sesudahnya ditahan dinas "
        "sampai diperiksa.",
        date=date(day),
        why=f" ({reason})" if reason else "",
    )


def date(day: int) -> str:
    """Return a day since 1970-01-01 as people write it: 3 Nov 2026."""
    from datetime import date as calendar
    from datetime import timedelta

    try:
        then = calendar(1970, 1, 1) + timedelta(days=day)
    except OverflowError:  # a clock far out; nothing is refused for its date
        return t("tanggal mustahil")
    return f"{then.day} {t(MONTHS[then.month - 1])} {then.year}"


def when(seconds: int) -> str:
    """Return the day of a time, as the artisan's clock on the wall shows it."""
    return date((seconds + WIB_SECONDS) // 86_400)


def amount_in(text: str) -> int:
    """Return whole rupiah that somebody typed."""
    return _typed(rupiah, text)


def quantity_in(text: str) -> int:
    """Return the thousandths that somebody typed; at least one."""
    quantity = counted_in(text)
    if quantity == 0:
        raise Friendly(t("Berapa barangnya? {text!r} berarti tidak ada.", text=text), "bad_number")
    return quantity


def counted_in(text: str) -> int:
    """Return the thousandths that somebody counted; there may be none."""
    return _typed(thousandths, text)


def day_in(text: str | None) -> int | None:
    """Return the day that somebody typed."""
    return None if text is None else _typed(day_of, text)[0]


def month_in(text: str) -> int:
    """Return year × 100 + month of what somebody typed: 2026-11, 11/2026, or Nov 2026."""
    words = " ".join(text.split())
    for form in (f"1 {words}", f"1/{words}", f"1-{words}", f"{words}-01", f"{words}-1"):
        try:
            return month_of(day_of(form)[0])
        except ValueError:
            continue
    raise Friendly(
        t("{text!r} bukan bulan; tulis seperti Nov 2026 atau 2026-11", text=text), "bad_month"
    )


def choice(text: str, among: Mapping[str, _T]) -> _T:
    """Return what a word stands for."""
    found = among.get(text.strip().casefold())
    if found is None:
        raise Friendly(
            t("{text!r}: pilih salah satu dari {among}.", text=text, among=", ".join(among)),
            "bad_choice",
        )
    return found


def _typed(meaning: Callable[[str], _T], text: str) -> _T:
    try:
        return meaning(text)
    except ValueError as error:
        raise Friendly(str(error), "bad_number") from error
