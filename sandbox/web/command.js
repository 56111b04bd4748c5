// Commands one types: the list of them, and the form of one.

import { answered, packed, post, Refusal } from "./api.js";
import { perform } from "./answer.js";
import { h } from "./dom.js";
import * as fields from "./fields.js";
import { localized } from "./names.js";
import { Suggesting } from "./suggesting.js";

const CHAT_INPUT = 1;
const SUB_COMMAND = 1;
const SUB_COMMAND_GROUP = 2;
const LONG_TEXT = 200;
const Kind = {
  STRING: 3,
  INTEGER: 4,
  BOOLEAN: 5,
  USER: 6,
  CHANNEL: 7,
  ROLE: 8,
  MENTIONABLE: 9,
  NUMBER: 10,
  ATTACHMENT: 11,
};

/** Return the typed commands offered here, sub-commands apart, whose name starts with a text. */
export function offered(app, typed = "") {
  const wanted = typed.toLowerCase();
  return app.view.commands
    .filter((command) => command.type === CHAT_INPUT)
    .flatMap((command) => leaves(command, command.name, localized(command, app.locale), app.locale))
    .filter(({ name, title }) => title.startsWith(wanted) || name.startsWith(wanted))
    .sort((one, other) => one.title.localeCompare(other.title));
}

function leaves(item, name, title, locale) {
  const nested = (item.options ?? []).filter(
    ({ type }) => type === SUB_COMMAND || type === SUB_COMMAND_GROUP,
  );
  if (!nested.length) return [{ item, name, title }];
  return nested.flatMap((inner) =>
    leaves(inner, `${name} ${inner.name}`, `${title} ${localized(inner, locale)}`, locale),
  );
}

/** Show the commands in the panel, to be found by name; choosing one shows its form. */
export function showCommands(panel, app, typed = "") {
  const list = h("ul", { class: "commands" });
  const search = h("input", {
    type: "text",
    value: typed,
    "aria-label": "Find a command",
    placeholder: "Find a command",
    autocomplete: "off",
  });
  const nothing = app.view.connected
    ? "No command of that name is offered here."
    : "The bot is not connected.";
  const show = () => {
    const found = offered(app, search.value).map((command) =>
      h(
        "li",
        {},
        h(
          "button",
          { type: "button", class: "command", onclick: () => showForm(panel, app, command) },
          h("strong", {}, `/${command.title}`),
          h("span", {}, localized(command.item, app.locale, "description")),
        ),
      ),
    );
    list.replaceChildren(...(found.length ? found : [h("li", {}, nothing)]));
  };
  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    const first = list.querySelector("button");
    if (event.key === "Enter") first?.click();
    else if (event.key === "ArrowDown") first?.focus();
    else return;
    event.preventDefault();
  });
  show();
  open(panel, [h("h2", {}, "Commands"), search, list]);
}

/** Show one command's form. */
export function showForm(panel, app, command) {
  const { item, name, title } = command;
  const asked = (item.options ?? []).map((option) => field(option, app, name, () => values(asked)));
  const submit = h("button", { type: "submit", class: "primary" }, "Run");
  const problem = h("p", { class: "problem", role: "alert" });
  const away = { type: "button", class: "secondary", onclick: () => close(panel, app) };
  const form = h(
    "form",
    { novalidate: true, autocomplete: "off", "aria-label": `/${title}` },
    h("h2", {}, `/${title}`),
    h("p", { class: "hint" }, localized(item, app.locale, "description")),
    asked.map((one) => one.element),
    problem,
    h("div", { class: "ends" }, h("button", away, "Cancel"), submit),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run({ panel, app, name, asked, problem, submit });
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) form.requestSubmit();
  });
  open(panel, [form]);
}

/** Use the command. The form stays until the stand-in takes it, and tells why if it does not. */
function run({ panel, app, name, asked, problem, submit }) {
  const act = async () => {
    const { as, place: channel, locale } = app;
    const [options, files] = [values(asked), await attached(asked)];
    const sent = await post("/commands", { as, channel, name, options, files, locale });
    close(panel, app);
    return sent;
  };
  const tell = (text) => {
    if (panel.contains(problem)) problem.textContent = text;
    else app.tell(text);
  };
  return perform(act, app, { busy: submit, tell });
}

/** Put the panel away; the focus goes back to where one writes. */
export function close(panel, app) {
  panel.hidden = true;
  panel.replaceChildren();
  app.focusText();
}

function open(panel, children) {
  panel.hidden = false;
  panel.replaceChildren(...children);
  panel.querySelector("input, textarea, select, button")?.focus();
}

function field(option, app, command, others) {
  const id = fields.freshId();
  const made = control(option, id, app, command, others);
  const element = fields.labelled(id, made, {
    title: localized(option, app.locale),
    description: localized(option, app.locale, "description"),
    required: option.required,
  });
  return { ...made, name: option.name, isFile: option.type === Kind.ATTACHMENT, element };
}

function control(option, id, app, command, others) {
  const { type, required } = option;
  if (option.choices?.length) {
    const choices = option.choices.map((choice) => ({
      label: localized(choice, app.locale),
      value: choice.value,
    }));
    return fields.dropdown(id, choices, { required });
  }
  if (type === Kind.ATTACHMENT) return fields.upload(id, { required });
  if (type === Kind.BOOLEAN)
    return fields.dropdown(
      id,
      [
        { label: "True", value: true },
        { label: "False", value: false },
      ],
      { required },
    );
  if (option.autocomplete) {
    const ask = (text) => suggestions(app, command, others(), option, text);
    return new Suggesting(id, { required, most: option.max_length, ask });
  }
  const entities = named(type, app.view);
  if (entities) return fields.dropdown(id, entities, { required });
  const numeric = type === Kind.INTEGER || type === Kind.NUMBER;
  if (!numeric && (option.max_length ?? Infinity) > LONG_TEXT) {
    const made = fields.paragraph(id, { most: option.max_length, required, rows: 2 });
    return { ...made, read: () => made.read()?.replace(/\s*\n\s*/g, " ") };
  }
  return fields.line(id, { most: option.max_length, required, numeric });
}

function named(type, view) {
  const list = (items, sign) =>
    items.map(({ id, name }) => ({ value: id, label: `${sign}${name}` }));
  const people = list(view.members, "@");
  const roles = list(
    view.roles.filter((role) => role.id !== view.guild.id),
    "@",
  );
  const places = list(
    view.places.filter((place) => place.kind !== "dm"),
    "#",
  );
  return {
    [Kind.USER]: people,
    [Kind.ROLE]: roles,
    [Kind.MENTIONABLE]: [...people, ...roles],
    [Kind.CHANNEL]: places,
  }[type];
}

async function suggestions(app, name, options, option, text) {
  const numeric = option.type !== Kind.STRING;
  try {
    const { interaction } = await post("/autocomplete", {
      as: app.as,
      channel: app.place,
      name,
      locale: app.locale,
      focused: option.name,
      options: { ...options, [option.name]: numeric && text ? Number(text) : text },
    });
    const { choices } = await answered(interaction);
    return choices?.map((choice) => ({ name: localized(choice, app.locale), value: choice.value }));
  } catch (error) {
    if (error instanceof Refusal) return null; // another field is wrong yet; Run will say so
    throw error;
  }
}

function values(asked) {
  return Object.fromEntries(
    asked
      .filter((one) => !one.isFile)
      .map((one) => [one.name, one.read()])
      .filter(([, value]) => value !== undefined),
  );
}

async function attached(asked) {
  const given = asked.filter((one) => one.isFile && one.read().length);
  const files = await packed(given.map((one) => one.read()[0]));
  return Object.fromEntries(given.map((one, index) => [one.name, files[index]]));
}
