// A text field with choices that the bot suggests while one types (ARIA's combobox pattern).

import { h } from "./dom.js";
import { counted } from "./fields.js";

const PAUSE_MS = 250;

/** Return a field; `ask(text)` resolves to the choices {name, value}, or null where none came. */
export function suggesting(id, { required, most, ask }) {
  const listId = `${id}-list`;
  const list = h("ul", { id: listId, role: "listbox", class: "choices", hidden: true, "aria-label": "Suggestions" });
  const input = h("input", {
    id, type: "text", role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false",
    "aria-controls": listId, "aria-required": required ? "true" : null, autocomplete: "off",
  });
  const state = { choices: [], at: -1, picked: null, timer: null, asked: 0 };

  const close = () => {
    list.hidden = true;
    state.at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const pick = (choice) => {
    input.value = choice.name;
    state.picked = choice;
    input.dispatchEvent(new Event("suggested"));
    close();
  };
  const mark = (at) => {
    state.at = at;
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
    list.children[at]?.scrollIntoView({ block: "nearest" });
    if (at >= 0) input.setAttribute("aria-activedescendant", list.children[at].id);
  };
  const show = (choices) => {
    state.choices = choices ?? [];
    list.replaceChildren(...state.choices.map((choice, index) =>
      h("li", { role: "option", id: `${listId}-${index}`, "aria-selected": "false", onmousedown: (event) => {
        event.preventDefault(); // the field keeps the focus
        pick(choice);
      } }, choice.name)));
    list.hidden = !state.choices.length || document.activeElement !== input;
    input.setAttribute("aria-expanded", String(!list.hidden));
  };
  const refresh = async () => {
    state.asked += 1;
    const mine = state.asked;
    const choices = await ask(input.value);
    if (mine === state.asked) show(choices);
  };
  const soon = () => {
    clearTimeout(state.timer);
    state.timer = setTimeout(refresh, PAUSE_MS);
  };
  input.addEventListener("input", () => {
    state.picked = null;
    soon();
  });
  input.addEventListener("focus", soon);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const size = state.choices.length;
    if (list.hidden || !size) return;
    if (event.key === "ArrowDown") mark((state.at + 1) % size);
    else if (event.key === "ArrowUp") mark((state.at + size) % size);
    else if (event.key === "Enter" && state.at >= 0) pick(state.choices[state.at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const read = () => state.picked?.value ?? (input.value === "" ? undefined : input.value);
  return { element: h("div", { class: "suggesting" }, counted(input, most), list), control: input, read };
}
