"""Seeds that find planted bugs which few schedules find: they are tried first."""

from __future__ import annotations

from typing import Final

KNOWN: Final[dict[str, tuple[int, ...]]] = {
    "followed_without_claim": (267,),
    "former_holder_forgotten": (322,),
    "lease_without_fence": (175,),
    "move_not_noticed": (73,),
    "mail_given_up_at_once": (51,),
}
