"""The servers behind the fixtures are real and answer."""

from __future__ import annotations

import smtplib

import psycopg
import redis

from tests.servers.mail import MailServer
from tests.servers.postgres import libpq


def test_postgres_gives_an_empty_database_that_takes_writes(postgres_url: str) -> None:
    with psycopg.connect(libpq(postgres_url)) as connection:
        connection.execute("CREATE TABLE a (n int PRIMARY KEY)")
        connection.execute("INSERT INTO a VALUES (1), (2)")
        assert connection.execute("SELECT sum(n) FROM a").fetchone() == (3,)


def test_valkey_starts_empty_and_keeps_a_value(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as connection:
        assert connection.keys() == []
        connection.set("a", "1")
        assert connection.get("a") == b"1"


def test_mail_server_keeps_mails_and_refuses_whom_it_is_told(mail_server: MailServer) -> None:
    mail_server.refuse["nobody@example.gr"] = "550 unknown"
    with smtplib.SMTP("127.0.0.1", mail_server.port) as client:
        refused = client.sendmail(
            "a@example.gr",
            ["b@example.gr", "nobody@example.gr"],
            "Subject: x\r\n\r\nhello\r\n",
        )
    assert set(refused) == {"nobody@example.gr"}
    assert [mail["Subject"] for mail in mail_server.received] == ["x"]
