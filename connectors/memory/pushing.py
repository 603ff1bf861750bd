"""Calendars in memory that call, as a provider with subscriptions does."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from connectors.abilities import Subscription
from connectors.contract import Capabilities, MailboxRef
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, EventGone, Rejected
from connectors.memory.connector import MemoryConnector
from connectors.memory.events import Stored

#: Calls an address with a JSON body, or none for a handshake; gives status and text of the answer.
Call = Callable[[str, dict[str, Any] | None], tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription as the provider holds it."""

    told: Subscription
    client_state: str


class PushingMemory(MemoryConnector):
    """A memory connector with the capability ``push``.

    ``call`` reaches our web process. What changed is told when ``deliver`` is called, so that a
    test says when, how often and what gets lost.
    """

    def __init__(self, call: Call, *, now: Callable[[], datetime], **able: Any) -> None:
        super().__init__(**able)
        self._call: Final = call
        self._now: Final = now
        self._held: dict[str, Held] = {}
        self._changed: list[str] = []  #: addresses, in the order of their changes
        self._ids: Final = itertools.count(1)

    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, push=True)

    # The other side: what the provider does.

    @property
    def held(self) -> tuple[Held, ...]:
        """Living subscriptions, oldest first."""
        with self._lock:
            return tuple(each for each in self._held.values() if self._lives(each))

    def drop(self, subscription_id: str) -> None:
        """Remove a subscription as a provider does, without a word."""
        with self._lock:
            del self._held[subscription_id]

    def deliver(self, *, times: int = 1) -> list[int]:
        """Tell of every change so far, each in a call of its own; the statuses of the answers."""
        with self._lock:
            changed, self._changed = self._changed, []
            calls = [
                (each.told.notification_url, self.notice(each))
                for address in changed
                for each in self.held
                if each.told.mailbox == address
            ]
        return [
            self._call(url, {"value": [notice]})[0] for url, notice in calls for _ in range(times)
        ]

    def tell(self, held: Held, event: str) -> int:
        """A lifecycle event; the status of the answer."""
        body = {"value": [{**self.notice(held), "lifecycleEvent": event}]}
        return self._call(held.told.lifecycle_url, body)[0]

    def notice(self, held: Held) -> dict[str, Any]:
        """One entry of a delivery."""
        return {"subscriptionId": held.told.id, "clientState": held.client_state}

    # ``connectors.abilities.Pushing``.

    def subscriptions(self, *, deadline: Deadline) -> tuple[Subscription, ...]:
        self._begin("subscriptions", deadline)
        return tuple(each.told for each in self.held)

    def subscribe(
        self,
        *,
        mailbox: MailboxRef,
        notification_url: str,
        lifecycle_url: str,
        client_state: str,
        expires_at: datetime,
        deadline: Deadline,
    ) -> Subscription:
        fault = self._begin("subscribe", deadline)
        for number, url in enumerate((notification_url, lifecycle_url)):
            token = f"Validation: token {number} + 100 %"
            answer = self._call(f"{url}?validationToken={quote(token)}", None)
            if answer != (200, token):
                raise Rejected("our address did not give the validation token back")
        with self._lock:
            self._calendar(mailbox)
            told = Subscription(
                id=f"subscription-{next(self._ids)}",
                expires_at=expires_at.astimezone(UTC),
                notification_url=notification_url,
                lifecycle_url=lifecycle_url,
                mailbox=mailbox.address,
            )
            self._held[told.id] = Held(told, client_state)
        return _answered(told, fault)

    def renew(
        self, *, subscription_id: str, expires_at: datetime, deadline: Deadline
    ) -> Subscription:
        fault = self._begin("renew", deadline)
        with self._lock:
            held = self._held.get(subscription_id)
            if held is None or not self._lives(held):
                raise EventGone("the subscription does not exist any more")
            told = replace(held.told, expires_at=expires_at.astimezone(UTC))
            self._held[subscription_id] = replace(held, told=told)
        return _answered(told, fault)

    def unsubscribe(self, *, subscription_id: str, deadline: Deadline) -> None:
        fault = self._begin("unsubscribe", deadline)
        with self._lock:
            self._held.pop(subscription_id, None)
        if fault is not None:
            raise fault.error

    # Inside.

    def _lives(self, held: Held) -> bool:
        return held.told.expires_at > self._now()

    def _store(self, mailbox: MailboxRef, stored: Stored, *, untold: bool = False) -> Stored:
        self._changed.append(mailbox.address)
        return super()._store(mailbox, stored, untold=untold)

    def _drop(self, mailbox: MailboxRef, event_id: str) -> None:
        self._changed.append(mailbox.address)
        super()._drop(mailbox, event_id)


def _answered(told: Subscription, fault: Any) -> Subscription:
    if fault is not None:
        error: ConnectorError = fault.error
        raise error
    return told
