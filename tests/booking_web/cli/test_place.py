"""The data folder of an embedded run: one holder, free ports, what was generated stays."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from booking_web.cli.demo.place import (
    LONGEST_SOCKET,
    Kept,
    Place,
    choose_port,
    new_password,
    require_free,
    write_private,
)
from booking_web.cli.demo.trouble import StartError
from tests.waiting import free_port


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "var")
    made.make()
    return made


def test_what_was_generated_stays(place: Place) -> None:
    first = place.load()
    assert len(first.secret_key) >= 32
    assert place.load() == first


def test_kept_secrets_are_for_the_owner_only(place: Place) -> None:
    place.load()
    mode = stat.S_IMODE((place.root / "demo.json").stat().st_mode)
    assert mode == 0o600
    assert stat.S_IMODE(place.root.stat().st_mode) == 0o700


def test_a_damaged_file_is_a_sentence_and_stays_as_it_is(place: Place) -> None:
    (place.root / "demo.json").write_text('{"ports": ')
    with pytest.raises(StartError, match="is damaged"):
        place.load()
    assert (place.root / "demo.json").read_text() == '{"ports": '


def test_the_folder_has_one_holder(place: Place) -> None:
    refused = pytest.raises(StartError, match=r"running on .* already \(process \d+\)")
    with place.held(), refused, Place(place.root).held():
        pass
    with place.held():
        pass  # free again


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StartError, match="set RANTEVOU_DATA_DIR"):
        Place(tmp_path / "file" / "var").make()


def test_a_taken_port_is_a_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StartError, match=f"Port {port} is taken"):
            require_free("127.0.0.1", port)


def test_ports_are_kept_and_give_way_when_taken() -> None:
    kept, wanted = Kept(), free_port()
    assert choose_port(kept, "caldav", wanted) == wanted
    assert choose_port(kept, "caldav", wanted + 1) == wanted
    assert choose_port(kept, "mail", wanted) != wanted  # promised to another server
    with socket.socket() as other:
        other.bind(("127.0.0.1", wanted))
        other.listen()
        assert choose_port(kept, "caldav", wanted) not in (wanted, kept.ports["mail"])


def test_the_socket_path_fits_the_kernel(tmp_path: Path) -> None:
    deep = Place(tmp_path / ("d" * 60) / ("e" * 60))
    deep.make()
    path = deep.socket_path()
    assert len(str(path).encode()) <= LONGEST_SOCKET
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_is_replaced_in_one_step_and_private(tmp_path: Path) -> None:
    write_private(tmp_path / "info.json", "first")
    write_private(tmp_path / "info.json", "second")
    assert (tmp_path / "info.json").read_text() == "second"
    assert [each.name for each in tmp_path.iterdir()] == ["info.json"]
    assert stat.S_IMODE((tmp_path / "info.json").stat().st_mode) == 0o600


def test_passwords_differ() -> None:
    assert len({new_password() for _ in range(200)}) == 200
