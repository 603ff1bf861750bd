"""``rantevou mails``: what a municipality's mails look like, before anybody gets one."""

from __future__ import annotations

import email
import re
from email import policy
from pathlib import Path

from click.testing import CliRunner, Result

from booking_web.cli.mails import mails
from mapping.samples import sample_text


def run(*arguments: object) -> Result:
    return CliRunner().invoke(mails, [str(each) for each in arguments])


def sample(folder: Path, slug: str, without: str = "") -> Path:
    """With the lines that hold ``without`` taken out."""
    lines = sample_text(slug).splitlines(keepends=True)
    text = "".join(line for line in lines if not without or without not in line)
    path = folder / f"{slug}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_mail_is_written_in_both_languages(tmp_path: Path) -> None:
    file = sample(tmp_path, "kavala", without="reminder_minutes:")
    done = run(file, "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    files = {path.name for path in (tmp_path / "out").iterdir()}
    index = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert set(re.findall(r'href="([^"]+)"', index)) == files - {"index.html"}
    for kind in ("confirmation-in_person", "meeting_missing-teleconference", "cancelled-in_person"):
        for language in ("el", "en"):
            name = f"mayor-office-appointment-{kind}-{language}"
            assert {f"{name}.html", f"{name}.txt", f"{name}.eml"} <= files
    assert not any("reminder" in name or "verification" in name for name in files)
    assert f"{len(files) // 3} mails" in done.output


def test_what_the_mapping_turns_on_is_among_them(tmp_path: Path) -> None:
    file = sample(tmp_path, "kalamata")
    done = run(file, "--service", "housing-benefit", "--output", tmp_path)
    assert done.exit_code == 0, done.output
    raw = (tmp_path / "housing-benefit-reminder-in_person-el.eml").read_bytes()
    body = email.message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    assert body is not None
    # What the citizen confirmed when booking, and has to hold still.
    assert "«Εγκεκριμένη (Σε μήνα λήξης ισχύος)» / «Ακυρωμένη»" in body.get_content()
    assert "Το μισθωτήριο της κατοικίας σας" in body.get_content()


def test_what_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    file = sample(tmp_path, "kavala")
    done = run(file, "--service", "mayor", "--output", tmp_path / "out")
    assert (done.exit_code, "known: mayor-office-appointment" in done.output) == (1, True)
    assert not (tmp_path / "out").exists()
    done = run(tmp_path / "none.yaml", "--output", tmp_path / "out")
    assert (done.exit_code, "cannot be read" in done.output) == (1, True)
    broken = tmp_path / "broken.yaml"
    broken.write_text("slug: [", encoding="utf-8")
    assert run(broken, "--output", tmp_path / "out").exit_code == 1
