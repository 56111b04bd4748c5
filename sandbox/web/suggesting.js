// A text field with choices that the bot suggests while one types (ARIA's combobox pattern).

import { h } from "./dom.js";
import { counted } from "./fields.js";

const PAUSE_MS = 250;

/** A field; `ask(text)` resolves to the choices {name, value}, or to nothing where none came. */
export class Suggesting {
  #ask;
  #choices = [];
  #at = -1;
  #picked = null;
  #timer = null;
  #asked = 0;
  #list;

  constructor(id, { required, most, ask }) {
    this.#ask = ask;
    const list = { id: `${id}-list`, role: "listbox", "aria-label": "Suggestions" };
    this.#list = h("ul", { ...list, class: "choices", hidden: true });
    this.control = h("input", {
      id,
      type: "text",
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": list.id,
      "aria-required": required ? "true" : null,
      autocomplete: "off",
      oninput: () => {
        this.#picked = null;
        this.#soon();
      },
      onfocus: () => this.#soon(),
      onblur: () => this.#close(),
      onkeydown: (event) => this.#press(event),
    });
    this.element = h("div", { class: "suggesting" }, counted(this.control, most), this.#list);
  }

  /** Return the value of what was picked, else what was typed. */
  read = () => this.#picked?.value ?? (this.control.value === "" ? undefined : this.control.value);

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), PAUSE_MS);
  }

  async #refresh() {
    this.#asked += 1;
    const mine = this.#asked;
    const choices = await this.#ask(this.control.value);
    if (mine === this.#asked) this.#show(choices ?? []);
  }

  #show(choices) {
    this.#choices = choices;
    this.#list.replaceChildren(...choices.map((choice, index) => this.#option(choice, index)));
    this.#list.hidden = !choices.length || document.activeElement !== this.control;
    this.control.setAttribute("aria-expanded", String(!this.#list.hidden));
  }

  #option(choice, index) {
    const pick = (event) => {
      event.preventDefault(); // the field keeps the focus
      this.#pick(choice);
    };
    const id = `${this.#list.id}-${index}`;
    return h(
      "li",
      { id, role: "option", "aria-selected": "false", onmousedown: pick },
      choice.name,
    );
  }

  #press(event) {
    const size = this.#choices.length;
    if (this.#list.hidden || !size) return;
    if (event.key === "ArrowDown") this.#mark((this.#at + 1) % size);
    else if (event.key === "ArrowUp") this.#mark((Math.max(this.#at, 0) + size - 1) % size);
    else if (event.key === "Enter" && this.#at >= 0) this.#pick(this.#choices[this.#at]);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #mark(at) {
    this.#at = at;
    for (const [index, item] of [...this.#list.children].entries()) {
      item.setAttribute("aria-selected", String(index === at));
    }
    const marked = this.#list.children[at];
    marked.scrollIntoView({ block: "nearest" });
    this.control.setAttribute("aria-activedescendant", marked.id);
  }

  #pick(choice) {
    this.control.value = choice.name;
    this.#picked = choice;
    this.control.dispatchEvent(new Event("suggested"));
    this.#close();
  }

  #close() {
    this.#list.hidden = true;
    this.#at = -1;
    this.control.setAttribute("aria-expanded", "false");
    this.control.removeAttribute("aria-activedescendant");
  }
}
