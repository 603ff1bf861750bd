"""Texts of a mapping file as HTML: structure kept, everything else escaped."""

from __future__ import annotations

import pytest

from booking_web.texts import full_stop, html, linked


def test_blocks() -> None:
    assert html("## Τίτλος\nΠρώτη\n\n- α\n- β\nΤέλος") == (
        "<h2>Τίτλος</h2>\n<p>Πρώτη</p>\n<ul><li>α</li><li>β</li></ul>\n<p>Τέλος</p>"
    )
    assert html("") == ""


def test_markup_is_text() -> None:
    assert html('<script>"x"</script>') == "<p>&lt;script&gt;&#34;x&#34;&lt;/script&gt;</p>"
    assert "<b>" not in html("- <b>α</b>\n## <b>β</b>")


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("στη www.epidomastegasis.gr. Για", "https://www.epidomastegasis.gr"),
        ("(https://example.gr/a?b=1&c=2)", "https://example.gr/a?b=1&amp;c=2"),
        ("«http://example.gr/»", "http://example.gr/"),
        ("γράψτε στο dimos@kalamata.example.", "mailto:dimos@kalamata.example"),
    ],
)
def test_addresses_become_links_without_the_punctuation_after_them(line: str, address: str) -> None:
    assert f'href="{address}"' in linked(line)


@pytest.mark.parametrize("line", ["javascript:alert(1)", "data:text/html,x", "kalamata.gr"])
def test_nothing_else_becomes_a_link(line: str) -> None:
    assert "href" not in linked(line)


def test_an_address_cannot_leave_its_attribute() -> None:
    assert linked('https://x.gr/"onclick="alert(1)').count('"') == 4


def test_one_full_stop() -> None:
    assert (full_stop("έως 9:30 π.μ."), full_stop("until 9:30 am")) == (
        "έως 9:30 π.μ.",
        "until 9:30 am.",
    )
