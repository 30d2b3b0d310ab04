"""Every limit of what staff ask, and of what is kept for them, in one table."""

from typing import Final

PAGE_ROWS: Final = 50
"""How many rows a page has when nobody says otherwise."""
PAGE_ROWS_MAX: Final = 200
QUESTION_PARAMETERS_MAX: Final = 100
QUESTION_TEXT_MAX: Final = 200
"""Characters of one value."""
QUESTION_MS_MAX: Final = 2_000
"""How long a page or an exact count may take to be found."""
COUNTED_ROWS_MAX: Final = 10_000
"""How far an estimated count counts."""
FACET_VALUES_MAX: Final = 100
FACETS_MS_MAX: Final = 40
"""How long the facets of one question may take together; those not found by then are truncated."""
EXPORT_ROWS_PER_READ: Final = 1_000
"""How many rows of an export are in memory at a time."""
EXPORTS_MAX: Final = 4
"""How many exports run at once, each on a connection of its own."""
EXPORT_RETRY_S: Final = 5
EXPORT_SILENCE_S: Final = 30
"""How long an export waits for a client that takes nothing."""
CARRIED_OF_ARTISAN_MAX: Final = 500
"""Of how many ranges of one artisan it is kept who carries them; a bag holds half as many."""
CARRIED_BY_OFFICER_MAX: Final = 20_000
"""And of how many that one officer carries."""

assert PAGE_ROWS <= PAGE_ROWS_MAX <= EXPORT_ROWS_PER_READ
