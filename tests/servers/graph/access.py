"""From the names in a path to mailbox, calendar and event, or to the error Graph has for them."""

from __future__ import annotations

from datetime import date

from tests.servers.graph import ids, series
from tests.servers.graph.call import GraphError
from tests.servers.graph.items import Item
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.world import World


def mailbox_of(world: World, user: str) -> Mailbox:
    """Raises GraphError 404 (nobody, no mailbox) and 403 (outside the app's scope)."""
    box = world.mailbox(user)
    if box is None:
        raise unknown_user(world, user)
    if not world.allowed(box) and world.switches.scope_and_consent == "scope_holds":
        refusals = {
            "rbac": "Access is denied. Check credentials and try again.",
            "policy": "Access to OData is disabled.",
        }
        raise GraphError(403, "ErrorAccessDenied", refusals[world.switches.scope_refusal])
    if not box.enabled:
        raise GraphError(
            404,
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        )
    return box


def unknown_user(world: World, user: str) -> GraphError:
    if world.switches.unknown_user == "ErrorInvalidUser":
        return GraphError(404, "ErrorInvalidUser", f"The requested user '{user}' is invalid.")
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{user}' does not exist or one of its queried reference-property objects are"
        " not present.",
    )


def calendar_of(box: Mailbox, calendar: str | None) -> str:
    """The calendar id; the default calendar's for None."""
    if calendar is None:
        return box.default_calendar
    if calendar not in box.calendars:
        raise not_found()
    return calendar


def item_of(box: Mailbox, event_id: str, calendar: str | None = None) -> tuple[Item, date | None]:
    """The event and, for an id of an occurrence, its original date. Raises GraphError 404, 400."""
    meant = ids.meant_by(event_id)
    if meant is None:
        raise GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed.")
    item = box.items.get(meant.uid)
    if item is None or (calendar is not None and item.calendar != calendar):
        raise not_found()
    if meant.folder_tag not in {None, ids.folder_tag(item.calendar, item.moves)}:
        raise not_found()
    if meant.original is not None and series.instance_of(item, meant.original) is None:
        raise not_found()
    return item, meant.original


def not_found() -> GraphError:
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")
