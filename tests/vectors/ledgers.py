"""Sets of changes and the ledgers they make: the rules of the book, as data."""

from collections.abc import Callable
from typing import Final, NamedTuple

from tests.vectors.devices import DAY, HOUR, REGISTRY, TODAY, Device, everything
from tests.vectors.say import Json, all_rows, descriptors, placed, plain, tables

from canting_protocol import changes as c
from canting_protocol import codec
from canting_protocol.ledger.causality import Author, Held
from canting_protocol.ledger.pen import Own
from canting_protocol.ledger.posting import Parties
from canting_protocol.ledger.project import knowledge, project
from canting_protocol.ledger.rows import SHAPES, digest, values_of
from canting_protocol.log import Hash, Placed

SATURDAY: Final = TODAY - 3


class Case(NamedTuple):
    """Devices whose changes make one ledger, and what the case is about."""

    devices: tuple[Device, ...]
    why: str


def cloth(name: str = "Kain tulis Truntum", price: int = 150_000) -> c.Item:
    """Return the introduction of an item."""
    return c.Item(
        None,
        [
            c.FieldWrite(c.ItemField.NAME, c.value(name)),
            c.FieldWrite(c.ItemField.PRICE, c.value(price)),
        ],
    )


def price(target: c.Name, rupiah: int) -> c.Item:
    """Return a write of an item's price."""
    return c.Item(target, [c.FieldWrite(c.ItemField.PRICE, c.value(rupiah))])


def bought(item: c.Name, pieces: int, day: int | None = None) -> c.Purchase:
    """Return a purchase of so many pieces at home, paid in cash."""
    return c.Purchase([c.GoodsLine(item, pieces * 1000, pieces * 90_000)], day=day)


def sold(item: c.Name, pieces: int, day: int | None = None) -> c.Sale:
    """Return a sale of so many pieces from home, paid in cash."""
    return c.Sale([c.SaleLine(item, pieces * 1000, pieces * 150_000)], day=day)


def counted(item: c.Name, pieces: int, day: int | None = None) -> c.Count:
    """Return a count of so many pieces at home."""
    return c.Count([c.CountLine(item, pieces * 1000)], day=day)


def piece(of: Placed, first: int = 1) -> c.Piece:
    """Return first…n of a log, on the path that ends in a change."""
    return c.Piece(of.log[:8], first, of.n, of.hash[:8])


def sale_and_void() -> Case:
    """One sale stands, the other is taken out."""
    a = Device("A")
    item = a.write(cloth())
    a.write(bought(item.n, 10), salted=True)
    wrong = a.write(sold(item.n, 3))
    a.write(sold(item.n, 2), c.Void(wrong.n, "salah hitung"))
    return Case((a,), "A void takes its fact out of stock, money and turnover; it stays a change.")


def forgotten_sale() -> Case:
    """A sale of last Saturday, entered after the count that did not see the goods any more."""
    a = Device("A")
    item = a.write(cloth())
    a.write(bought(item.n, 10, SATURDAY - 7), counted(item.n, 7), sold(item.n, 3, SATURDAY))
    return Case((a,), "Stated before the count's day, so the count has seen it: stock stays 7,000.")


def imported_after_count() -> Case:
    """Another device imports a month of history after the first has counted."""
    a, b = Device("A"), Device("B")
    item = a.write(cloth())
    a.write(counted(item.n, 20))
    b.hear(a)
    b.clock = a.clock + HOUR
    b.write(*(sold(b.name(item), 1, TODAY - back) for back in (30, 20, 10)))
    b.write(sold(b.name(item), 1, TODAY - 1), sold(b.name(item), 1, TODAY))
    return Case(
        (a, b),
        "Legs of earlier days lie before the count; the one of the next day is after it for sure; "
        "the one of the same day is applied and uncertain.",
    )


def unsynced_move_out() -> Case:
    """Goods left for a gallery on one phone while the other counted the shelf."""
    a, b = Device("A"), Device("B")
    item = a.write(cloth())
    shelf = a.write(
        c.Place(None, [c.FieldWrite(c.PlaceField.NAME, c.value("Titipan galeri"))]),
        bought(item.n, 10, SATURDAY),
    )
    gallery = next(each for each in a.log_of() if each.n == shelf.n - 1)
    b.hear(a)
    b.clock = a.clock + HOUR
    a.write(c.Move([c.MoveLine(item.n, 4000)], -1, gallery.n))
    b.write(counted(b.name(item), 6))
    return Case(
        (a, b),
        "The count had not seen the move, no clock was measured and no date stated: the move out "
        "is applied at home (2,000 left) and all of it is uncertain; at the gallery it is certain.",
    )


def count_after_rotation() -> Case:
    """The book was restored and goes on in a new log; the count knows the old one."""
    a = Device("A")
    item = a.write(cloth())
    a.write(bought(item.n, 10), sold(item.n, 2))
    a.begin_anew()
    a.write(counted(a.name(item), 8), sold(a.name(item), 1))
    return Case(
        (a,),
        "The new log's parent is the old head, so its author had seen all of that: 8,000 − 1,000.",
    )


def count_across_a_fork() -> Case:
    """A copied phone: both branches sell, and a third device counts what it has seen of one."""
    a = Device("A")
    item = a.write(cloth())
    a.write(bought(item.n, 10))
    twin = a.twin()
    a.write(sold(item.n, 1))
    twin.clock += 10 * 60
    twin.write(sold(item.n, 2), salted=True)
    b = Device("B", a.clock + 2 * HOUR)
    b.hear(a)
    b.write(counted(b.name(item), 9))
    return Case(
        (a, twin, b),
        "Both branches are adopted. The count's mark covers one of them; the other's sale is "
        "neither seen nor clearly earlier: 9,000 − 2,000, and 2,000 uncertain.",
    )


def voided_count() -> Case:
    """A count that was voided gives its place back to the one before."""
    a = Device("A")
    item = a.write(cloth())
    a.write(counted(item.n, 10), sold(item.n, 1))
    wrong = a.write(counted(item.n, 90))
    a.write(sold(item.n, 1), c.Void(wrong.n, 3))
    return Case((a,), "The first count is the base again: 10,000 − 1,000 − 1,000.")


def concurrent_counts() -> Case:
    """Two devices count one shelf, neither having seen the other's count."""
    a, b = Device("A"), Device("B")
    item = a.write(cloth())
    a.write(bought(item.n, 10))
    b.hear(a)
    b.clock = a.clock + 2 * HOUR
    a.write(counted(item.n, 9))
    b.write(counted(b.name(item), 8))
    return Case((a, b), "Their formulas differ: disputed, and the later by corrected time shown.")


def edited_twice() -> tuple[Device, Device, Placed]:
    """Return two devices that gave one item different prices without having seen each other."""
    a, b = Device("A"), Device("B")
    item = a.write(cloth())
    b.hear(a)
    b.clock = a.clock + 600
    a.write(price(item.n, 160_000))
    b.write(price(b.name(item), 170_000))
    return a, b, item


def concurrent_edits() -> Case:
    """Two prices, neither author having seen the other's."""
    a, b, _ = edited_twice()
    return Case((a, b), "The later by corrected time is shown (2), the other is its rival (3).")


def concurrent_edits_resolved() -> Case:
    """A third write, which has seen both, ends the conflict, whatever its clock says."""
    a, b, item = edited_twice()
    a.hear(b)
    a.clock = 0
    a.write(c.Resolve(c.Kind.ITEM, item.n, c.ItemField.PRICE, c.value(165_000)))
    return Case((a, b), "The author had seen both: one write is left, though its clock says 1970.")


def stuck_clock() -> Case:
    """A phone whose clock is stuck in 2035 edits first; the other has seen it and edits after."""
    a, b = Device("A", 2_051_222_400), Device("B")
    item = a.write(cloth())
    b.hear(a)
    b.write(price(b.name(item), 155_000))
    return Case((a, b), "Causality beats clocks: what has seen the other replaces it.")


def consents() -> Case:
    """Two devices chose differently; the most restrictive holds."""
    a, b = Device("A"), Device("B")
    a.write(c.Consent(c.Sharing.LINES))
    b.hear(a)
    b.clock = a.clock + 600
    a.write(c.Consent(c.Sharing.REGISTRY, 2))
    b.write(c.Consent(c.Sharing.LINES, 2))
    return Case((a, b), "Of concurrent ones the most restrictive holds, though it is not latest.")


def clock_corrects() -> Case:
    """A phone is a day slow; the registry has measured it, so its sale is after the count."""
    a, b, r = Device("A"), Device("B"), Device("R")
    item = a.write(cloth())
    a.write(bought(item.n, 10, SATURDAY))
    b.hear(a)
    b.clock = a.clock - DAY + 2 * HOUR
    a.write(counted(item.n, 10))
    sale = b.write(sold(b.name(item), 1))
    early = b.write(sold(b.name(item), 2), wait=-3 * HOUR)
    r.clock = a.clock + DAY
    r.write(
        c.Clock(piece(a.log_of()[-1]), 0, 60),
        c.Clock(piece(sale), DAY, 60),
        c.Clock(piece(early, early.n), DAY, 60),
    )
    return Case(
        (a, b, r),
        "Corrected, one sale is clearly after the count and one clearly before it: 9,000, certain.",
    )


def clock_goes_on() -> Case:
    """A measured error goes on beyond the last measured change; the registry's goes first."""
    a, b, r = Device("A"), Device("B"), Device("R")
    item = a.write(cloth())
    a.write(sold(item.n, 1))
    b.hear(a)
    b.write(c.Clock(piece(a.log_of()[-1]), 40 * DAY, 5))
    r.hear(a)
    r.clock = a.clock + HOUR
    r.write(c.Clock(piece(a.log_of()[-1]), -40 * DAY, 60))
    a.write(sold(item.n, 1))
    return Case((a, b, r), "Both sales fall in August 2025, by the registry's measure of −40 days.")


def void_before_target() -> Case:
    """A void whose target has not arrived: it waits."""
    a, b = Device("A"), Device("B")
    item = a.write(cloth())
    sale = a.write(bought(item.n, 5), sold(item.n, 1))
    b.hear(a)
    b.write(c.Void(b.name(sale), 1))
    a.changes = {hash_: each for hash_, each in a.changes.items() if each.n < sale.n}
    b.changes = {hash_: each for hash_, each in b.changes.items() if each.log != sale.log}
    return Case((a, b), "The mark names what nobody holds: it is awaited. The void is applied.")


def void_then_target() -> Case:
    """The same, its target arrived."""
    a, b = Device("A"), Device("B")
    item = a.write(cloth())
    sale = a.write(bought(item.n, 5), sold(item.n, 1))
    b.hear(a)
    b.write(c.Void(b.name(sale), 1))
    return Case((a, b), "The same changes and the sale: it does not count.")


def double_void() -> Case:
    """Two devices void one sale."""
    a, b = Device("A"), Device("B")
    item = a.write(cloth())
    sale = a.write(bought(item.n, 5), sold(item.n, 1))
    b.hear(a)
    a.write(c.Void(sale.n, 1))
    b.write(c.Void(b.name(sale), 2))
    return Case((a, b), "A void is an element of a set: twice is once.")


def voids_refused() -> Case:
    """Voids of what cannot be voided, and of what is not one's own."""
    a, r = Device("A"), Device("R")
    item = a.write(cloth())
    sale = a.write(sold(item.n, 1))
    void = a.write(c.Void(item.n, 1))
    a.write(c.Void(void.n, 1))
    r.hear(a)
    r.write(c.Void(r.name(sale), 1))
    return Case((a, r), "An item and a void are no facts (5); her sale is not the registry's (4).")


def custody_sale() -> Case:
    """A coordinator sells her own cloth and another maker's, on commission."""
    a = Device("A")
    owner = a.write(
        c.Partner(
            None,
            [c.FieldWrite(c.PartnerField.ROLE, c.value("pembatik"))],
        )
    )
    item = a.write(cloth())
    a.write(
        c.Sale(
            [
                c.SaleLine(item.n, 1000, 200_000),
                c.SaleLine(item.n, 2000, 500_000, owner.n, 75_000),
            ],
            channel=c.Channel.FAIR,
            account=c.Account.QRIS,
            fee=4_900,
        )
    )
    return Case((a,), "Own turnover is 200,000; 75,000 is commission; 425,000 owed to the maker.")


def credit_and_payment() -> Case:
    """Sold on credit to a gallery, which pays a part."""
    a = Device("A")
    gallery = a.write(
        c.Partner(None, [c.FieldWrite(c.PartnerField.ROLE, c.value("galeri"))]),
    )
    item = a.write(cloth())
    a.write(
        c.Sale(
            [c.SaleLine(item.n, 4000, 800_000)],
            channel=c.Channel.CONSIGNMENT,
            account=c.Account.RECEIVABLE,
            partner=gallery.n,
        ),
        c.Payment(1, 500_000, gallery.n, c.Account.BANK),
    )
    return Case((a,), "300,000 is still owed; 500,000 lies in the bank.")


def parked_and_refused() -> Case:
    """An unknown kind, a bad value and a change out of scope hold nobody up."""
    a, r = Device("A"), Device("R")
    item = a.write(cloth())
    a.raw(codec.encode([int(c.Kind.VISIT), 1, "kunjungan"]))
    a.raw(codec.encode([int(c.Kind.SALE), []]))
    a.raw(codec.encode([int(c.Kind.CERTIFICATE), b"K" * 32]))
    a.raw(codec.encode([999, {"a": 1.5}]))
    a.raw(b"\xc1")
    a.write(sold(item.n, 1))
    r.write(c.Certificate(a.key.public))
    r.raw(c.write(sold(-1, 5)))
    return Case((a, r), "Kept, judged, not applied; what stands round them is.")


def a_month() -> Case:
    """Every other fact, once."""
    a = Device("A")
    item = a.write(cloth())
    dye = a.write(cloth("Malam", 30_000))
    worker = a.write(
        c.Partner(None, [c.FieldWrite(c.PartnerField.ROLE, c.value("pembatik"))]),
    )
    home = a.write(c.Place(None, [c.FieldWrite(c.PlaceField.PARTNER, c.value(worker.n))]))
    a.write(
        c.Profile([c.FieldWrite(c.ProfileField.AREA, c.value("35.76.01.1001"))]),
        c.Transfer(c.Account.OPENING, c.Account.CASH, 2_000_000, day=TODAY - 6),
        c.Purchase(
            [c.GoodsLine(dye.n, 5000, 150_000)], account=c.Account.PAYABLE, partner=worker.n
        ),
        c.Move([c.MoveLine(dye.n, 2000)], -1, home.n),
        c.Production(
            [c.MoveLine(dye.n, 1500)],
            [c.MoveLine(item.n, 3000)],
            home.n,
            -1,
            TODAY,
            180_000,
            worker.n,
            c.Account.PAYABLE,
        ),
        c.Payment(-1, 100_000, worker.n),
        c.Sale(
            [c.SaleLine(item.n, 2000, 400_000), c.SaleLine(-1, 1000, 25_000)], reference="#1001"
        ),
        c.Return([c.GoodsLine(item.n, 1000, 200_000)], day=TODAY + 30, sale=11),
        c.Expense("listrik", 75_000, c.Account.BANK),
        c.Transfer(c.Account.CASH, c.Account.BANK, 300_000, fee=2_500),
        c.Transfer(c.Account.CASH, c.Account.DRAWINGS, 50_000),
    )
    return Case((a,), "Legs of each item and entries of money sum to zero; so do all balances.")


def names_of_a_fork() -> Case:
    """Both branches of a copied phone introduced an item as number 2; a third device sells both."""
    a = Device("A")
    a.write(cloth("Kain cap", 90_000))
    twin = a.twin()
    mine = a.write(cloth("Kain Sekar Jagad"))
    theirs = twin.write(cloth("Kain Mrutu Sewu"), salted=True)
    b = Device("B", a.clock + HOUR)
    b.hear(a, twin)
    for each in (mine, theirs):
        b.write(sold(c.Foreign(each.log[:8], each.n, each.hash[:4]), 1))
    b.write(sold(c.Foreign(mine.log[:8], 2), 5))
    b.write(sold(c.Foreign(mine.log[:8], 1), 1))
    return Case(
        (a, twin, b),
        "A name that tells its branch is the item of that branch; one that its author could have "
        "meant of either is a name by itself, not yet known.",
    )


def name_by_what_was_seen() -> Case:
    """The same fork, but the third device has seen one branch only."""
    a = Device("A")
    a.write(cloth("Kain cap", 90_000))
    twin = a.twin()
    mine = a.write(cloth("Kain Sekar Jagad"))
    twin.write(cloth("Kain Mrutu Sewu"), salted=True)
    b = Device("B", a.clock + HOUR)
    b.hear(a)
    b.write(sold(c.Foreign(mine.log[:8], 2), 1))
    return Case((a, twin, b), "The name resolves on the branch that the author's mark covers.")


def a_gap() -> Case:
    """A piece of a log is missing: the rest counts, and has not been seen through the gap."""
    a = Device("A")
    item = a.write(cloth())
    a.write(bought(item.n, 9), sold(item.n, 1), counted(item.n, 8), sold(item.n, 1))
    a.changes = {hash_: each for hash_, each in a.changes.items() if each.n != 3}
    return Case((a,), "The purchase lies beyond the gap: the count's path does not reach it.")


def stolen() -> tuple[Device, Device, Placed, Placed]:
    """Return a phone with its registry, an item and the last sale before it was stolen."""
    a, r = Device("A"), Device("R")
    r.write(c.Certificate(a.key.public))
    item = a.write(cloth())
    last = a.write(bought(item.n, 10), sold(item.n, 1))
    r.clock = a.clock + HOUR
    return a, r, item, last


def revoked() -> Case:
    """A stolen phone goes on writing, in its log and in a new one."""
    a, r, item, last = stolen()
    r.write(c.Revoke(a.key.public, [piece(last)], "dicuri"))
    a.write(sold(item.n, 2), counted(item.n, 99), c.Void(last.n))
    a.begin_anew()
    a.write(c.Consent(c.Sharing.LINES), sold(a.name(item), 3))
    return Case(
        (a, r),
        "What lies at or below the named head stands: 10 bought, 1 sold. The rest is parked (6), "
        "whatever it is.",
    )


def revoked_fork_below_the_head() -> Case:
    """The thief goes back to an older copy, and forks below the head that was named."""
    a, r, item, last = stolen()
    twin = a.twin()
    thief_knows = [each for each in a.log_of() if each.n < last.n]
    twin.changes = {each.hash: each for each in thief_knows}
    twin.own = Own(item.log, thief_knows[-1].n, thief_knows[-1].hash)
    twin.write(sold(item.n, 5), salted=True)
    r.write(c.Revoke(a.key.public, [piece(last)], "dicuri"))
    return Case((a, twin, r), "Its number is that of the head, its path is not: parked.")


def revoked_without_heads() -> Case:
    """Nothing of the key stands, and an item it introduced is still the same item."""
    a, r, item, _ = stolen()
    b = Device("B", a.clock + HOUR)
    b.hear(a)
    b.write(sold(b.name(item), 1), price(b.name(item), 200_000))
    r.write(c.Revoke(a.key.public, []))
    return Case(
        (a, b, r),
        "The other device's sale stands, and its names resolve: −1,000 of an item that nobody "
        "named in an applied change.",
    )


def revoked_and_accepted() -> Case:
    """Two revocations are a union: the second accepts a range, without what lies below it."""
    a, r, item, last = stolen()
    r.write(c.Revoke(a.key.public, [piece(last)], "dicuri"))
    a.write(sold(item.n, 5))
    first = a.write(sold(item.n, 2))
    honest = a.write(sold(item.n, 2))
    a.write(sold(item.n, 9))
    r.write(c.Revoke(a.key.public, [piece(honest, first.n)]))
    return Case((a, r), "Sold: 1 below the first head, and the two of 2 that were accepted.")


def revoked_head_not_held() -> Case:
    """The head that was named has not arrived: it covers nothing yet."""
    a, r, _, last = stolen()
    r.write(c.Revoke(a.key.public, [piece(last)], "dicuri"))
    del a.changes[last.hash]
    return Case((a, r), "All of the key is parked; with the sale that is missing, all would stand.")


def revoked_gap_below_the_head() -> Case:
    """A piece below the named head is missing."""
    a, r, item, last = stolen()
    r.write(c.Revoke(a.key.public, [piece(last)], "dicuri"))
    a.changes = {hash_: each for hash_, each in a.changes.items() if each.n != item.n + 1}
    return Case((a, r), "The head stands; the item lies beyond the gap and is parked until then.")


def revoked_marks() -> Case:
    """What a parked mark has seen covers nothing; what an accepted one has seen does."""
    a, r, item, _ = stolen()
    b = Device("B", a.clock - HOUR)
    b.hear(a)
    b.write(price(b.name(item), 100_000))
    mine = b.write(sold(b.name(item), 1))
    a.write(price(item.n, 160_000))
    r.write(c.Revoke(b.key.public, [piece(mine)]))
    b.hear(a)
    b.write(price(b.name(item), 170_000))
    return Case(
        (a, b, r),
        "Of B the first price stands and was seen by nobody, so A's is in conflict with it; the "
        "last, which saw A's, is parked with its mark.",
    )


CASES: Final[tuple[Callable[[], Case], ...]] = (
    sale_and_void,
    forgotten_sale,
    imported_after_count,
    unsynced_move_out,
    count_after_rotation,
    count_across_a_fork,
    voided_count,
    concurrent_counts,
    concurrent_edits,
    concurrent_edits_resolved,
    stuck_clock,
    consents,
    clock_corrects,
    clock_goes_on,
    void_before_target,
    void_then_target,
    double_void,
    voids_refused,
    custody_sale,
    credit_and_payment,
    parked_and_refused,
    a_month,
    names_of_a_fork,
    name_by_what_was_seen,
    a_gap,
    revoked,
    revoked_fork_below_the_head,
    revoked_without_heads,
    revoked_and_accepted,
    revoked_head_not_held,
    revoked_gap_below_the_head,
    revoked_marks,
)


def merge() -> Json:
    """Return sets of changes with the tables and the digest they make in every order."""
    return {
        "registry": REGISTRY.public.hex(),
        "columns": {shape.TABLE: list(shape.__struct_fields__) for shape in SHAPES},
        "keys": {shape.TABLE: shape.KEY for shape in SHAPES},
        "cases": [_merged(make) for make in CASES],
    }


def _merged(make: Callable[[], Case]) -> Json:
    devices, why = make()
    logs, changes = everything(*devices)
    rows = project(Parties(logs, REGISTRY.public), changes)
    found = all_rows(rows)
    case: dict[str, Json] = {
        "name": make.__name__,
        "why": why,
        "descriptors": descriptors(logs),
        "changes": [placed(each) for each in changes],
        "tables": tables(rows),
        "digest": digest(found).hex(),
    }
    if make is CASES[0]:
        case["digested"] = [
            each.hex()
            for each in sorted(codec.encode((type(row).TABLE, *values_of(row))) for row in found)
        ]
    return case


def causality() -> Json:
    """Return for each change of a set what its author had seen, and how its names resolve."""
    return {
        "registry": REGISTRY.public.hex(),
        "cases": [
            _seen(make)
            for make in (
                unsynced_move_out,
                count_after_rotation,
                count_across_a_fork,
                concurrent_edits_resolved,
                void_before_target,
                names_of_a_fork,
                name_by_what_was_seen,
                a_gap,
                revoked_marks,
            )
        ],
    }


def _seen(make: Callable[[], Case]) -> Json:
    devices, why = make()
    logs, changes = everything(*devices)
    parties = Parties(logs, REGISTRY.public)
    held, authors = authors_of(parties, changes)
    names = sorted(
        {
            (each.log[:8], each.n, branch)
            for each in changes
            for branch in (None, each.hash[:4])
            if c.kind_of(each.body) in (c.Kind.ITEM, c.Kind.PLACE, c.Kind.PARTNER)
        },
        key=str,
    )
    return {
        "name": make.__name__,
        "why": why,
        "descriptors": descriptors(logs),
        "changes": [placed(each) for each in changes],
        "seen": [
            {
                "change": index,
                "knew": [plain(each) for each in author.knew],
                "sees": [
                    other
                    for other, each in enumerate(changes)
                    if other != index and held.sees(author, each.log, each.n, each.hash)
                ],
            }
            for index, author in enumerate(authors)
        ],
        "awaited": [
            {"log": log.hex(), "n": n, "hash": hash_.hex()}
            for log, n, hash_ in sorted(held.awaited)
        ],
        "names": [
            {
                "author": index,
                "name": plain(c.Foreign(log, n, branch)),
                "key": held.key(author, c.Foreign(log, n, branch)),
            }
            for index, author in enumerate(authors)
            for log, n, branch in names
        ],
    }


def authors_of(parties: Parties, changes: list[Placed]) -> tuple[Held, list[Author]]:
    """Return the logs as they are held, and each change as an author."""
    held, known = Held(project(parties, changes)), knowledge(parties, changes)
    return held, [Author(each.log, each.n, each.hash, known[Hash(each.hash)]) for each in changes]
