// One message, as its reader's client would show it.

import { components } from "./components.js";
import { h } from "./dom.js";
import { embed } from "./embed.js";
import { marked } from "./markdown.js";
import { attachment } from "./media.js";
import { localized, namesIn } from "./names.js";
import { stamp } from "./times.js";

const EPHEMERAL = 64;
const LOADING = 128;
const SIGNATURE = /\?ex=[^"]*?&hm=[0-9a-f]*&?/g;
const QUICK = ["❌", "👍", "❤️", "😂", "🎉", "👀"];
const MENU_COMMAND = 3;
const LONGEST_GIST = 100;

/** Return a message as a list item; `view` is the world as its reader sees it. */
export function message(item, view) {
  const names = namesIn(view);
  const to = { view, message: item, marked: (text) => marked(text, names) };
  const isPrivate = Boolean(item.flags & EPHEMERAL);
  const isForMe = item.mentions.some((user) => user.id === view.me);
  const shape = ["message", isPrivate && "private", isForMe && "for-me"].filter(Boolean).join(" ");
  return h(
    "li",
    {
      id: `message-${item.id}`,
      class: shape,
      "data-key": item.id,
      "data-message": item.id,
      "data-version": version(item, view),
    },
    reference(item, names),
    h(
      "div",
      { class: "head" },
      avatar(item, names),
      h("strong", { class: "author" }, names.member(item.author.id)),
      item.author.bot ? h("span", { class: "badge" }, "app") : null,
      h("span", { class: "when" }, stamp(Date.parse(item.timestamp) / 1000, "t")),
      item.edited_timestamp ? h("span", { class: "when" }, "(edited)") : null,
      tools(item, view, isPrivate),
    ),
    h("div", { class: "body" }, body(item, to)),
    isPrivate ? privately() : null,
    isPrivate ? null : reactions(item),
  );
}

/** Return what there is to hear of a message that is new or has changed. */
export function spoken(item, view) {
  const names = namesIn(view);
  return `${names.member(item.author.id)}: ${gistOf(item, names)}`;
}

function gistOf(item, names) {
  const first = (item.components ?? []).flatMap(texts)[0] ?? item.content;
  const [start] = marked(first, names);
  return start?.textContent.split("\n")[0].slice(0, LONGEST_GIST) || "a file";
}

function texts(component) {
  const inner = [...(component.components ?? []), component.accessory].filter(Boolean);
  return component.type === 10 ? [component.content] : inner.flatMap(texts);
}

/** Two looks at the same content are the same version, though their links are signed anew. */
function version(item, view) {
  const menus = view.commands.map((command) => localized(command, view.locale));
  const shown = JSON.stringify([item, view.me, view.locale, menus, manages(view)]);
  let hash = 5381;
  for (const sign of shown.replace(SIGNATURE, ""))
    hash = (Math.imul(hash, 33) ^ sign.codePointAt(0)) >>> 0;
  return `${shown.length}-${hash.toString(36)}`;
}

function avatar(item, names) {
  const name = names.member(item.author.id);
  const hue = Number(BigInt(item.author.id) % 5n);
  return h(
    "span",
    { class: `avatar hue-${hue}`, "aria-hidden": "true" },
    [...name][0].toUpperCase(),
  );
}

function reference(item, names) {
  const origin = item.interaction_metadata;
  if (item.referenced_message) {
    const target = item.referenced_message;
    const gist = gistOf(target, names);
    return h(
      "p",
      { class: "reference" },
      "↰ replies to ",
      h(
        "a",
        {
          href: "#",
          "data-act": "jump",
          "data-place": target.channel_id,
          "data-message": target.id,
        },
        `${names.member(target.author.id)}: ${gist}`,
      ),
    );
  }
  if (item.message_reference)
    return h("p", { class: "reference" }, "↰ replies to a message that is gone");
  if (!origin) return null;
  const used = item.interaction?.name;
  const sign = item.type === 20 ? "/" : "";
  return h(
    "p",
    { class: "reference" },
    h("strong", {}, names.member(origin.user.id)),
    used ? ` used ${sign}${used}` : " asked for this",
  );
}

function body(item, to) {
  if (item.flags & LOADING) {
    return h(
      "p",
      { class: "loading" },
      `${item.author.username} is thinking`,
      h("span", { "aria-hidden": "true" }, " …"),
    );
  }
  return [
    item.content ? h("div", { class: "text" }, to.marked(item.content)) : null,
    item.attachments.length
      ? h(
          "div",
          { class: "attachments" },
          item.attachments.map((file) => attachment(file, to.view)),
        )
      : null,
    item.embeds.map((one) => embed(one, to)),
    components(item.components ?? [], to),
  ];
}

function privately() {
  return h(
    "p",
    { class: "only-you" },
    "Only you can see this · ",
    h("button", { type: "button", class: "plain", "data-act": "delete" }, "Dismiss"),
  );
}

function reactions(item) {
  const given = item.reactions ?? [];
  if (!given.length) return null;
  return h(
    "div",
    { class: "reactions" },
    given.map(({ emoji, count, me }) =>
      h(
        "button",
        {
          type: "button",
          "data-key": emoji.name,
          "data-act": "react",
          "data-emoji": emoji.name,
          "aria-pressed": String(me),
          "aria-label": `${emoji.name}, ${count}, ${me ? "take yours back" : "add yours"}`,
        },
        `${emoji.name} ${count}`,
      ),
    ),
  );
}

function manages(view) {
  return view.places.find((place) => place.id === view.place)?.may.manage_messages;
}

function tools(item, view, isPrivate) {
  const menus = view.commands.filter((command) => command.type === MENU_COMMAND);
  const isMine = item.author.id === view.me;
  const mine = item.reactions?.filter((one) => one.me).map((one) => one.emoji.name) ?? [];
  return h(
    "div",
    { class: "tools" },
    isPrivate
      ? null
      : h(
          "details",
          { "data-key": "react" },
          h("summary", {}, "React"),
          h(
            "div",
            { role: "group", "aria-label": "Add a reaction" },
            QUICK.map((emoji) =>
              h(
                "button",
                {
                  type: "button",
                  "data-act": "react",
                  "data-emoji": emoji,
                  "aria-pressed": String(mine.includes(emoji)),
                  "aria-label": `React with ${emoji}`,
                },
                emoji,
              ),
            ),
          ),
        ),
    menus.length
      ? h(
          "details",
          { "data-key": "apps" },
          h("summary", {}, "Apps"),
          h(
            "div",
            { role: "group", "aria-label": "Apps" },
            menus.map((command) =>
              h(
                "button",
                { type: "button", "data-act": "menu", "data-command": command.name },
                localized(command, view.locale),
              ),
            ),
          ),
        )
      : null,
    isPrivate
      ? null
      : h(
          "button",
          {
            type: "button",
            class: "plain",
            "data-act": "reply",
            "data-author": item.author.username,
          },
          "Reply",
        ),
    !isPrivate && (isMine || manages(view))
      ? h("button", { type: "button", class: "plain", "data-act": "delete" }, "Delete")
      : null,
  );
}
