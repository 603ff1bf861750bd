"""The first visitor after a start waits for no library: whatever a view needs is loaded before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from booking.office import importing
from booking.office import secrets as stored_secrets
from booking.settings import Settings
from booking.store import Keys
from booking_web.wiring import desk_from
from mapping.file import read_mapping
from mapping.file.write import write_mapping
from mapping.model import CalendarConnection, Mailbox
from tests.booking.town import SERVICE, address, town
from tests.databases import sqlite_template, sqlite_url
from tests.servers.graph import graph_server

__all__ = ["sqlite_template", "sqlite_url"]

#: Parts of the standard library and what tests need are small.
_HEAVY = ("azure", "cryptography", "holidays", "httpcore", "httpx", "kiota", "msal", "msgraph",
          "opentelemetry", "requests", "sqlalchemy", "urllib3")  # fmt: skip
_VISIT = f"""
import json, sys
from datetime import date, timedelta
from booking_web.wsgi import create
visitor = create().test_client()
first = date.today() + timedelta(days=1)
query = {{"channel": "in_person", "from": str(first), "to": str(first + timedelta(days=20))}}
before = set(sys.modules)
answer = visitor.get("/api/v1/services/{SERVICE}/availability", query_string=query).json
late = [name for name in set(sys.modules) - before if name.startswith({_HEAVY!r})]
print(json.dumps([answer["calendars"]["readable"], sorted(late)]))
"""


def test_a_first_view_on_microsoft_365_imports_nothing(sqlite_url: str, tmp_path: Path) -> None:
    environment = {
        "RANTEVOU_DATA_DIR": str(tmp_path),
        "RANTEVOU_DATABASE_URL": sqlite_url,
        "RANTEVOU_ENCRYPTION_KEYS": str(Keys.generate()),
        "RANTEVOU_SECRET_KEY": "t" * 32,
        "RANTEVOU_VIEW_DEADLINE": "20",  # it is read, however slow the machine of the tests is
    }
    with graph_server(tmp_path / "graph") as graph:
        graph.add_mailbox(address(1))
        desk = desk_from(Settings.from_environment(environment))
        stored_secrets.set_secret(desk, name="graph", value=graph.certificate_pem)
        made = graph.connection()
        there = CalendarConnection(
            "m365",
            "graph",
            url=made.url,
            user=made.user,
            secret="graph",
            options=dict(made.options),
        )
        plain = town()
        boxes = tuple(Mailbox(each.address, each.staff, "m365") for each in plain.mailboxes)
        text = write_mapping(replace(plain, connections=(there,), mailboxes=boxes))
        importing.import_mapping(
            desk, text=text, municipality=read_mapping(text, name="town.yaml"), by="test"
        )
        desk.store.close()
        own = {name: value for name, value in os.environ.items() if "RANTEVOU" not in name}
        done = subprocess.run(
            [sys.executable, "-c", _VISIT],
            env={**own, **environment},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [1, []]
