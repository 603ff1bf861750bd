"""The samples of an embedded run: fitted to its servers, and following them to other ports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from booking_web.cli.demo import samples, stand_in
from booking_web.cli.demo.place import Kept, Place
from booking_web.cli.demo.samples import Addresses
from booking_web.cli.demo.trouble import StartError
from mapping.file import read_mapping
from mapping.model import CalendarConnection, Municipality
from mapping.samples import sample_text

HERE = Addresses(
    caldav_url="http://127.0.0.1:21001/",
    graph_url="http://127.0.0.1:21004/v1.0",
    authority="https://localhost:21005",
    ca_file="/home/a user/var/outlook/ca.pem",
    tenant="11111111-1111-1111-1111-111111111111",
    client_id="22222222-2222-2222-2222-222222222222",
)
MOVED = replace(
    HERE,
    caldav_url="http://127.0.0.1:22001/",
    graph_url="http://127.0.0.1:22004/v1.0",
    authority="https://localhost:22005",
)


def town(text: str) -> Municipality:
    return read_mapping(text, name="kavala.yaml")


def graph_of(text: str) -> CalendarConnection:
    (found,) = (each for each in town(text).connections if each.provider == "graph")
    return found


def test_with_a_stand_in_the_sample_asks_nobody_else() -> None:
    text = samples.fitted(sample_text("kavala"), HERE)
    connection = graph_of(text)
    assert (connection.url, connection.user) == (HERE.graph_url, HERE.client_id)
    assert connection.secret == samples.GRAPH_SECRET
    assert connection.options == {
        "tenant": HERE.tenant,
        "authority": HERE.authority,
        "disable_instance_discovery": "yes",
        "ca_file": HERE.ca_file,
        "meeting_options": "yes",
    }
    assert "microsoft.com" not in text
    assert "microsoftonline" not in text


def test_one_service_is_delivered_by_both_calendar_systems() -> None:
    kavala = town(samples.fitted(sample_text("kavala"), HERE))
    providers = {each.name: each.provider for each in kavala.connections}
    pools = [
        {providers[mailbox.connection] for mailbox in kavala.mailboxes if mailbox.address in pool}
        for pool in (channel.mailboxes for channel in kavala.services[0].channels)
    ]
    assert {"graph", "caldav"} in pools
    assert {"graph"} in pools


def test_without_a_stand_in_every_mailbox_is_on_the_caldav_server() -> None:
    kavala = town(samples.fitted(sample_text("kavala"), Addresses(HERE.caldav_url)))
    assert [(each.provider, each.url) for each in kavala.connections] == [
        ("caldav", HERE.caldav_url)
    ]
    assert {each.calendar for each in kavala.mailboxes} == {
        f"{each.address}/rantevou/" for each in kavala.mailboxes
    }


def test_a_sample_that_nobody_changed_follows_its_new_version() -> None:
    old = samples.fitted(
        sample_text("kavala").replace("horizon_days: 60", "horizon_days: 50"), HERE
    )
    new = samples.fitted(sample_text("kavala"), MOVED)
    digest = samples.digest_of(old)
    assert samples.renewed(new, stored=old, before=HERE, at=MOVED, digest=digest) == new
    assert samples.renewed(new, stored=new, before=HERE, at=MOVED, digest="another") == new


def test_what_a_person_changed_stays_and_its_addresses_follow() -> None:
    imported = samples.fitted(sample_text("kavala"), HERE)
    changed = imported.replace("horizon_days: 60", "horizon_days: 33")
    new = samples.fitted(sample_text("kavala"), MOVED)
    found = samples.renewed(
        new, stored=changed, before=HERE, at=MOVED, digest=samples.digest_of(imported)
    )
    assert found == new.replace("horizon_days: 60", "horizon_days: 33")
    same = samples.renewed(new, stored=changed, before=HERE, at=HERE, digest="")
    assert same == changed


def test_addresses_are_remembered_also_over_a_run_without_a_stand_in() -> None:
    kept = Kept()
    samples.keep_addresses(kept, HERE)
    assert samples.addresses_of(kept) == HERE
    samples.keep_addresses(kept, Addresses(MOVED.caldav_url))
    assert samples.addresses_of(kept) == replace(HERE, caldav_url=MOVED.caldav_url)


def test_the_stand_in_is_missing_outside_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stand_in.missing() == ""
    monkeypatch.setattr(stand_in, "NEEDED", ("no_such_package",))
    assert "no_such_package" in stand_in.missing()
    monkeypatch.setattr(stand_in, "CHECKOUT", tmp_path)
    assert "checkout" in stand_in.missing()


def test_a_stand_in_that_says_nothing_stops_the_start(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.make()
    with pytest.raises(StartError, match="has not told"):
        stand_in.StandIn.load(place)
