"""Edit prompt and Continue: a form with the old prompt, and a new video from what is sent back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

from discord import ui

from cogs.ui import modals, sequel
from cogs.ui.cost import cost_of
from cogs.ui.errors import answering
from cogs.ui.language import Language, language_of, private_language
from cogs.ui.lineage import OriginKind
from hailuo.jobs.job import JOB_ID_PATTERN, JobId
from hailuo.wording import N_

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from cogs.ui.client import Client, Interaction
    from cogs.ui.modals import Answers

LABELS: Final[Mapping[OriginKind, str]] = {
    OriginKind.EDIT: N_("Edit prompt"),
    OriginKind.CONTINUE: N_("Continue"),
}
TITLES: Final[Mapping[OriginKind, str]] = {
    OriginKind.EDIT: N_("The same picture, another prompt"),
    OriginKind.CONTINUE: N_("Continue from the last frame"),
}
_KINDS: Final = "|".join(LABELS)
_SOURCES: Final = {
    OriginKind.EDIT: sequel.picture_of,
    OriginKind.CONTINUE: sequel.last_frame_of,
}


class SequelButton(
    ui.DynamicItem[ui.Button[Any]], template=rf"(?P<kind>{_KINDS}):(?P<job>{JOB_ID_PATTERN})"
):
    """Opens the form for a job's sequel."""

    def __init__(self, kind: OriginKind, job_id: JobId, say: Language | None = None) -> None:
        say = say or language_of(None)
        super().__init__(ui.Button(label=say(LABELS[kind]), custom_id=f"{kind}:{job_id}"))
        self.kind = kind
        self.job_id = job_id

    @classmethod
    async def from_custom_id(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button from its kind and job."""
        del interaction, item
        return cls(OriginKind(match["kind"]), JobId(match["job"]))

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Ask for the prompt; a modal cannot be deferred, so nothing slow comes before it."""
        async with answering(interaction):
            job = await sequel.parent_of(interaction, self.job_id)
            await modals.ask(
                interaction,
                f"{self.kind}:{job.id}",
                title=private_language(interaction)(TITLES[self.kind]),
                cost=await cost_of(interaction, sequel.private_in(interaction, job)),
                prompt=job.request.prompt,
            )


async def submit(interaction: Interaction, match: re.Match[str], answers: Answers) -> None:
    """Begin the sequel with the prompt that was sent back."""
    kind = OriginKind(match["kind"])
    job = await sequel.parent_of(interaction, JobId(match["job"]))
    await sequel.begin(
        interaction,
        sequel.origin_in(interaction, kind, job),
        await _SOURCES[kind](interaction, job),
        answers.get(modals.PROMPT, ""),
        prompt_optimizer=job.request.prompt_optimizer,
    )


async def setup(client: Client) -> None:
    """Answer the buttons and forms, those of older processes too."""
    client.add_dynamic_items(SequelButton)
    client.modals.add(rf"(?P<kind>{_KINDS}):(?P<job>{JOB_ID_PATTERN})", submit)
