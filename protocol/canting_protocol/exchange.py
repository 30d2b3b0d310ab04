"""Who speaks next: the exchange as a value, so that the shell around it is a dozen lines.

One exchange is one round trip, and everyday syncs are one. Another follows only when the answer
showed something new: that the registry lacks more than was believed (it was restored, a reply was
lost), or that it holds more than fitted.
"""

from dataclasses import dataclass, replace

from canting_protocol.limits import ROUND_TRIPS_MAX

Fingerprint = frozenset[tuple[bytes, int, int, bytes]]
"""A frontier to be compared: (log, first, n, hash) of every head."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One sync under way, as its device sees it."""

    round_trips: int = 0
    stuck: bool = False
    forgotten: bool = False
    """The door said once that it does not know this device."""
    offer_all: bool = False
    """Believe nothing of the registry, and offer everything, certificates too."""
    mine: Fingerprint = frozenset()
    theirs: Fingerprint = frozenset()

    def due(self, *, they_lack: bool, i_lack: bool) -> bool:
        """Say whether another request is due."""
        if self.round_trips == 0:
            return True
        if self.stuck or self.round_trips >= ROUND_TRIPS_MAX:
            return False
        return they_lack or i_lack

    def answered(self, mine: Fingerprint, theirs: Fingerprint) -> "Exchange":
        """Return the exchange after an answer; one that moved neither side ends it."""
        moved = (mine, theirs) != (self.mine, self.theirs)
        return replace(
            self,
            round_trips=self.round_trips + 1,
            stuck=self.round_trips > 0 and not moved,
            offer_all=False,
            mine=mine,
            theirs=theirs,
        )

    def unknown_key(self) -> "Exchange | None":
        """Return the exchange that offers everything, certificates too; None the second time.

        A registry restored from before an enrolment learns the device again that way.
        """
        if self.forgotten:
            return None
        return replace(self, forgotten=True, offer_all=True)
