"""Mail through Graph: the whole message in MIME form, as calendar files need it (user-sendmail)."""

from __future__ import annotations

import base64

from kiota_abstractions.request_information import RequestInformation

from connectors.deadline import Deadline
from connectors.graph.client import GraphClient, json_request


def send_mail(client: GraphClient, *, sender: str, mime: bytes, deadline: Deadline) -> None:
    """See ``connectors.abilities.MailSending``. JSON could not carry ``text/calendar``.

    Accepted (202) is not delivered; a copy stands in the sender's sent items.
    """

    def build(graph: object) -> RequestInformation:
        info = json_request("POST", "{+baseurl}/users/{user}/sendMail", {"user": sender})
        info.set_stream_content(base64.b64encode(mime), "text/plain")
        return info

    client.request(build, mailbox=sender, deadline=deadline, writing=True)
