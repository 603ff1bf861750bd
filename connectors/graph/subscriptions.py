"""Subscriptions: Graph calls us when something changes in a mailbox (Graph, subscription)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote

from connectors.abilities import Subscription
from connectors.contract import MailboxRef
from connectors.deadline import Deadline
from connectors.errors import EventGone, MailboxNotFound, TryLater
from connectors.graph.client import GraphClient, json_request

_MAX_PAGES: Final = 100
_PATH: Final = "{+baseurl}/subscriptions"
_ONE: Final = "{+baseurl}/subscriptions/{id}"


class Subscriptions:
    """See ``connectors.abilities.Pushing``."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    def all(self, *, deadline: Deadline) -> tuple[Subscription, ...]:
        found: list[Subscription] = []
        answer = self._client.request(
            lambda graph: graph.subscriptions.to_get_request_information(),
            mailbox="",
            deadline=deadline,
            writing=False,
        )
        for _ in range(_MAX_PAGES):
            listed = answer.json.get("value")
            if not isinstance(listed, list):
                raise TryLater("the server's answer is not a listing")
            found += (_told(each) for each in listed if isinstance(each, Mapping))
            link = answer.json.get("@odata.nextLink")
            if not link:
                return tuple(found)
            answer = self._client.follow(str(link), mailbox="", deadline=deadline)
        raise TryLater("the server does not come to the end of its pages")

    def create(
        self,
        *,
        mailbox: MailboxRef,
        notification_url: str,
        lifecycle_url: str,
        client_state: str,
        expires_at: datetime,
        deadline: Deadline,
    ) -> Subscription:
        body = {
            "changeType": "created,updated,deleted",
            "notificationUrl": notification_url,
            "lifecycleNotificationUrl": lifecycle_url,
            "resource": f"/users/{mailbox.address}/events",
            "expirationDateTime": _text(expires_at),
            "clientState": client_state,
        }
        answer = self._client.request(
            lambda graph: json_request("POST", _PATH, {}, body),
            mailbox=mailbox.address,
            deadline=deadline,
            writing=True,
        )
        return _told({**body, **answer.json})

    def renew(
        self, *, subscription_id: str, expires_at: datetime, deadline: Deadline
    ) -> Subscription:
        """A PATCH of the expiry renews and reauthorizes (change-notifications-lifecycle)."""
        body = {"expirationDateTime": _text(expires_at)}
        try:
            answer = self._client.request(
                lambda graph: json_request("PATCH", _ONE, {"id": subscription_id}, body),
                mailbox="",
                deadline=deadline,
                writing=True,
            )
        except MailboxNotFound as error:
            raise EventGone(f"the subscription has ended ({error})") from None
        return _told({"id": subscription_id, **body, **(answer.body or {})})

    def remove(self, *, subscription_id: str, deadline: Deadline) -> None:
        try:
            self._client.request(
                lambda graph: json_request("DELETE", _ONE, {"id": subscription_id}),
                mailbox="",
                deadline=deadline,
                writing=True,
            )
        except (MailboxNotFound, EventGone):
            return


def mailbox_of(resource: str) -> str:
    """Address or id of the mailbox that a subscription's resource names; "" for another one."""
    parts = [unquote(part) for part in resource.strip("/").split("/")]
    if len(parts) >= 2 and parts[0].casefold() == "users":
        return parts[1]
    return ""


def _told(body: Mapping[str, Any]) -> Subscription:
    return Subscription(
        id=str(body.get("id") or ""),
        expires_at=_moment(body.get("expirationDateTime")),
        notification_url=str(body.get("notificationUrl") or ""),
        lifecycle_url=str(body.get("lifecycleNotificationUrl") or ""),
        mailbox=mailbox_of(str(body.get("resource") or "")),
    )


def _moment(value: object) -> datetime:
    """An expiry that cannot be read is over: the subscription is made anew."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
