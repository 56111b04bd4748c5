"""Finds the texts that are to be translated; ``babel.cfg`` has Babel call it.

Babel's own reader of Python misses calls inside f-strings and calls nested more than once
(https://github.com/python-babel/babel/issues/1125), and what discord.py makes of a function: a
command with a name, a description, options and choices.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MARK: Final = "N_"
"""The function that stands for a text of a command, which nobody marks by hand."""
NAME_NOTE: Final = "A name: lower case, no spaces, at most 32 characters."
DESCRIPTION_NOTE: Final = "At most 100 characters."
_BESIDE_OPTIONS: Final = frozenset({"self", "interaction"})


class Found(NamedTuple):
    """A marked text, as Babel wants it: where, by which function, and notes to translators."""

    line: int
    function: str
    texts: tuple[str, ...]
    notes: list[str]


def extract(
    file: BinaryIO, keywords: Collection[str], comment_tags: Collection[str], options: object
) -> list[Found]:
    """Return every text of a Python file that somebody reads, in order."""
    del comment_tags, options
    return sorted(_texts(ast.parse(file.read()), keywords))


def _texts(tree: ast.Module, keywords: Collection[str]) -> Iterator[Found]:
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                name, texts = _name(node.func), tuple(_literals(node.args))
                if name in keywords and texts:
                    yield Found(node.lineno, name, texts, [])
            case ast.AsyncFunctionDef():
                yield from _command(node)
            case _:
                pass


def _command(function: ast.AsyncFunctionDef) -> Iterator[Found]:
    """Yield the texts of a function that discord.py makes a command of."""
    decorators = [node for node in function.decorator_list if isinstance(node, ast.Call)]
    if not any(ast.unparse(node.func) == "app_commands.command" for node in decorators):
        return
    line = function.lineno
    description = " ".join((ast.get_docstring(function) or "").partition("\n\n")[0].split())
    yield Found(line, MARK, (function.name,), [NAME_NOTE])
    yield Found(line, MARK, (description,), [DESCRIPTION_NOTE])
    for node in decorators:
        if _name(node.func) == "describe":
            for text in _literals([keyword.value for keyword in node.keywords]):
                yield Found(line, MARK, (text,), [DESCRIPTION_NOTE])
    for option in function.args.args:
        if option.arg not in _BESIDE_OPTIONS:
            yield Found(line, MARK, (option.arg,), [NAME_NOTE])
            for choice in _choices(option.annotation):
                yield Found(line, MARK, (choice,), [DESCRIPTION_NOTE])


def _choices(annotation: ast.expr | None) -> Iterator[str]:
    for node in ast.walk(annotation) if annotation is not None else ():
        if isinstance(node, ast.Subscript) and _name(node.value) == "Literal":
            yield from _literals(getattr(node.slice, "elts", [node.slice]))


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _literals(expressions: Collection[ast.expr]) -> Iterator[str]:
    """Yield the texts that come first; a call's facts follow after them."""
    for expression in expressions:
        if not isinstance(expression, ast.Constant) or not isinstance(expression.value, str):
            return
        yield expression.value
