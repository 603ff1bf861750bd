"""A connection to Microsoft 365 that cannot be right says why, before anything is opened."""

from __future__ import annotations

import pytest

from connectors.contract import Connection
from connectors.graph.client import GraphClient


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
