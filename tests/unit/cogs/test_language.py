from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from cogs.ui import language
from cogs.ui.language import Language, card_language, language_of, read_catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from hailuo.jobs.job import Request

RUSSIAN = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || "
"n%100>=20) ? 1 : 2);\n"

msgid "Hello, {name}"
msgstr "Привет, {name}"

msgid "Bye, {name}"
msgstr "Пока, {nome}"

#, fuzzy
msgid "Not yet"
msgstr "Как-то так"

msgid "{count} video"
msgid_plural "{count} videos"
msgstr[0] "{count} видео-один"
msgstr[1] "{count} видео-два"
msgstr[2] "{count} видео-пять"

msgid "{count} picture"
msgid_plural "{count} pictures"
msgstr[0] ""
msgstr[1] ""
msgstr[2] ""
"""


@pytest.fixture
def russian(tmp_path: Path) -> Language:
    path = tmp_path / "hailuo.po"
    path.write_text(RUSSIAN)
    return Language("ru", read_catalogue("ru", path))


def test_a_text_is_said_in_the_language_with_its_gaps_filled(russian: Language) -> None:
    assert russian("Hello, {name}", name="Аня") == "Привет, Аня"


def test_a_number_takes_the_form_that_goes_with_it(russian: Language) -> None:
    said = [russian.plural("{count} video", "{count} videos", n) for n in (1, 2, 5, 11, 21)]
    assert said == [
        "1 видео-один",
        "2 видео-два",
        "5 видео-пять",
        "11 видео-пять",
        "21 видео-один",
    ]


def test_what_has_no_finished_translation_is_said_in_english(russian: Language) -> None:
    assert russian("Something new") == "Something new"
    assert russian("Not yet") == "Not yet"
    assert russian("") == ""
    assert russian.plural("{count} picture", "{count} pictures", 21) == "21 pictures"


def test_a_translation_with_a_wrong_gap_gives_way_to_english(russian: Language) -> None:
    assert russian("Bye, {name}", name="Аня") == "Bye, Аня"


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b'msgid "x"\nmsgid_plural oops', b"???"])
def test_a_broken_catalogue_leaves_english(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (tmp_path / "ru" / "LC_MESSAGES").mkdir(parents=True)
        (tmp_path / "ru" / "LC_MESSAGES" / "hailuo.po").write_bytes(content)
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    say = Language("ru", language._words("ru"))
    assert say("Hello, {name}", name="Аня") == "Hello, Аня"
    assert say.plural("{count} video", "{count} videos", 1) == "1 video"
    assert say.plural("{count} video", "{count} videos", 2) == "2 videos"


@pytest.mark.parametrize(
    ("locale", "code"),
    [("en-US", "en"), ("es-419", "es"), ("es-ES", "es"), ("pt-BR", "pt_BR"), ("xx", "en")],
)
def test_discords_locales_have_their_catalogues(locale: str, code: str) -> None:
    assert language_of(locale).code == code
    assert language_of(None).code == "en"


def test_every_catalogue_can_be_read() -> None:
    for code in set(language.CODES.values()):
        read_catalogue(code, language.FOLDER / code / "LC_MESSAGES" / "hailuo.po")


@pytest.mark.parametrize(
    ("server_locale", "private", "code"),
    [("de", False, "de"), (None, False, "ru"), ("de", True, "ru"), ("en-US", False, "en")],
)
def test_a_public_card_speaks_its_servers_language(
    server_locale: str | None, private: bool, code: str
) -> None:
    facts: Any = SimpleNamespace(locale="ru", server_locale=server_locale, private=private)
    request: Request = facts
    assert card_language(request).code == code


def test_russian_counts_what_is_left_in_three_forms() -> None:
    one = "This makes a new video and counts as one of your {limit}; {count} is left."
    many = "This makes a new video and counts as one of your {limit}; {count} are left."
    say = language_of("ru")
    said = {count: say.plural(one, many, count, limit=9).rpartition("; ")[2] for count in (1, 2, 5)}
    assert said == {1: "осталась 1 попытка.", 2: "остались 2 попытки.", 5: "осталось 5 попыток."}
    assert say.number(5.6) == "5,6"
