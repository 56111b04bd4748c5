"""English texts on their way to people who may read another language."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """Return ``text`` as it is; the mark alone is what puts it into the catalogues."""
    return text


@dataclass(frozen=True, slots=True)
class Wording:
    """An English ``str.format`` template and its facts, to be said in the reader's language.

    A fact that is a marked text itself is translated as well; so are numbers and times.
    """

    text: str
    facts: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def english(self) -> str:
        """The whole text, in English."""
        return self.text.format(**self.facts)

    def dump(self) -> str:
        """Return this as JSON, for the store; a fact that JSON does not know becomes a string."""
        return json.dumps({"text": self.text, "facts": dict(self.facts)}, default=str)

    @classmethod
    def load(cls, stored: str) -> Self:
        """Read what `dump` wrote."""
        data: dict[str, Any] = json.loads(stored)
        return cls(data["text"], data["facts"])
