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
        assert "Vídeos restantes: **0 de 1**" in await answer_to(stage, "quota", "es-419")
        assert "0 of 1" in await answer_to(stage, "quota", "sv-SE")


async def test_commands_refusals_and_cards_speak_whoever_reads_them(stage: Stage) -> None:
    """A member alone reads their own language, in a direct message too; a card its server's."""
    check_commands({command["name"]: command for command in stage.world["commands"]})
    refusal = await stage.private_answer(await stage.animate(picture(200, 200), locale="fr"))
    assert "La largeur et la hauteur de l'image doivent toutes deux dépasser 300 pixels." in refusal

    dm = stage.world["channels"]["dm"]
    await stage.animate(picture(), channel=dm, locale="ja")
    await stage.until(lambda: says(stage, dm, "✅ 完成"), "the card in the DM is done, in Japanese")

    await stage.discord.post("/sandbox/guild", action="locale", locale="es-ES")
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    interaction = await stage.animate(picture())
    await stage.card(interaction, "En la cola")
    running = [item for item in await stage.submits() if item["status"] == "in_queue"]
    await stage.runcomfy.post(f"/sandbox/requests/{running[0]['request_id']}", status="failed")
    card = await stage.card(interaction, "⚠️ Ha fallado")
    assert "RunComfy no pudo hacer este vídeo" in texts_of(card)
    assert "inténtalo otra vez" in texts_of(card)


async def says(stage: Stage, channel: str, text: str) -> bool:
    return any(text in texts_of(message) for message in await stage.messages("alice", channel))


def check_commands(commands: dict[str, Any]) -> None:
    """See that names, descriptions, options and choices were registered in every language."""
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
