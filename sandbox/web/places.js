// Who one is, where one is, and whether the bot is there.

import { draw, h } from "./dom.js";
import { LOCALES } from "./names.js";

/** Draw everything around the messages. */
export function drawPlaces(app) {
  const { view } = app;
  const here = view.places.find((place) => place.id === view.place);
  document.title = `${title(here)} · ${view.guild.name}`;
  draw(document.getElementById("guild"), view.guild.name);
  draw(document.getElementById("place"), title(here), note(here));
  draw(
    document.getElementById("places"),
    h("h2", {}, "Channels"),
    h(
      "ul",
      {},
      view.places.map((place) => entry(place, here, app)),
    ),
  );
  const status = document.getElementById("status");
  status.dataset.connected = String(view.connected);
  draw(status, view.connected ? "The bot is connected" : "The bot is offline");
  people(view, app);
}

/** Return a place's name as one says it. */
export function title(place) {
  if (place.kind === "dm") return "Direct messages";
  return `#${place.name}`;
}

/** Fill the list of languages. */
export function drawLocales(select, locale) {
  draw(
    select,
    Object.entries(LOCALES).map(([value, name]) => h("option", { value, lang: value }, name)),
  );
  select.value = locale;
}

function people(view, app) {
  const select = document.getElementById("me");
  const persons = view.members.filter((member) => !member.bot);
  draw(
    select,
    persons.map((member) =>
      h("option", { value: member.username, "data-key": member.id }, described(member)),
    ),
  );
  select.value = app.as;
}

function described(member) {
  if (member.owner) return `${member.name} (owns the server)`;
  if (member.roles.includes("mod")) return `${member.name} (manages messages)`;
  return member.name;
}

function note(place) {
  const notes = [
    place.kind === "public_thread" && "thread",
    place.archived && "archived",
    place.locked && "locked",
    !place.bot_sees && "hidden from the bot",
    place.kind === "dm" && "with the bot",
  ].filter(Boolean);
  return notes.length ? h("small", {}, ` ${notes.join(", ")}`) : null;
}

function entry(place, here, app) {
  const address = new URLSearchParams({ as: app.as, in: place.key, locale: app.locale });
  const shape = place.parent ? "inner" : null;
  return h(
    "li",
    { class: shape, "data-key": place.id },
    h(
      "a",
      { href: `#${address}`, "aria-current": place.id === here.id ? "page" : null },
      title(place),
    ),
  );
}
