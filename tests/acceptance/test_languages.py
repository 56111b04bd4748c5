"""Everybody reads their own language: members in private, a server on its cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.acceptance.pictures import picture
from tests.acceptance.playground import components, texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Stage

SetTheStage = Any


async def answer_to(stage: Stage, name: str, locale: str) -> str:
    """Use a command as alice in a language; return the private answer."""
    act = {"as": "alice", "name": name, "locale": locale, "options": {}}
    sent = await stage.discord.post("/sandbox/commands", channel=stage.channel, **act)
    return await stage.private_answer(sent["interaction"])


async def test_a_member_reads_russian_while_their_card_speaks_the_servers_german(
    set_the_stage: SetTheStage,
) -> None:
    async with set_the_stage(QUOTA_PER_USER="1") as stage:
        await stage.discord.post("/sandbox/guild", action="locale", locale="de")
        first = await stage.animate(picture(), locale="ru")
        done = await stage.card(first, "✅ Fertig")
        drawn = [item for version in done["history"] for item in components(version["message"])]
        assert {"Abbrechen", "Sag mir Bescheid"} <= {item.get("label") for item in drawn}
        assert "zählt als ein Video des Kontingents" in texts_of(done)
        refusal = await stage.private_answer(await stage.animate(picture(), locale="ru"))
        assert "Все твои видео (1 за 24 ч) использованы." in refusal
        assert "Ничего не списано" in refusal
        assert "Осталось видео: **0 из 1**" in await answer_to(stage, "quota", "ru")
        assert "Te queda **0 de 1**" in await answer_to(stage, "quota", "es-419")
        assert "0 of 1" in await answer_to(stage, "quota", "sv-SE")


async def test_a_refused_picture_is_explained_in_the_members_language(stage: Stage) -> None:
    interaction = await stage.animate(picture(200, 200), locale="fr")
    answer = await stage.private_answer(interaction)
    assert "La largeur et la hauteur de l'image doivent toutes deux dépasser 300 pixels." in answer
    assert "Ou prends-la corrigée" in answer or "joins une image plus grande" in answer


async def test_a_card_in_a_direct_message_speaks_its_members_language(stage: Stage) -> None:
    dm = stage.world["channels"]["dm"]
    interaction = await stage.animate(picture(), channel=dm, locale="ja")

    async def done() -> bool:
        shown = await stage.messages("alice", dm)
        return any("✅ 完成" in texts_of(message) for message in shown)

    await stage.until(done, "the card in the direct message is done, in Japanese")
    assert interaction


async def test_a_failed_jobs_reason_is_told_in_the_servers_language(stage: Stage) -> None:
    await stage.discord.post("/sandbox/guild", action="locale", locale="es-ES")
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    interaction = await stage.animate(picture())
    await stage.card(interaction, "En la cola")
    (submit,) = await stage.submits()
    await stage.runcomfy.post(f"/sandbox/requests/{submit['request_id']}", status="failed")
    card = await stage.card(interaction, "⚠️ Ha fallado")
    assert "RunComfy no pudo hacer este vídeo" in texts_of(card)
    assert "inténtalo otra vez" in texts_of(card)


async def test_the_commands_are_registered_in_every_language(stage: Stage) -> None:
    commands = {command["name"]: command for command in stage.world["commands"]}
    animate = commands["animate"]
    assert animate["name_localizations"]["ru"] == "оживить"
    assert animate["name_localizations"]["es-419"] == animate["name_localizations"]["es-ES"]
    assert animate["description_localizations"]["de"] == "Aus einem Bild ein kurzes Video machen."
    options = {option["name"]: option for option in animate["options"]}
    assert options["image"]["name_localizations"]["ja"] == "画像"
    choices = {choice["value"]: choice for choice in options["fit"]["choices"]}
    assert choices["crop"]["name_localizations"]["pt-BR"] == "recortar"
    assert commands["Animate this"]["name_localizations"]["fr"] == "Animer"
    for command in commands.values():
        assert set(command["name_localizations"]) >= {"de", "ru", "ja"}, command["name"]
