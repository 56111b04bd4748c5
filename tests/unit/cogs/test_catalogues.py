"""The catalogues: complete, true to the English text, and within Discord's limits."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any, Final

import pytest
from babel.messages.pofile import read_po

from cogs.ui.extraction import DESCRIPTION_NOTE, NAME_NOTE, extract
from cogs.ui.language import CODES, FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages import Catalog

ROOT: Final = Path(__file__).parents[3]
LANGUAGES: Final = sorted(set(CODES.values()))
KEYWORDS: Final = {"N_", "say", "plural"}
NAME: Final = re.compile(r"[-_'\w]{1,32}")
"""https://discord.com/developers/docs/interactions/application-commands#application-command-object"""
MARKUP: Final = re.compile(r"\*\*|`|\]\(\{\w+\}\)|^#+ |^-# |<t:")
COMMAND: Final = re.compile(r"/(animate|history|quota|help|privacy)\b")
LIMITS: Final = {"Button.label": 80, "JobButton.label": 80, "Label.text": 45}
"""Characters that Discord takes, by the call that a text is an argument of."""
TABLES: Final = {"LABELS": 80, "TURNS": 80, "STANDINGS": 100, "TITLES": 45, "NAME": 32}
"""The same for constants whose texts go there: buttons, choices, modals, a menu's command."""
COUNTED: Final = re.compile(r"\{(?!days\})\w+\} (days|hours|minutes|seconds)\b")
"""What is right for many and wrong for one; ``days`` are those of a history, 365."""
LONGEST_TEXT: Final = 1500
"""What any one text may have, so that a message of several stays under Discord's 4,000."""

Key = tuple[str, ...]


@cache
def catalogue(code: str) -> Catalog:
    with (FOLDER / code / "LC_MESSAGES" / "hailuo.po").open("rb") as file:
        return read_po(file, locale=code)


@cache
def translations(code: str) -> dict[Key, Key]:
    return {key(item.id): key(item.string) for item in catalogue(code) if item.id}


def key(text: Any) -> Key:
    return (text,) if isinstance(text, str) else tuple(text)


def sources() -> Iterator[Path]:
    for folder in ("cogs", "hailuo"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path != ROOT / "hailuo" / "children" / "child.py":
                yield path


@cache
def texts() -> dict[Key, list[str]]:
    """Return every text of the code, with its notes."""
    found: dict[Key, list[str]] = {}
    for path in sources():
        with path.open("rb") as file:
            for text in extract(file, KEYWORDS, (), {}):
                number = 2 if text.function == "plural" else 1
                found.setdefault(text.texts[:number], []).extend(text.notes)
    return found


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_gap_of_a_text_is_in_its_translation(code: str) -> None:
    """And no gap is formatted in a way of its own."""
    for english, forms in translations(code).items():
        for form in forms:
            assert not form or gaps(form) == gaps(english[-1]), english[0]
            assert all(not spec and not change for _, _, spec, change in Formatter().parse(form))


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_translation_has_the_markup_of_its_text(code: str) -> None:
    for english, forms in translations(code).items():
        for form in filter(None, forms):
            assert sorted(MARKUP.findall(form)) == sorted(MARKUP.findall(english[-1])), form
            assert english[-1][0].isascii() or form[0] == english[-1][0], form
            assert form == form.strip(), form


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_command_is_called_by_the_name_it_has_in_that_language(code: str) -> None:
    known = translations(code)
    for english, forms in known.items():
        for name in COMMAND.findall(english[-1]):
            (localized,) = known[(name,)]
            assert all(f"/{localized}" in form for form in forms if form), forms


@pytest.mark.parametrize("code", LANGUAGES)
def test_names_and_descriptions_of_commands_keep_discords_rules(code: str) -> None:
    known = translations(code)
    for english, notes in texts().items():
        for form in known.get(english, ()):
            if NAME_NOTE in notes and form:
                assert NAME.fullmatch(form), form
                assert form == form.lower()
            if DESCRIPTION_NOTE in notes:
                assert len(form) <= 100, form


def test_a_text_that_counts_has_a_form_for_one() -> None:
    assert [text for text in texts() if len(text) == 1 and COUNTED.search(text[0])] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_translation_is_longer_than_its_place(code: str) -> None:
    known = translations(code)
    for place, english in placed():
        limit = {**LIMITS, **TABLES}[place]
        for form in (*english, *known.get(english, ())):
            assert len(form) <= limit, form
    assert all(len(form) <= LONGEST_TEXT for forms in known.values() for form in forms)


def test_every_place_with_a_limit_has_texts() -> None:
    assert {place for place, _ in placed()} == {*LIMITS, *TABLES}


@cache
def placed() -> list[tuple[str, Key]]:
    """Return every text that stands where Discord has a limit, with that place."""
    return [
        (place, text)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_bytes()))
        for place, value in places(node)
        for text in marked(value)
    ]


def places(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield what of a node may hold a text, with the place that it stands in."""
    match node:
        case ast.Call():
            name, keywords = callee(node), node.keywords
        case ast.ClassDef(bases=[ast.Name(id=name)], keywords=keywords):
            pass
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            if name.lstrip("_") in TABLES:
                yield name.lstrip("_"), value
            return
        case _:
            return
    for keyword in keywords:
        place = f"{name}.{keyword.arg}"
        if place in LIMITS:
            yield place, keyword.value


def callee(call: ast.Call) -> str:
    function = call.func.value if isinstance(call.func, ast.Subscript) else call.func
    return ast.unparse(function).rpartition(".")[2]


def marked(node: ast.expr) -> Iterator[Key]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and callee(call) in KEYWORDS and call.args:
            text = call.args[0]
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield (text.value,)
