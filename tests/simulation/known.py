"""Seeds that find planted bugs which few schedules find: they are tried first."""

from __future__ import annotations

from typing import Final

KNOWN: Final[dict[str, tuple[int, ...]]] = {
    "another_name_at_each_try": (39,),
    "followed_without_claim": (267,),
    "sent_after_its_time": (6578,),
    "newer_mails_overtake": (132,),
    "former_holder_forgotten": (8299,),
    "lease_without_fence": (175,),
    "move_not_noticed": (71,),
    "mail_given_up_at_once": (10,),
    "moved_while_it_was_written": (136,),
    "no_lock_on_claim": (267,),
    "written_over_what_was_read": (224392,),
    "removed_over_what_was_read": (21725,),
    "token_kept_without_its_changes": (283, 453),
    "silence_is_refusal": (85,),
    "removed_before_written": (640,),
    "removal_gives_up": (84, 125),
    "no_lookup_of_unknown": (22,),
    "moved_without_mail": (71,),
    "conflict_without_mail": (39,),
    "no_second_read": (27,),
    "cancelled_while_written": (153,),
    "moved_back_unseen": (39,),
    "holds_never_end": (30,),
    "living_holds_are_taken_over": (28,),
    "meeting_over_it_not_noticed": (27, 88),
    "old_cells_freed_first": (51,),
    "unknown_outcome_handed_over": (24, 26),
    "no_live_look": (45,),
    "stale_replica_offered": (17,),
    "no_audit": (14,),
    "one_no_is_enough": (14,),
    "confirmed_whatever_happened": (10,),
    "handed_over_without_claim": (19,),
}
