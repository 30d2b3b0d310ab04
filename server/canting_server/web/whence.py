"""From where a request comes, when proxies stand in front."""

import ipaddress
from collections.abc import Sequence


def whence(remote: str, forwarded: Sequence[str], hops: int) -> str:
    """Return the address that guesses are counted for.

    `forwarded` are the X-Forwarded-For headers, in order; each of the `hops` proxies that are ours
    has added the address it saw at the end. What stands before those is anybody's invention. One
    household has a whole /64 of IPv6 to itself, so that counts as one address.
    """
    seen = [each.strip() for header in forwarded for each in header.split(",")]
    told = seen[-hops] if 0 < hops <= len(seen) else remote
    try:
        address = ipaddress.ip_address(told)
    except ValueError:
        return remote
    if address.version == 6 and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return str(address)
