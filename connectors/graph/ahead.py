"""What the libraries would import at the first request, imported at start-up instead."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Final

#: Names change between versions of the libraries: what is not there any more only costs time.
_LATER: Final = (
    "anyio._backends._asyncio",
    "anyio.streams.tls",
    "azure.core.pipeline.transport._bigger_block_size_http_adapters",
    "azure.core.pipeline.transport._requests_basic",
    "azure.core.rest._requests_basic",
    "cryptography.hazmat.backends.openssl.backend",
    "h11",
    "httpcore",
    "httpcore._async",
    "httpcore._async.http2",
    "httpcore._backends.anyio",
    "httpcore._sync",
    "jwt",
    "kiota_abstractions.default_query_parameters",
    "msal_extensions",
    "msgraph.generated.subscriptions.subscriptions_request_builder",
    "msgraph.generated.users.item.calendar.calendar_request_builder",
    "msgraph.generated.users.item.calendar.calendar_view.calendar_view_request_builder",
    "msgraph.generated.users.item.calendar.calendar_view.delta.delta_request_builder",
    "msgraph.generated.users.item.calendar.events.events_request_builder",
    "msgraph.generated.users.item.calendar.get_schedule.get_schedule_request_builder",
    "msgraph.generated.users.item.events.events_request_builder",
    "msgraph.generated.users.item.events.item.event_item_request_builder",
    "msgraph.generated.users.item.user_item_request_builder",
    "msgraph.generated.users.users_request_builder",
    "netrc",
)


def load() -> None:
    """0.2 s of CPU, once; a child of the process has it all."""
    for name in _LATER:
        with suppress(ImportError):
            import_module(name)
