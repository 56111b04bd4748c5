// What can be done with a message: press, choose, react, reply, delete, use a menu's command.

import { post, remove } from "./api.js";
import { perform } from "./answer.js";

const ACTS = {
  press: ({ item, message, app }) => component(app, message, item, []),
  choose: ({ item, message, app }) => {
    item.closest("details").open = false;
    return component(app, message, item, [item.dataset.value]);
  },
  "choose-several": ({ item, message, app }) => {
    const menu = item.closest("details");
    const values = [...menu.querySelectorAll("input:checked")].map((input) => input.value);
    menu.open = false;
    return component(app, message, item, values);
  },
  react: ({ item, message, app }) => {
    const body = { as: app.as, message, emoji: item.dataset.emoji };
    const menu = item.closest("details");
    if (menu) menu.open = false;
    return item.getAttribute("aria-pressed") === "true"
      ? remove("/reactions", body)
      : post("/reactions", body);
  },
  menu: ({ item, message, app }) => {
    item.closest("details").open = false;
    return post("/commands", {
      as: app.as,
      name: item.dataset.command,
      menu: { message },
      locale: app.locale,
    });
  },
  delete: ({ message, app }) => remove(`/messages/${message}`, { as: app.as }),
};

/** Listen for acts on all messages in an element, now and later. */
export function listen(messages, app) {
  messages.addEventListener("click", (event) => {
    const item = event.target.closest("[data-act]");
    if (item) act(item, event, app);
  });
  messages.addEventListener("keydown", (event) => {
    const isButton = event.target.matches("[role=button][data-act]");
    if (isButton && (event.key === "Enter" || event.key === " ")) act(event.target, event, app);
  });
}

function act(item, event, app) {
  event.preventDefault();
  const message = item.closest("[data-message]")?.dataset.message;
  if (item.dataset.act === "jump") app.go(item.dataset.place, item.dataset.message);
  else if (item.dataset.act === "reveal") item.classList.add("revealed");
  else if (item.dataset.act === "reply") app.reply(message, item.dataset.author);
  else perform(() => ACTS[item.dataset.act]({ item, message, app }), app, { busy: item });
}

function component(app, message, item, values) {
  return post("/components", {
    as: app.as,
    message,
    custom_id: item.dataset.custom,
    values,
    locale: app.locale,
  });
}
