"""Prompt suggestions: a member's own, newest first, whole even where Discord takes only a part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.acceptance.pictures import picture

if TYPE_CHECKING:
    from tests.acceptance.playground import Json, Stage

LONG = "the lighthouse turns " * 12 + "and the waves ROLL in"
SetTheStage = Any


async def suggested(stage: Stage, typed: str, who: str = "alice") -> list[Json]:
    """Return what is suggested to somebody who has typed this much."""
    answer = await stage.discord.post(
        "/sandbox/autocomplete",
        **{"as": who},
        channel=stage.channel,
        name="animate",
        options={"prompt": typed},
        focused="prompt",
    )

    async def choices() -> list[Json] | None:
        found = await stage.interaction(answer["interaction"])
        assert not found["failed"]
        return [found["choices"]] if found["answered"] else None

    (found,) = await stage.until(choices, "the suggestions are there")
    return found


async def test_a_members_own_prompts_are_suggested_and_a_long_one_comes_back_whole(
    set_the_stage: SetTheStage,
) -> None:
    async with set_the_stage(MAX_LIVE_PER_USER="5", QUOTA_PER_USER="9") as stage:
        assert await suggested(stage, "") == []
        for prompt in ("the waves roll in", LONG, "Ein Schiff fährt aus", "the waves roll in"):
            await stage.card(await stage.animate(picture(), prompt=prompt), "animates")
        await stage.animate(picture(), prompt="bob's waves", who="bob")
        everything = await suggested(stage, "")
        assert [choice["name"][:9] for choice in everything] == [
            "the waves",
            "Ein Schif",
            "the light",
        ]
        assert all(len(c["name"]) <= 100 and len(c["value"]) <= 100 for c in everything)
        assert [choice["value"] for choice in await suggested(stage, "FÄHRT")] == [
            "Ein Schiff fährt aus"
        ]
        (short, long) = await suggested(stage, "waves roll")
        assert short["value"] == "the waves roll in"
        await stage.card(await stage.animate(picture(), prompt=long["value"]), "animates")

        async def sent() -> bool:
            prompts = [submit["input"]["prompt"] for submit in await stage.submits()]
            return prompts.count(LONG) == 2

        await stage.until(sent, "the whole prompt is sent")
        # A reference is its member's alone.
        answer = await stage.private_answer(
            await stage.animate(picture(), prompt=long["value"], who="bob")
        )
        assert "no longer stored" in answer
        assert "Nothing was counted" in answer
