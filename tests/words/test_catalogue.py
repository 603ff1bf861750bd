"""Every text of booking is translated, with the same placeholders, and none is left over."""

from __future__ import annotations

from pathlib import Path

import booking.messages
import booking.words
from tests.words.catalogues import faults

MESSAGES = Path(booking.messages.__file__).parent
WORDS = Path(booking.words.__file__).parent


def test_every_text_of_the_mails_is_translated() -> None:
    assert faults([MESSAGES, WORDS], WORDS / "en.po") == []


def test_the_comparison_finds_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text('say.gettext("νέο")\nsay.gettext("παλιό %(n)s")\n')
    catalogue = tmp_path / "en.po"
    catalogue.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "παλιό %(n)s"\nmsgstr "old %(m)s"\n\nmsgid "περιττό"\nmsgstr "extra"\n'
    )
    assert faults([tmp_path], catalogue) == [
        "no translation: νέο",
        "nobody asks for: περιττό",
        "other placeholders: παλιό %(n)s",
    ]
