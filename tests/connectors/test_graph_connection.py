"""A connection to Microsoft 365 that cannot be right says why, before anything is opened."""

from __future__ import annotations

import socket
import threading

import pytest

from connectors.contract import Connection
from connectors.deadline import Deadline
from connectors.errors import TryLater
from connectors.graph.client import GraphClient, json_request


@pytest.mark.parametrize(
    ("changes", "options", "text"),
    [
        ({}, {"tenant": ""}, "directory"),
        ({}, {"tenat": "x"}, "unknown option 'tenat'"),
        ({}, {"meeting_options": "true"}, "yes or no"),
        ({"url": "http://graph.example/v1.0"}, {}, "https"),
        ({"url": "graph.microsoft.com"}, {}, "https"),
        ({"url": "https://u:p@graph.microsoft.com"}, {}, "address only"),
        ({}, {"authority": "http://127.0.0.1:1"}, "https"),
        ({"secret": "-----BEGIN PRIVATE KEY-----\nx"}, {}, "certificate and its private key"),
        ({}, {"ca_file": "/nowhere/ca.pem"}, "No such file"),
        ({}, {"ca_file": __file__}, "no certificate"),
    ],
)
def test_a_connection_that_cannot_be_right_says_why(
    changes: dict[str, str], options: dict[str, str], text: str
) -> None:
    given = {"url": "", "user": "app", "secret": "s"} | changes
    connection = Connection("graph", options={"tenant": "town.example"} | options, **given)
    with pytest.raises(ValueError, match=text):
        GraphClient(connection)


def test_the_scope_is_that_of_the_cloud() -> None:
    options = {"tenant": "t", "authority": "https://login.partner.microsoftonline.cn"}
    client = GraphClient(
        Connection("graph", "https://microsoftgraph.chinacloudapi.cn/v1.0", options=options)
    )
    assert client.settings.scope == "https://microsoftgraph.chinacloudapi.cn/.default"
    assert GraphClient(Connection("graph", options={"tenant": "t"})).settings.base_url == (
        "https://graph.microsoft.com/v1.0"
    )


def test_tokens_are_fetched_through_the_proxy_that_is_named() -> None:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def answer() -> None:
            with proxy.accept()[0] as connection:
                asked.append(connection.recv(1000))
                connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        options = {
            "tenant": "t",
            "authority": "https://login.town.example",
            "disable_instance_discovery": "yes",
            "proxy": f"http://127.0.0.1:{proxy.getsockname()[1]}",
        }
        client = GraphClient(Connection("graph", "", "app", "s", options))
        with pytest.raises(TryLater):
            client.request(
                lambda graph: json_request("GET", "{+baseurl}/users", {}),
                mailbox="",
                deadline=Deadline.after(60),
                writing=False,
            )
        thread.join()
        client.close()
    assert asked[0].startswith(b"CONNECT login.town.example:443 ")
