"""Seeds that find planted bugs which few schedules find: they are tried first."""

from __future__ import annotations

from typing import Final

KNOWN: Final[dict[str, tuple[int, ...]]] = {
    "followed_without_claim": (267,),
    "former_holder_forgotten": (322, 2939, 3381),
    "lease_without_fence": (175,),
    "move_not_noticed": (73,),
    "mail_given_up_at_once": (51,),
    "moved_while_it_was_written": (310,),
    "no_lock_on_claim": (267,),
    "token_kept_without_its_changes": (283, 453),
    "silence_is_refusal": (137, 645),
    "removed_before_written": (127,),
    "removal_gives_up": (84, 125),
    "no_lookup_of_unknown": (79, 293),
    "moved_without_mail": (73,),
    "conflict_without_mail": (45,),
    "no_second_read": (45,),
    "cancelled_while_written": (42,),
    "moved_back_unseen": (31,),
    "holds_never_end": (30,),
    "living_holds_are_taken_over": (28,),
    "meeting_over_it_not_noticed": (27, 88),
    "old_cells_freed_first": (27, 40, 73),
    "unknown_outcome_handed_over": (24, 26),
    "no_live_look": (19,),
    "stale_replica_offered": (17,),
    "no_audit": (14,),
    "one_no_is_enough": (14,),
    "confirmed_whatever_happened": (10,),
    "handed_over_without_claim": (19,),
}
