"""Nothing that somebody reads is left in English alone."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from babel.messages.pofile import read_po

import cogs
import hailuo
from cogs.ui.extraction import extract
from cogs.ui.language import CODES, FOLDER
from hailuo.errors import HailuoError
from hailuo.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
MARKS: Final = {"say": 1, "N_": 1, "plural": 2}
PROSE: Final = re.compile(r"[A-Za-z]{2,}[,;:]? [a-z]{2,}|^\W*[A-Z][a-z]{2,}\W*$")
"""Two words after one another; what the code needs for itself has none."""
WORD: Final = re.compile(r"[A-Za-z]{2,}")
SHOWN: Final = {"label", "placeholder", "title", "text", "content"}
"""Arguments whose single words are shown, too."""
SHOWING: Final = {"TextDisplay", "Section", "send", "send_message", "reply", "answer"}
"""Calls that show what comes first."""
UNSEEN: Final = {
    "exception",
    "info",
    "warning",
    "error",
    "critical",
    "debug",
    "compile",
    "_in_time",
}
"""Calls whose texts go to the log, or are patterns."""
NO_ANSWERS: Final = {
    "cogs/ui/acknowledging.py",  # its words are keys of its own
    "cogs/doctor.py",  # prints to the terminal of who sets the bot up
    "cogs/failures.py",  # as above
    "cogs/ui/gallery.py",  # writes docs/cards.md
    "cogs/ui/extraction.py",  # speaks to translators
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "cogs").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name not in NO_ANSWERS:
            yield name, ast.parse(path.read_bytes())


def unmarked(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the texts that look as if somebody read them, and that nobody has marked."""
    hidden = set(map(id, unread(tree)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            shown = [one.value for one in node.keywords if one.arg in SHOWN]
            if callee(node) in SHOWING:
                shown += node.args[:1]
            for value in shown:
                yield from literals(value, WORD, hidden)
    yield from literals(tree, PROSE, hidden)


def literals(
    tree: ast.AST, pattern: re.Pattern[str], hidden: set[int]
) -> Iterator[tuple[int, str]]:
    if id(tree) in hidden:
        return
    if isinstance(tree, ast.Constant):
        text = tree.value if isinstance(tree.value, str) else ""
        if pattern.search(re.sub(r"\{[^}]*\}", "", text)):
            yield tree.lineno, text
    for child in ast.iter_child_nodes(tree):
        yield from literals(child, pattern, hidden)


def unread(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what no member reads: marked texts, docstrings, logs, evidence, types, sought names."""
    for node in ast.walk(tree):
        match node:
            case ast.Call() if callee(node) in MARKS:
                yield from node.args[: MARKS[callee(node)]]
            case ast.Call() if callee(node) in {*UNSEEN, "create_task", "describe"}:
                yield node
            case ast.Call(args=[evidence, *_]) if is_raised(node):
                yield evidence
            case ast.Expr(value=ast.Constant() as docstring):
                yield docstring
            case ast.AnnAssign(annotation=ast.Name("TypeAlias")):
                yield node
            case ast.AnnAssign():
                yield node.annotation
            case ast.Compare():
                yield node.left
            case ast.ClassDef():
                yield from node.keywords  # templates of custom ids
            case _:
                pass


def is_raised(call: ast.Call) -> bool:
    """Tell whether a call's first argument is an error's evidence, written by its class or not."""
    by_its_class = callee(call) == "__init__" and isinstance(call.args[0], ast.Constant)
    return by_its_class or callee(call).endswith("Error")


def callee(call: ast.Call) -> str:
    function = call.func.value if isinstance(call.func, ast.Subscript) else call.func
    return ast.unparse(function).rpartition(".")[2]


def test_no_cog_says_anything_that_is_not_translated() -> None:
    found = [f"{name}:{line} {text!r}" for name, tree in sources() for line, text in unmarked(tree)]
    assert found == []


def test_an_unmarked_text_is_found() -> None:
    for code in (
        'send("Hello")',
        'ui.Button(label="Go")',
        'lines.append(f"You have {count} videos left")',
        'ui.TextDisplay[Any]("Done")',
        'LABELS: Final = {SHOW: "Show"}',
        'lines.append(f"Job {job}")',
    ):
        assert list(unmarked(ast.parse(code))), code
    for code in (
        'send(say("Hello"))',
        'ui.Button(label=say("Go"), custom_id=f"go:{job_id}")',
        'log.info("this is for the log")',
        'raise CardGoneError("nobody reads this")',
    ):
        assert not list(unmarked(ast.parse(code))), code


def errors() -> Iterator[type[HailuoError]]:
    for package in (hailuo, cogs):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith(("__main__", ".env")) and "versions" not in module.name:
                importlib.import_module(module.name)
    pending = [HailuoError]
    while pending:
        kind = pending.pop()
        yield kind
        pending += kind.__subclasses__()


@cache
def texts() -> set[tuple[str, ...]]:
    """Return every marked text of the code."""
    found: set[tuple[str, ...]] = set()
    for folder in ("cogs", "hailuo"):
        for path in (ROOT / folder).rglob("*.py"):
            if path != ROOT / "hailuo" / "children" / "child.py":
                with path.open("rb") as file:
                    found |= {
                        text.texts[: MARKS[text.function]] for text in extract(file, MARKS, (), {})
                    }
    return found


def test_every_errors_sentence_is_marked() -> None:
    marked = texts()
    sentences = {
        kind.sentence for kind in errors() if kind.__module__.startswith(("hailuo", "cogs"))
    }
    missing = {text for text in sentences if (text,) not in marked}
    assert missing == {ConfigurationError.sentence}


@pytest.mark.parametrize("code", sorted(set(CODES.values())))
def test_every_text_is_translated(code: str) -> None:
    """After a change to a text: ``make words``, then the catalogues."""
    with (FOLDER / code / "LC_MESSAGES" / "hailuo.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    done = {
        key(message.id)
        for message in catalogue
        if message.id and all(key(message.string)) and not message.fuzzy
    }
    assert texts() - done == set()
    assert done - texts() == set(), "texts that the code no longer has: run make words"


def key(text: Any) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)
