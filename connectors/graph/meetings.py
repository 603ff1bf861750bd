"""Lobby and recording of the Teams meeting behind an event, where the tenant grants it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from kiota_abstractions.request_information import RequestInformation
from msgraph.graph_service_client import GraphServiceClient

from connectors.contract import MailboxRef
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, EventGone, MailboxNotFound, NotAuthorised, Rejected
from connectors.graph.client import GraphAnswer, GraphClient, json_request

#: Only the organiser admits, nobody is recorded (Graph, onlinemeeting-update.md).
_NOT_ALLOWED: Final = ("allowRecording", "allowTranscription", "recordAutomatically")
_SECURE: Final = {
    "lobbyBypassSettings": {"scope": "organizer", "isDialInBypassEnabled": False},
    **dict.fromkeys(_NOT_ALLOWED, False),
}
#: Presenters would admit too otherwise, and may be guests; a younger property than the others.
_ADMITTING: Final = {"allowedLobbyAdmitters": "organizerAndCoOrganizers"}


def grant(client_id: str) -> str:
    """What an administrator types so that this application may set meetings (Teams PowerShell)."""
    app = client_id or "<application (client) id>"
    return (
        "grant the application permissions OnlineMeetings.ReadWrite.All and User.ReadBasic.All, "
        "then in Teams PowerShell: "
        f'New-CsApplicationAccessPolicy -Identity Rantevou -AppIds "{app}"; '
        "Grant-CsApplicationAccessPolicy -PolicyName Rantevou -Identity <address of the mailbox>; "
        "it takes up to 30 minutes to act"
    )


class Meetings:
    """See ``connectors.abilities.MeetingSecuring``. Safe to share between threads."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._ids: dict[str, str] = {}

    def secure(self, *, mailbox: MailboxRef, meeting_url: str, deadline: Deadline) -> None:
        try:
            user = self._organiser(mailbox, meeting_url, deadline)
            meeting = self._meeting(mailbox, user, meeting_url, deadline)
            try:
                answer = self._set(mailbox, user, meeting, _SECURE | _ADMITTING, deadline)
            except Rejected:
                answer = self._set(mailbox, user, meeting, _SECURE, deadline)
        except (NotAuthorised, MailboxNotFound, EventGone) as error:
            raise self._plainer(error) from None
        if not _taken(answer.body or {}):
            raise Rejected("Teams did not take the settings of the meeting: see its meeting policy")

    def _set(
        self,
        mailbox: MailboxRef,
        user: str,
        meeting: str,
        options: Mapping[str, Any],
        deadline: Deadline,
    ) -> GraphAnswer:
        return self._client.request(
            lambda graph: json_request(
                "PATCH",
                "{+baseurl}/users/{user}/onlineMeetings/{meeting}",
                {"user": user, "meeting": meeting},
                options,
            ),
            mailbox=mailbox.address,
            deadline=deadline,
            writing=True,
        )

    def _plainer(self, error: ConnectorError) -> ConnectorError:
        if isinstance(error, NotAuthorised):
            answer = str(error).rpartition("(")[2].rstrip(")")
            return NotAuthorised(f"{grant(self._client.settings.client_id)} ({answer})")
        return EventGone("there is no such meeting")

    def _organiser(self, mailbox: MailboxRef, meeting_url: str, deadline: Deadline) -> str:
        """Object id of the mailbox's owner: Teams does not find meetings by address.

        The link names its organiser. Where the directory may be asked, both must agree, so that
        nobody else's meeting is changed because somebody pasted its link into an event of ours.
        """
        named = organiser_of(meeting_url)
        try:
            user = self._object_id(mailbox, deadline)
        except NotAuthorised:
            if not named:
                raise
            return named
        if named and named.casefold() != user.casefold():
            raise EventGone("the meeting belongs to somebody else")
        return user

    def _object_id(self, mailbox: MailboxRef, deadline: Deadline) -> str:
        known = self._ids.get(mailbox.address)
        if known is None:
            answer = self._client.request(
                lambda graph: _selecting_id(graph, mailbox.address),
                mailbox=mailbox.address,
                deadline=deadline,
                writing=False,
            )
            self._ids[mailbox.address] = known = str(answer.json.get("id", ""))
        return known

    def _meeting(self, mailbox: MailboxRef, user: str, meeting_url: str, deadline: Deadline) -> str:
        wanted = meeting_url.replace("'", "''")

        def build(graph: GraphServiceClient) -> RequestInformation:
            info = graph.users.by_user_id(user).online_meetings.to_get_request_information()
            info.query_parameters["%24filter"] = f"JoinWebUrl eq '{wanted}'"
            return info

        answer = self._client.request(
            build, mailbox=mailbox.address, deadline=deadline, writing=False
        )
        for meeting in answer.json.get("value") or ():
            if meeting.get("id"):
                return str(meeting["id"])
        raise EventGone("there is no meeting with this link")


def organiser_of(meeting_url: str) -> str:
    """Object id of the organiser as a join link names it (its "context"); "" where it does not."""
    for context in parse_qs(urlsplit(meeting_url).query).get("context", ()):
        try:
            oid = json.loads(context).get("Oid", "")
        except (ValueError, AttributeError):
            continue
        if isinstance(oid, str):
            return oid
    return ""


def _selecting_id(graph: GraphServiceClient, address: str) -> RequestInformation:
    info = graph.users.by_user_id(address).to_get_request_information()
    info.query_parameters["%24select"] = ["id"]
    return info


def _taken(meeting: dict[str, Any]) -> bool:
    """Whether the answer, as far as it tells, shows what we set."""
    lobby = meeting.get("lobbyBypassSettings") or {}
    scope = str(lobby.get("scope") or "organizer").casefold()
    return scope == "organizer" and not any(
        meeting.get(name)
        for name in ("allowRecording", "allowTranscription", "recordAutomatically")
    )
