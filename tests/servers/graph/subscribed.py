"""One subscription, and what the service tells about it and because of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.servers.graph.deliveries import Notification
from tests.servers.graph.world import Change
from tests.servers.graph.zones import stamp


@dataclass
class Subscription:
    id: str
    application: str
    resource: str
    mailbox: str  #: object id
    events: bool  #: False: of another kind (messages …), which never changes here
    change_types: tuple[str, ...]
    notification_url: str
    lifecycle_url: str
    client_state: str
    expires_at: str  #: ISO, UTC
    immutable_ids: bool
    suspended: bool = False  #: reauthorizationRequired was sent and not answered

    @property
    def expiry(self) -> datetime:
        return datetime.fromisoformat(self.expires_at)

    def body(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "resource": self.resource,
            "applicationId": self.application,
            "changeType": ",".join(self.change_types),
            "clientState": self.client_state or None,
            "notificationUrl": self.notification_url,
            "lifecycleNotificationUrl": self.lifecycle_url or None,
            "expirationDateTime": stamp(self.expiry),
            "creatorId": str(uuid.uuid5(uuid.NAMESPACE_DNS, self.application or "nobody")),
            "latestSupportedTlsVersion": "v1_2",
        }


def told(tenant: str, one: Subscription, change: Change, kind: str) -> Notification:
    """One entry of a delivery: ids come in the form that the subscription was made with."""
    event_id = change.event_id if one.immutable_ids else change.plain_id
    resource = f"Users/{change.mailbox.object_id}/Events/{event_id}"
    return envelope(tenant, one) | {
        "changeType": kind,
        "resource": resource,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": resource,
            "@odata.etag": f'W/"{change.change_key}"',
            "id": event_id,
        },
    }


def envelope(tenant: str, one: Subscription) -> Notification:
    """What every notification carries, also those of the lifecycle."""
    return {
        "subscriptionId": one.id,
        "subscriptionExpirationDateTime": stamp(one.expiry),
        "clientState": one.client_state or None,
        "tenantId": tenant,
    }
