"""Reviews: who looks at which flag, what they decide, and the way back."""

from labeling.services.reviews.deciding import Decided, decide
from labeling.services.reviews.leases import MAX_CLAIM, claim, release, renew
from labeling.services.reviews.ruling import MAX_AT_ONCE, Ruling
from labeling.services.reviews.undoing import undo

__all__ = [
    "MAX_AT_ONCE",
    "MAX_CLAIM",
    "Decided",
    "Ruling",
    "claim",
    "decide",
    "release",
    "renew",
    "undo",
]
