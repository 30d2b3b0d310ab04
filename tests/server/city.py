"""A small city for the pages: invented artisans, a year of sales, and what can go wrong."""

from itertools import count
from typing import Any, Final

from msgspec import structs
from tests.server.makers import DAY, NOW, Device, Served

from canting_protocol import changes as c
from canting_protocol.ledger.times import day_of

TODAY: Final = day_of(NOW)
PEOPLE: Final = (
    ("Sri Contoh", "Batik Contoh", "Wates"),
    ("Rahayu Misal", "Sekar Misal", "Kedundung"),
    ("Lestari Umpama", "Umpama Batik", "Gunung Gedangan"),
    ("Wulan Andai", "", "Miji"),
    ("Endah Reka", "Reka Canting", "Kranggan"),
    ("Tutik Karang", "Karang Motif", "Surodinawan"),
    ("Ningsih Rekaan", "Batik Rekaan Wahyu Tumurun Sekar Jagad Kawung Parang", "Prajurit Kulon"),
    ("Yuli Teladan", "", "Mentikan"),
)
EVIL: Final = "<script>document.title='kena'</script>"


def field(number: int, of: Any) -> c.FieldWrite:
    """Return one field."""
    return c.FieldWrite(number, c.value(of))


async def settle_in(served: Served, name: str, brand: str, area: str) -> Device:
    """Return an artisan's device, with her profile written by the department."""
    device = await served.joined()
    profile = [field(c.ProfileField.NAME, name), field(c.ProfileField.AREA, area)]
    if brand:
        profile.append(field(c.ProfileField.BRAND, brand))
    await served.change(
        lambda conn: served.registry.write(conn, device.artisan, c.Profile(profile))
    )
    return device


async def lived_in(served: Served) -> list[Device]:
    """Fill a registry: sales of fourteen months, silence, withheld lines, conflicts; in October."""
    chance = count(7)
    devices = []
    for at, (name, brand, area) in enumerate(PEOPLE):
        device = await settle_in(served, name, brand, area)
        devices.append(device)
        sales: list[c.Change] = []
        for month in range(14 - at % 3):
            for _ in range(1 + (at + month) % 3):
                pieces = 1 + next(chance) % 4
                amount = pieces * (150_000 + 25_000 * ((at * 5 + month * 3) % 9))
                line = c.SaleLine(-1, pieces * 1000, amount)
                sales.append(c.Sale([line], day=TODAY - 30 * month, channel=month % 4))
        sales.append(c.Return([c.GoodsLine(-1, 1000, 150_000)], day=TODAY - 31))
        device.book.record(*sales)
        served.time.now = device.time.now = NOW - (DAY * (20 + 17 * at) if at in (2, 5) else 0)
        await served.sync(device)
    served.time.now = NOW
    devices[3].book.record(c.Consent(c.Sharing.REGISTRY))
    await served.sync(devices[3])
    await settle_in(served, "Belum Pernah", "", "Balongsari")
    await quarrel(served, devices[0])
    await quarrel_in_private(served, devices[1])
    await break_off(served, devices[6])
    return devices


async def break_off(served: Served, device: Device) -> None:
    """Let a device say how far it has come, and bring nothing of it."""
    device.sells()
    await served.send(device.request(structs.replace(device.book.offer(), batches=[])))


async def quarrel(served: Served, one: Device) -> None:
    """Let two devices of one artisan disagree on a price, a name with signs in it, and a count."""
    kain = one.book.record(c.Item(None, [field(1, "Kain tulis sekar jagad")]))[-1]
    evil = one.book.record(c.Item(None, [field(1, EVIL)]))[-1]
    one.book.record(c.Consent(c.Sharing.LINES))
    await served.sync(one)
    two = await served.joined(one.artisan)
    await served.sync(two)
    two.time.now += 3600
    for device, price, motif in ((one, 165_000, f"{EVIL}1"), (two, 180_000, '"><b onclick=x>2')):
        kain_name, evil_name = (
            (each.n if device is one else c.Foreign(each.log[:8], each.n)) for each in (kain, evil)
        )
        device.book.record(
            c.Item(kain_name, [field(c.ItemField.PRICE, price)]),
            c.Item(evil_name, [field(c.ItemField.MOTIF, motif)]),
            c.Count([c.CountLine(kain_name, 5_000 if device is one else 6_500)]),
        )
    await served.sync(one)
    await served.sync(two)


async def quarrel_in_private(served: Served, one: Device) -> None:
    """Let two devices disagree on a price that the artisan does not share."""
    kain = one.book.record(c.Item(None, [field(1, "Kain rahasia")]))[-1]
    await served.sync(one)
    two = await served.joined(one.artisan)
    await served.sync(two)
    one.book.record(c.Item(kain.n, [field(c.ItemField.PRICE, 111_222)]))
    two.book.record(c.Item(c.Foreign(kain.log[:8], kain.n), [field(c.ItemField.PRICE, 333_444)]))
    await served.sync(one)
    await served.sync(two)
