"""Subscriptions to changes of a mailbox: their life, their handshake and their notifications."""

from __future__ import annotations

import dataclasses
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from tests.servers.graph.call import Answer, Call, GraphError
from tests.servers.graph.deliveries import Deliveries
from tests.servers.graph.subscribed import Subscription, envelope, told
from tests.servers.graph.world import Change, World

SHORTEST = timedelta(minutes=45)
_RESOURCE = re.compile(r"^/?users(?:/([^/]+)|\('([^']+)'\))/(.+)$", re.IGNORECASE)
_KNOWN = frozenset(
    {
        "@odata.type",
        "changeType",
        "clientState",
        "expirationDateTime",
        "includeResourceData",
        "latestSupportedTlsVersion",
        "lifecycleNotificationUrl",
        "notificationUrl",
        "resource",
    }
)


class Subscriptions:
    """``client_of(token)`` names the application of a request."""

    def __init__(self, world: World, client_of: Callable[[str], str] = lambda token: "") -> None:
        self.world = world
        self.deliveries = Deliveries(world.clock.now)
        #: Documented are 10,080; the live service says "can only be 10070 minutes in the future".
        self.longest = timedelta(minutes=10_070)
        #: The live service was seen to shake hands again when a subscription is renewed.
        self.handshake_on_renewal = True
        #: A second subscription for the same resource: accepted (seen), or 409 (documented).
        self.duplicates: Literal["accepted", "conflict"] = "accepted"
        #: Further "updated" notifications for each change ("created + several updated").
        self.echoes = 1
        self._client_of = client_of
        self._kept: dict[str, Subscription] = {}
        world.persist("subscriptions", dump=self._dump, load=self._load)
        world.on_change(self._heard)
        for method, pattern, handler in (
            ("POST", "/subscriptions", self._create),
            ("GET", "/subscriptions", self._list),
            ("GET", "/subscriptions/{subscription}", self._get),
            ("PATCH", "/subscriptions/{subscription}", self._update),
            ("DELETE", "/subscriptions/{subscription}", self._delete),
            ("POST", "/subscriptions/{subscription}/reauthorize", self._reauthorize),
        ):
            world.routes.add(method, pattern, handler)

    # For tests

    def live(self) -> list[Subscription]:
        """Those that have not ended, oldest first."""
        now = self.world.clock.now()
        with self.world.lock:
            return [one for one in self._kept.values() if one.expiry > now]

    def reauthorization_required(self, subscription_id: str | None = None) -> None:
        """Notifications stop until the client reauthorizes (or renews). None: all of them."""
        for one in self._chosen(subscription_id):
            with self.world.changing():
                one.suspended = True
            self._lifecycle(one, "reauthorizationRequired")

    def remove(self, subscription_id: str | None = None) -> None:
        """The service ends the subscription and says so (subscriptionRemoved)."""
        for one in self._chosen(subscription_id):
            with self.world.changing():
                self._kept.pop(one.id, None)
            self._lifecycle(one, "subscriptionRemoved")

    def missed(self, subscription_id: str | None = None) -> None:
        """The service tells that notifications did not get through."""
        for one in self._chosen(subscription_id):
            self._lifecycle(one, "missed")

    def forget(self, subscription_id: str | None = None) -> None:
        """The service loses the subscription and says nothing."""
        for one in self._chosen(subscription_id):
            with self.world.changing():
                self._kept.pop(one.id, None)

    def _chosen(self, subscription_id: str | None) -> list[Subscription]:
        return [one for one in self.live() if subscription_id in (None, one.id)]

    # Requests

    def _create(self, call: Call) -> Answer:
        wish = call.json()
        _refuse_unknown(wish)
        for name in ("changeType", "notificationUrl", "resource", "expirationDateTime"):
            if not isinstance(wish.get(name), str) or not wish[name]:
                raise _invalid(f"The request is missing the required property '{name}'.")
        one = self._new(call, wish)
        if self.duplicates == "conflict" and any(
            (o.resource, o.change_types, o.application)
            == (one.resource, one.change_types, one.application)
            for o in self.live()
        ):
            raise GraphError(
                409, "Conflict", "A subscription for this resource and change type exists."
            )
        self._shake_hands(one)  # outside the lock: the client answers while it waits for us
        with self.world.changing():
            self._kept[one.id] = one
        return Answer(201, _context(one.body()))

    def _new(self, call: Call, wish: dict[str, Any]) -> Subscription:
        types = tuple(part.strip().lower() for part in wish["changeType"].split(","))
        if not types or not set(types) <= {"created", "updated", "deleted"}:
            raise _invalid("Invalid 'changeType' attribute.")
        state = wish.get("clientState") or ""
        if len(state) > 128:
            raise _invalid("clientState must not be longer than 128 characters.")
        if wish.get("includeResourceData"):
            raise _invalid("The stand-in has no notifications with resource data.")
        mailbox, events = self._meant(wish["resource"])
        return Subscription(
            id=str(uuid.uuid4()),
            application=self._client_of(call.token),
            resource=wish["resource"],
            mailbox=mailbox,
            events=events,
            change_types=types,
            notification_url=_https(wish["notificationUrl"], "notificationUrl"),
            lifecycle_url=_https(url, "lifecycleNotificationUrl")
            if (url := wish.get("lifecycleNotificationUrl"))
            else "",
            client_state=state,
            expires_at=self._expiry(wish["expirationDateTime"]).isoformat(),
            immutable_ids=call.immutable_ids,
        )

    def _meant(self, resource: str) -> tuple[str, bool]:
        found = _RESOURCE.match(resource)
        if found is None:
            raise _invalid(f"Resource '{resource}' is not supported.")
        user = found[1] or found[2]
        box = self.world.mailbox(user)
        if box is None:
            raise GraphError(404, "ResourceNotFound", f"Resource '{user}' does not exist.")
        if not self.world.allowed(box):
            raise GraphError(403, "ErrorAccessDenied", "Access to OData is disabled.")
        return box.object_id, found[3].lower() in ("events", "calendar/events")

    def _expiry(self, text: Any) -> datetime:
        try:
            wished = datetime.fromisoformat(_six_digits(str(text)))
        except ValueError:
            raise _invalid("Invalid 'expirationDateTime' attribute.") from None
        now = self.world.clock.now()
        wished = wished.replace(tzinfo=wished.tzinfo or UTC).astimezone(UTC)
        if wished <= now:
            raise _invalid("Subscription expiration must be in the future.")
        if wished - now > self.longest:
            minutes = int(self.longest.total_seconds() // 60)
            raise GraphError(
                400,
                "ExtensionError",
                f"Subscription expiration can only be {minutes} minutes in the future.",
            )
        return max(wished, now + SHORTEST)

    def _shake_hands(self, one: Subscription) -> None:
        token = (
            "Validation: Testing client application reachability for subscription Request-Id: "
            f"{uuid.uuid4()} +/=%20"  # whoever decodes once too often or too seldom is found out
        )
        urls = [one.notification_url]
        if one.lifecycle_url:
            urls.append(one.lifecycle_url)
        for url in urls:
            if reason := self.deliveries.handshake(url, token):
                raise _invalid(reason)

    def _list(self, call: Call) -> Answer:
        mine = self._client_of(call.token)
        bodies = [one.body() for one in self.live() if one.application == mine]
        return Answer(200, _context({"value": bodies}, entity=False))

    def _get(self, call: Call, subscription: str) -> Answer:
        return Answer(200, _context(self._find(call, subscription).body()))

    def _update(self, call: Call, subscription: str) -> Answer:
        one = self._find(call, subscription)
        wish = call.json()
        _refuse_unknown(wish)
        changed = dataclasses.replace(one, suspended=False)
        if "expirationDateTime" in wish:
            changed.expires_at = self._expiry(wish["expirationDateTime"]).isoformat()
        if "notificationUrl" in wish:
            changed.notification_url = _https(wish["notificationUrl"], "notificationUrl")
        if self.handshake_on_renewal or changed.notification_url != one.notification_url:
            self._shake_hands(changed)
        with self.world.changing():
            self._kept[one.id] = changed
        return Answer(200, _context(changed.body()))

    def _delete(self, call: Call, subscription: str) -> Answer:
        one = self._find(call, subscription)
        with self.world.changing():
            self._kept.pop(one.id, None)
        return Answer(204)

    def _reauthorize(self, call: Call, subscription: str) -> Answer:
        one = self._find(call, subscription)
        with self.world.changing():
            one.suspended = False
        return Answer(204)

    def _find(self, call: Call, subscription: str) -> Subscription:
        mine = self._client_of(call.token)
        for one in self.live():
            if one.id == subscription.lower() and one.application == mine:
                return one
        raise GraphError(404, "ResourceNotFound", "The object was not found.")

    # Notifications

    def _heard(self, change: Change) -> None:
        for one in self.live():
            if not one.events or one.suspended or one.mailbox != change.mailbox.object_id:
                continue
            kinds = [change.kind]
            if change.kind != "deleted":
                kinds += ["updated"] * self.echoes
            notices = [told(self.world.tenant, one, change, kind) for kind in kinds]
            if wanted := [n for n in notices if n["changeType"] in one.change_types]:
                self.deliveries.add(one.notification_url, "change", wanted)

    def _lifecycle(self, one: Subscription, event: str) -> None:
        if one.lifecycle_url:
            notification = envelope(self.world.tenant, one) | {
                "lifecycleEvent": event,
                "resource": one.resource,
            }
            self.deliveries.add(one.lifecycle_url, "lifecycle", [notification])

    def _dump(self) -> list[dict[str, Any]]:
        return [dataclasses.asdict(one) for one in self._kept.values()]

    def _load(self, kept: list[dict[str, Any]]) -> None:
        for one in kept:
            fresh = Subscription(**one | {"change_types": tuple(one["change_types"])})
            self._kept[fresh.id] = fresh


def _refuse_unknown(wish: dict[str, Any]) -> None:
    for name in wish:
        if name not in _KNOWN and not name.startswith("@"):
            raise GraphError(
                400,
                "BadRequest",
                f"The property '{name}' does not exist on type 'microsoft.graph.subscription'.",
            )


def _https(url: Any, name: str) -> str:
    if not isinstance(url, str) or urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
        raise _invalid(f"The '{name}' must be an absolute https URL.")
    return url


def _invalid(message: str) -> GraphError:
    return GraphError(400, "ValidationError", message)


def _six_digits(text: str) -> str:
    """Graph writes seven decimals of a second; Python reads six."""
    return re.sub(r"(\.\d{6})\d+", r"\1", text)


def _context(body: dict[str, Any], *, entity: bool = True) -> dict[str, Any]:
    tail = "/$entity" if entity else ""
    return {
        "@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#subscriptions{tail}"
    } | body
