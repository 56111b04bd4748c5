"""Finds the texts that are to be translated; ``babel.cfg`` has Babel call it.

Babel's own reader of Python misses calls inside f-strings and calls nested more than once:
https://github.com/python-babel/babel/issues/1125
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

Found = tuple[int, str, str | tuple[str, ...], list[str]]


def extract(
    file: BinaryIO,
    keywords: Collection[str],
    comment_tags: Collection[str],
    options: Mapping[str, Any],
) -> Iterator[Found]:
    """Yield line, function, text or texts, and the notes to translators, of every marked text."""
    del options
    source = file.read().decode()
    lines = source.splitlines()
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = _name(call.func)
        texts = tuple(_literals(call))
        if name in keywords and texts:
            notes = list(_notes(lines[: call.lineno - 1], tuple(comment_tags)))
            yield call.lineno, name, texts, notes


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _literals(call: ast.Call) -> Iterator[str]:
    for argument in call.args:
        if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
            return
        yield argument.value


def _notes(above: list[str], tags: tuple[str, ...]) -> Iterator[str]:
    """Return what the comment right above a call tells translators."""
    text = above[-1].strip().removeprefix("#").strip() if above else ""
    if text.startswith(tags):
        yield text
