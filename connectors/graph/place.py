"""Where a mailbox's calendar stands in Graph, and the requests that go there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph.graph_service_client import GraphServiceClient

from connectors.contract import MailboxRef
from connectors.deadline import Deadline
from connectors.errors import EventGone, MailboxNotFound, TryLater
from connectors.graph.client import GraphAnswer, GraphClient

_MAX_PAGES: Final = 200
_NEXT: Final = "@odata.nextLink"


class Place:
    """One calendar of one mailbox: the default one where ``mailbox.calendar`` is empty."""

    def __init__(self, client: GraphClient, mailbox: MailboxRef) -> None:
        self._client = client
        self.mailbox = mailbox

    def view(
        self, query: Mapping[str, str], *, deadline: Deadline, prefer: Sequence[str] = ()
    ) -> list[Mapping[str, Any]]:
        """All pages of ``calendarView``: instances, series expanded."""
        with _calendar_is_missing():
            return self.collection(
                lambda graph: _ask(self._calendar(graph).calendar_view, query), deadline, prefer
            )

    def events(self, query: Mapping[str, str], *, deadline: Deadline) -> list[Mapping[str, Any]]:
        """All pages of the calendar's single events and series masters."""
        with _calendar_is_missing():
            return self.collection(
                lambda graph: _ask(self._calendar(graph).events, query), deadline, ()
            )

    def collection(
        self,
        build: Callable[[GraphServiceClient], RequestInformation],
        deadline: Deadline,
        prefer: Sequence[str],
    ) -> list[Mapping[str, Any]]:
        """Every page or an error, never a part. Raises TryLater for what is not a listing."""
        items: list[Mapping[str, Any]] = []
        followed: set[str] = set()
        answer = self.send(build, deadline=deadline, writing=False, prefer=prefer)
        while True:
            items += items_of(answer)
            link = link_of(answer, _NEXT)
            if not link:
                return items
            if link in followed or len(followed) >= _MAX_PAGES:
                raise TryLater("the server does not come to the end of its pages")
            followed.add(link)
            answer = self.follow(link, deadline=deadline, prefer=prefer)

    def delta(
        self, query: Mapping[str, str], *, deadline: Deadline, prefer: Sequence[str]
    ) -> GraphAnswer:
        """First page of a round of ``calendarView/delta``."""
        with _calendar_is_missing():
            return self.send(
                lambda graph: _ask(self._calendar(graph).calendar_view.delta, query),
                deadline=deadline,
                writing=False,
                prefer=prefer,
            )

    def follow(self, link: str, *, deadline: Deadline, prefer: Sequence[str] = ()) -> GraphAnswer:
        """Never leaves the server: the client refuses a link that does."""
        return self._client.follow(
            link, mailbox=self.mailbox.address, deadline=deadline, prefer=prefer
        )

    def post(self, body: Mapping[str, Any], *, deadline: Deadline) -> GraphAnswer:
        """A new event."""
        with _calendar_is_missing():
            return self.send(
                lambda graph: _tell(self._calendar(graph).events, Method.POST, body),
                deadline=deadline,
                writing=True,
            )

    def get(
        self, event_id: str, query: Mapping[str, str], *, deadline: Deadline, prefer: Sequence[str]
    ) -> GraphAnswer:
        return self.send(
            lambda graph: _ask(self._event(graph, event_id), query),
            deadline=deadline,
            writing=False,
            prefer=prefer,
        )

    def patch(
        self, event_id: str, body: Mapping[str, Any], *, etag: str, deadline: Deadline
    ) -> GraphAnswer:
        return self.send(
            lambda graph: _tell(self._event(graph, event_id), Method.PATCH, body, etag),
            deadline=deadline,
            writing=True,
        )

    def delete(self, event_id: str, *, etag: str, deadline: Deadline) -> None:
        self.send(
            lambda graph: _tell(self._event(graph, event_id), Method.DELETE, None, etag),
            deadline=deadline,
            writing=True,
        )

    def schedules(self, body: Mapping[str, Any], *, deadline: Deadline) -> GraphAnswer:
        """``getSchedule``, asked in the name of this mailbox."""
        return self.send(
            lambda graph: _tell(
                graph.users.by_user_id(self.mailbox.address).calendar.get_schedule,
                Method.POST,
                body,
            ),
            deadline=deadline,
            writing=False,
        )

    def send(
        self,
        build: Callable[[GraphServiceClient], RequestInformation],
        *,
        deadline: Deadline,
        writing: bool,
        prefer: Sequence[str] = (),
    ) -> GraphAnswer:
        return self._client.request(
            build,
            mailbox=self.mailbox.address,
            deadline=deadline,
            writing=writing,
            prefer=prefer,
        )

    def is_ours(self, link: str) -> bool:
        return self._client.is_ours(link)

    def _calendar(self, graph: GraphServiceClient) -> Any:
        user = graph.users.by_user_id(self.mailbox.address)
        if self.mailbox.calendar:
            return user.calendars.by_calendar_id(self.mailbox.calendar)
        return user.calendar

    def _event(self, graph: GraphServiceClient, event_id: str) -> Any:
        return graph.users.by_user_id(self.mailbox.address).events.by_event_id(event_id)


@contextmanager
def _calendar_is_missing() -> Iterator[None]:
    """What is not found where no event is named, is the calendar."""
    try:
        yield
    except EventGone as error:
        raise MailboxNotFound(str(error)) from None


def items_of(answer: GraphAnswer) -> list[Mapping[str, Any]]:
    """The page's items. A page without a list is no empty page."""
    value = answer.json.get("value")
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise TryLater("the server's answer is not a listing")
    return value


def link_of(answer: GraphAnswer, name: str) -> str:
    link = answer.json.get(name, "")
    if not isinstance(link, str):
        raise TryLater("the server's answer has an unreadable link")
    return link


def _ask(builder: Any, query: Mapping[str, str]) -> RequestInformation:
    info: RequestInformation = _information(builder)
    info.query_parameters.update({name.replace("$", "%24"): value for name, value in query.items()})
    return info


def _tell(
    builder: Any, method: Method, body: Mapping[str, Any] | None, etag: str = ""
) -> RequestInformation:
    """The SDK's request with JSON of our own: its models cost seconds when first used."""
    info: RequestInformation = _information(builder)
    info.http_method = method
    if body is not None:
        info.set_stream_content(json.dumps(body).encode(), "application/json")
    if etag:
        info.headers.add("If-Match", etag)
    return info


def _information(builder: Any) -> RequestInformation:
    return RequestInformation(Method.GET, builder.url_template, dict(builder.path_parameters))
