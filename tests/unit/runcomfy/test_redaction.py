from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hailuo.runcomfy.redaction import LONGEST, redactor, shorten


@given(st.text(), st.text())
def test_the_secret_never_comes_through(before: str, after: str) -> None:
    secret = "s3cr3t-canary"
    for text in (before + secret + after, before * 50 + secret * 9 + after * 50):
        assert secret not in redactor(secret)(text)


@given(st.text())
def test_what_is_shown_is_one_short_printable_line(text: str) -> None:
    shown = shorten(text)
    assert len(shown) <= LONGEST
    assert shown.isprintable()
    assert shown == shown.strip()
    shown.encode()


def test_a_secret_at_the_cut_leaves_no_half_behind() -> None:
    secret = "abcdefghijklmnop"
    for pad in range(4070, 4100):
        assert "abcde" not in redactor(secret)(" " * pad + secret)
    assert "abcde" not in redactor(secret)("x" * 295 + secret)


def test_links_and_bearer_tokens_are_taken_out() -> None:
    text = "GET https://x.example/?sig=1 with Bearer abc.def and data:image/png;base64,AA"
    assert shorten(text) == "GET [link] with [redacted] and [link]"


def test_bidi_and_control_characters_become_spaces() -> None:
    assert shorten("a\u202eb\x00c\r\nd") == "a b c d"
