"""A message's component tree: what is wrong with it, and how it is kept."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from sandbox.discord.messages import media
from sandbox.discord.messages.emoji import is_emoji
from sandbox.discord.messages.palette import (
    LEGACY_SHAPE,
    LINK_STYLE,
    MAX_COMPONENTS,
    MAX_TEXT,
    PREMIUM_STYLE,
    SELECTS,
    V2_SHAPE,
    Kind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.discord.attachments import Attachment
    from sandbox.discord.shapes import Complaints, Path

Json = dict[str, Any]


def check(given: Any, path: Path, complaints: Complaints, *, v2: bool) -> list[Json]:
    """Note everything wrong with a message's component tree; return it clean if it is right."""
    shape = V2_SHAPE if v2 else LEGACY_SHAPE
    shape.check(given, path, complaints)
    if complaints.tree:
        return []
    components = shape.clean(given)
    _check_totals(components, path, complaints)
    seen: set[str] = set()
    for place, component in places(components, path):
        kind = component["type"]
        if kind == Kind.BUTTON:
            _check_button(component, place, complaints)
        elif kind in SELECTS:
            check_select(component, place, complaints)
        elif kind == Kind.ROW:
            _check_width(component, place, complaints)
        custom_id = component.get("custom_id")
        if custom_id in seen:
            complaints.add(
                (*place, "custom_id"),
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            )
        elif custom_id:
            seen.add(custom_id)
    return components


def places(components: Sequence[Json], path: Path) -> Iterator[tuple[Path, Json]]:
    """Yield every component with its place in the request."""
    for index, component in enumerate(components):
        here = (*path, index)
        yield here, component
        yield from places(component.get("components") or (), (*here, "components"))
        if component.get("accessory"):
            yield (*here, "accessory"), component["accessory"]


def check_select(component: Json, place: Path, complaints: Complaints) -> None:
    """Note options that clash, or a number of values that cannot be chosen."""
    options = component.get("options") or ()
    values = [option["value"] for option in options]
    for index, value in enumerate(values):
        if value in values[:index]:
            complaints.add(
                (*place, "options", index, "value"),
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                "The specified option value is already used",
            )
    _check_counts(component, place, complaints)


def _check_counts(component: Json, place: Path, complaints: Complaints) -> None:
    """Note bounds that clash with each other, with the options, or with those chosen before."""
    fewest, most = component.get("min_values"), component.get("max_values")
    fewest, most = 1 if fewest is None else fewest, 1 if most is None else most
    if most < fewest:
        complaints.add(
            (*place, "max_values"),
            "SELECT_COMPONENT_INVALID_MAX_VALUES",
            "max_values must be at least min_values",
        )
    if component["type"] != Kind.STRING_SELECT:
        return
    options = component["options"]
    for name, bound in (("min_values", fewest), ("max_values", most)):
        if bound > len(options):
            complaints.add(
                (*place, name),
                f"SELECT_COMPONENT_INVALID_{name.upper()}",
                f"{name} must be at most the number of options",
            )
    if sum(bool(option.get("default")) for option in options) > most:
        complaints.add(
            (*place, "options"),
            "SELECT_COMPONENT_TOO_MANY_DEFAULTS",
            "There may be no more defaults than max_values",
        )


def store(
    components: Sequence[Json], files: Sequence[Attachment], path: Path, complaints: Complaints
) -> list[Json]:
    """Return the tree as Discord keeps it: ids and defaults filled in, media by file id."""
    taken = {item["id"] for _, item in places(components, path) if item.get("id")}
    free = (number for number in count(1) if number not in taken)
    media_ids = count(1)
    keeper = _Keeper(files, free, media_ids, complaints)
    return [keeper.keep(item, (*path, index)) for index, item in enumerate(components)]


_DEFAULTS: dict[int, Json] = {
    Kind.BUTTON: {},
    **{kind: {"min_values": 1, "max_values": 1} for kind in SELECTS},
    Kind.THUMBNAIL: {"description": None, "spoiler": False},
    Kind.FILE: {"spoiler": False},
    Kind.SEPARATOR: {"divider": True, "spacing": 1},
    Kind.CONTAINER: {"accent_color": None, "spoiler": False},
}


class _Keeper:
    """Turns checked components into stored ones."""

    def __init__(
        self,
        files: Sequence[Attachment],
        free_ids: Iterator[int],
        media_ids: Iterator[int],
        complaints: Complaints,
    ) -> None:
        self._files = files
        self._free_ids = free_ids
        self._media_ids = media_ids
        self._complaints = complaints

    def keep(self, component: Json, path: Path) -> Json:
        kept = {**_DEFAULTS.get(component["type"], {}), **component}
        kept["id"] = component.get("id") or next(self._free_ids)
        if "components" in kept:
            kept["components"] = [
                self.keep(item, (*path, "components", index))
                for index, item in enumerate(kept["components"])
            ]
        if "accessory" in kept:
            kept["accessory"] = self.keep(kept["accessory"], (*path, "accessory"))
        for key in ("media", "file"):
            if key in kept:
                kept[key] = self._refer(kept[key], (*path, key))
        if "items" in kept:
            kept["items"] = [
                {
                    "description": item.get("description"),
                    "spoiler": bool(item.get("spoiler")),
                    "media": self._refer(item["media"], (*path, "items", index, "media")),
                }
                for index, item in enumerate(kept["items"])
            ]
        return kept

    def _refer(self, item: Json, path: Path) -> Json:
        return media.refer(item, self._files, next(self._media_ids), path, self._complaints)


def _check_totals(components: Sequence[Json], path: Path, complaints: Complaints) -> None:
    everything = [component for _, component in places(components, path)]
    if len(everything) > MAX_COMPONENTS:
        complaints.add(
            path,
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            f"The maximum number of total components is {MAX_COMPONENTS}",
        )
    ids = [component["id"] for component in everything if component.get("id")]
    if len(ids) != len(set(ids)):
        complaints.add(path, "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
    text = sum(len(item["content"]) for item in everything if item["type"] == Kind.TEXT_DISPLAY)
    if text > MAX_TEXT:
        complaints.add(
            path,
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            f"The total displayable text size exceeds the maximum of {MAX_TEXT}",
        )


def _check_width(row: Json, place: Path, complaints: Complaints) -> None:
    items = row["components"]
    if len(items) > 1 and any(item["type"] in SELECTS for item in items):
        complaints.add(
            (*place, "components", 1),
            "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
            "The specified component exceeds the maximum width",
        )


def _check_button(button: Json, place: Path, complaints: Complaints) -> None:
    style = button["style"]
    wanted = {LINK_STYLE: "url", PREMIUM_STYLE: "sku_id"}.get(style, "custom_id")
    if not button.get(wanted):
        complaints.add((*place, wanted), "BASE_TYPE_REQUIRED", "This field is required")
    for other in {"custom_id", "url", "sku_id"} - {wanted}:
        if button.get(other):
            complaints.add(
                (*place, other),
                "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
                f"A button of style {style} cannot have {other}",
            )
    emoji = button.get("emoji") or {}
    if style != PREMIUM_STYLE and not button.get("label") and not emoji:
        complaints.add(
            place, "BUTTON_COMPONENT_LABEL_REQUIRED", "A button must have a label or an emoji"
        )
    if emoji and (emoji.get("id") or not is_emoji(emoji.get("name") or "")):
        complaints.add((*place, "emoji", "name"), "COMPONENT_INVALID_EMOJI", "Invalid emoji")
