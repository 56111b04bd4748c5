"""What a person can set or say is documented, and what is documented is so."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest
from discord.ext import commands
from pydantic_core import PydanticUndefined

from cogs import EXTENSIONS
from hailuo.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
ENV_EXAMPLE = (ROOT / ".env.example").read_text()
SETTINGS = sorted(Settings.model_fields)


def default_of(name: str) -> str:
    """Return a setting's default as one would write it in .env."""
    default = Settings.model_fields[name].default
    if default is PydanticUndefined or default is None:
        return ""
    if isinstance(default, tuple | frozenset):
        return ",".join(default)
    return str(default)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_stands_in_the_example_with_its_default(name: str) -> None:
    assert re.search(rf"^{name.upper()}={re.escape(default_of(name))}$", ENV_EXAMPLE, re.MULTILINE)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_stands_in_the_readme_with_its_default_and_meaning(name: str) -> None:
    field = Settings.model_fields[name]
    (row,) = re.findall(rf"^\| `{name.upper()}` \|.*$", README, re.MULTILINE)
    assert field.description is not None
    assert field.description in row
    assert default_of(name) in row


def test_the_example_holds_no_setting_that_does_not_exist() -> None:
    named = re.findall(r"^([A-Z_]+)=", ENV_EXAMPLE, re.MULTILINE)
    assert sorted(named) == sorted(name.upper() for name in SETTINGS)


def cogs() -> list[type[commands.Cog]]:
    """Return every cog that the bot loads."""
    modules = [importlib.import_module(extension) for extension in EXTENSIONS]
    return [
        member
        for module in modules
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, commands.Cog) and member.__module__ == module.__name__
    ]


def test_every_command_stands_in_the_readme() -> None:
    slash = [command.name for cog in cogs() for command in cog.__cog_app_commands__]
    spoken = [command.name for cog in cogs() for command in cog.__cog_commands__]
    assert slash
    assert spoken
    for name in slash:
        assert f"`/{name}" in README
    for name in spoken:
        assert f"`@bot {name}" in README


def test_every_option_of_animate_stands_in_the_readme() -> None:
    (animate,) = [
        command
        for cog in cogs()
        for command in cog.__cog_app_commands__
        if command.name == "animate"
    ]
    for parameter in animate.parameters:  # type: ignore[union-attr]
        assert f"{parameter.name}:" in README


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name} -> {target}"
