// The page: one member's view of one channel, kept up to date. Where one is stands in the address,
// so that a reload stays there and two windows can be two people.

import { listen } from "./acts.js";
import { watch } from "./api.js";
import { close } from "./command.js";
import { Composer } from "./composer.js";
import { draw, h } from "./dom.js";
import { message, spoken } from "./message.js";
import { openModal } from "./modal.js";
import { LOCALES } from "./names.js";
import { drawLocales, drawPlaces, title } from "./places.js";
import { speak, tick } from "./times.js";

const TICK_MS = 1000;
const NEAR_THE_END_PX = 80;
const [messages, scroll, panel, notice, announcer] = [
  "messages",
  "scroll",
  "command",
  "notice",
  "announcer",
].map((id) => document.getElementById(id));

const app = {
  as: "alice",
  place: "text",
  locale: "en-US",
  view: null,
  tell: (text) => {
    const close = { type: "button", class: "plain", onclick: () => app.tell("") };
    draw(notice, text ? [h("p", {}, text), h("button", close, "Close")] : []);
  },
  focusText: () => document.getElementById("text").focus(),
  openModal: (seen) => openModal(seen, app),
  go: (place, target) => {
    const found = app.view.places.find((one) => one.id === place);
    if (!found) return app.tell("That channel is not there, or not for you to see.");
    jumpTo = target ?? null;
    if (found.id === app.view.place) return jump();
    return visit({ in: found.key });
  },
  reply: (target, author) => writing.reply(target, author),
};
const writing = new Composer(app);
let watching = new AbortController();
let jumpTo = null;
let isAtEnd = true;
let heard = new Map();
let refusal = "";

function visit(change) {
  const address = new URLSearchParams({ as: app.as, in: app.place, locale: app.locale, ...change });
  location.hash = address;
}

function arrive() {
  const address = new URLSearchParams(location.hash.slice(1));
  app.as = address.get("as") ?? "alice";
  app.place = address.get("in") ?? "text";
  app.locale = address.get("locale") in LOCALES ? address.get("locale") : "en-US";
  speak(app.locale);
  drawLocales(document.getElementById("locale"), app.locale);
  if (!panel.hidden) close(panel, app);
  writing.reply(null);
  app.tell(refusal);
  refusal = "";
  watching.abort();
  watching = new AbortController();
  isAtEnd = true;
  heard = new Map();
  watch(app.as, app.place, {
    onView: show,
    onRefusal: refuse,
    onOutage: miss,
    signal: watching.signal,
  });
}

function show(view) {
  const isFirst = heard.size === 0;
  app.view = { ...view, locale: app.locale };
  drawPlaces(app);
  const here = view.places.find((place) => place.id === view.place);
  writing.show(here, title(here));
  draw(
    messages,
    view.messages.length ? view.messages.map((item) => message(item, app.view)) : welcome(),
  );
  announce(isFirst);
  if (jumpTo) jump();
  else follow();
}

function welcome() {
  return h(
    "li",
    { class: "welcome", "data-key": "welcome" },
    h("p", {}, h("strong", {}, "Nothing here yet.")),
    h(
      "p",
      {},
      "Press “/ Commands”, choose /animate, give it a picture and a prompt, and watch. Nothing leaves this machine and nothing costs anything.",
    ),
  );
}

function announce(isFirst) {
  const texts = new Map(app.view.messages.map((item) => [item.id, spoken(item, app.view)]));
  const news = [...texts].filter(([id, text]) => heard.get(id) !== text).map(([, text]) => text);
  if (!isFirst && news.length) announcer.textContent = news.at(-1);
  heard = texts.size ? texts : new Map([["", ""]]);
}

function refuse(error) {
  if (app.place === "text" && app.as === "alice") return app.tell(error.message);
  refusal = error.message; // told on arrival, where the notice starts anew
  visit(app.place === "text" ? { as: "alice" } : { in: "text" });
}

function miss() {
  const status = document.getElementById("status");
  status.dataset.connected = "false";
  draw(status, "The sandbox does not answer; trying again …");
}

function jump() {
  const target = jumpTo && document.getElementById(`message-${jumpTo}`);
  if (!jumpTo) return;
  jumpTo = null;
  if (!target) return app.tell("That message is gone.");
  isAtEnd = false;
  target.tabIndex = -1;
  target.scrollIntoView({ block: "center" });
  target.focus({ preventScroll: true });
}

function follow() {
  if (isAtEnd) scroll.scrollTop = scroll.scrollHeight;
}

function closeMenu(event) {
  const menu = event.target.closest?.("details[open]");
  if (menu?.closest("#messages")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (!panel.hidden && panel.contains(event.target)) close(panel, app);
  else if (notice.childElementCount) app.tell("");
}

scroll.addEventListener("scroll", () => {
  isAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_THE_END_PX;
});
// Pictures that arrive late, and menus that open, move the end.
new ResizeObserver(follow).observe(messages);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.getElementById("modal").open) closeMenu(event);
});
document
  .getElementById("me")
  .addEventListener("change", (event) => visit({ as: event.target.value }));
document
  .getElementById("locale")
  .addEventListener("change", (event) => visit({ locale: event.target.value }));
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  app.focusText();
});
window.addEventListener("hashchange", arrive);
setInterval(tick, TICK_MS);
listen(messages, app);
arrive();
