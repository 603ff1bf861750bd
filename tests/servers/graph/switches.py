"""What Microsoft does not document, as switches with every possible answer.

A test that wants all answers of one point parametrises over ``every("transaction_repeat")``.
The first member of each Literal is the default, the answer that was seen or is most likely.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, get_args, get_origin, get_type_hints


@dataclass
class Switches:
    #: A second POST with a known transactionId and the same content. Seen: the same event, 201.
    transaction_repeat: Literal["same_event", "conflict"] = "same_event"

    #: The same transactionId with other content.
    transaction_other_content: Literal["first_wins", "conflict", "new_event"] = "first_wins"

    #: The same transactionId after its event was deleted: a new event; 201 with the old event's
    #: body though it stays deleted; or an error.
    transaction_after_delete: Literal["new_event", "old_body", "error"] = "new_event"

    #: How long a transactionId is remembered (not documented); None: for ever.
    transaction_memory: timedelta | None = None

    #: If-Match on PATCH: 412 for another version, or as if it were not there.
    if_match_on_patch: Literal["honoured", "ignored"] = "honoured"

    #: If-Match on DELETE (listed in the OpenAPI of 2022).
    if_match_on_delete: Literal["honoured", "ignored"] = "honoured"

    #: POST cancel on an event without attendees: moved to Deleted Items (202), or 400.
    cancel_without_attendees: Literal["accepted", "refused"] = "accepted"

    #: What a delta round tells when one occurrence became an exception (dragged, edited).
    delta_exception: Literal["exception", "with_master", "whole_series"] = "exception"

    #: What a delta round tells of occurrences that a change of the series took away.
    delta_shrunk_series: Literal["silent", "removed"] = "silent"

    #: What a delta round tells of a deleted single occurrence. Seen: nothing.
    delta_deleted_occurrence: Literal["nothing", "master", "removed"] = "nothing"

    #: How a lost delta token is answered (status, code; 410 also with a Location).
    sync_state_lost: Literal[
        "410 syncStateNotFound",
        "410 SyncStateNotFound",
        "410 resyncRequired",
        "410 Location only",
        "400 syncStateNotFound",
        "400 SyncStateNotFound",
        "404 SyncStateNotFound",
        "400 resyncRequired",
    ] = "410 syncStateNotFound"

    #: How long a change waits before calendarView/delta tells of it ("may take a while").
    delta_delay: timedelta = timedelta(0)

    #: More than 20 schedules in one getSchedule: documented 20, refused in fact above 100.
    schedules_at_most: Literal[20, 100] = 20

    #: Subject, place and privacy in scheduleItems (as the owner allows it).
    schedule_details: Literal[False, True] = False

    #: Entries in the window above which one schedule carries an error.
    schedule_entries: int = 1000

    #: All-day events read in UTC: the same dates at midnight, or the instants of their zone.
    all_day_reading: Literal["midnight", "instant"] = "midnight"

    #: IANA names in dateTimeTimeZone: the documented list (without Europe/Athens), or all.
    iana_zones: Literal["listed", "all"] = "listed"

    #: When the Teams link of a new event appears: in the answer, or from a later read on.
    teams_link: Literal["at_once", "later", "never"] = "at_once"

    #: Answers without the link before it shows, where it comes later (the POST's is the first).
    teams_link_answers: int = 1

    #: Code of the 404 for a user that the tenant has not.
    unknown_user: Literal["ErrorInvalidUser", "Request_ResourceNotFound"] = "ErrorInvalidUser"

    #: Text of the 403 for a mailbox outside the app's scope: RBAC, or an application access policy.
    scope_refusal: Literal["rbac", "policy"] = "rbac"

    #: getSchedule for a mailbox outside the app's scope: free/busy as for anybody, or an error.
    schedule_outside_scope: Literal["told", "error"] = "told"

    #: Whether a tenant-wide consent in Entra widens what RBAC scopes (sources disagree).
    scope_and_consent: Literal["scope_holds", "consent_wins"] = "scope_holds"

    #: How long a new event waits before $filter finds it (reading by id finds it at once).
    filter_delay: timedelta = timedelta(0)

    #: Query options that the service does not know.
    unknown_options: Literal["refused", "ignored"] = "refused"


def every(name: str) -> tuple[Any, ...]:
    """All answers of one switch, for ``pytest.mark.parametrize``."""
    hint = get_type_hints(Switches)[name]
    if get_origin(hint) is not Literal:
        raise ValueError(f"{name} is a number, not a choice")
    return get_args(hint)
