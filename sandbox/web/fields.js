// Form fields that commands and modals share. Each is {element, read}; what is not given reads as
// undefined. Limits are left to the stand-in: it refuses as Discord would, and says why.

import { h } from "./dom.js";
import { readable } from "./media.js";

let count = 0;

/** Return an id that no other field has. */
export function freshId() {
  count += 1;
  return `field-${count}`;
}

/** Return a field's element: label, description, what was made to fill it in. */
export function labelled(id, { element, control }, { title, description, required }) {
  const hint = description ? h("p", { class: "hint", id: `${id}-hint` }, description) : null;
  if (hint) control.setAttribute("aria-describedby", hint.id);
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, title, required ? h("span", { class: "needed" }, " needed") : null),
    hint,
    element,
  );
}

/** A line of text; a number where the text is one. */
export function line(id, { value, placeholder, most, required, numeric }) {
  const input = h("input", {
    id,
    type: "text",
    value: value ?? "",
    placeholder,
    inputmode: numeric ? "decimal" : null,
    "aria-required": required ? "true" : null,
    autocomplete: "off",
  });
  const read = () => {
    const given = input.value;
    if (numeric)
      return given.trim() === "" ? undefined : Number.isNaN(Number(given)) ? given : Number(given);
    return given === "" ? undefined : given;
  };
  return { element: counted(input, numeric ? null : most), control: input, read };
}

/** A longer text. */
export function paragraph(id, { value, placeholder, most, required, rows }) {
  const input = h("textarea", {
    id,
    rows: rows ?? 3,
    value: value ?? "",
    placeholder,
    "aria-required": required ? "true" : null,
  });
  return {
    element: counted(input, most),
    control: input,
    read: () => (input.value === "" ? undefined : input.value),
  };
}

/** Return a text control with its length beside it, where that is limited. */
export function counted(input, most) {
  if (!most) return h("div", { class: "control" }, input);
  const output = h("output", { class: "count" });
  const tell = () => {
    const length = [...input.value].length;
    output.textContent = `${length} / ${most}`;
    output.classList.toggle("over", length > most);
  };
  input.addEventListener("input", tell);
  input.addEventListener("suggested", tell);
  tell();
  return h("div", { class: "control" }, input, output);
}

/** One of several, in a native list; `options` are {label, value, default}. */
export function dropdown(id, options, { placeholder, required } = {}) {
  const input = h(
    "select",
    { id, "aria-required": required ? "true" : null },
    h("option", { value: "" }, placeholder ?? "Not set"),
    options.map((option, index) =>
      h("option", { value: index, selected: option.default }, option.label),
    ),
  );
  return {
    element: input,
    control: input,
    read: () => (input.value === "" ? undefined : options[Number(input.value)].value),
  };
}

/** Radio buttons or checkboxes in a frame of their own; reads as a list of values. */
export function boxes(id, kind, options, legend, description, required) {
  const element = h(
    "fieldset",
    { class: "field", id },
    h("legend", {}, legend, required ? h("span", { class: "needed" }, " needed") : null),
    description ? h("p", { class: "hint" }, description) : null,
    options.map((option) =>
      h(
        "label",
        { class: "box" },
        h("input", { type: kind, name: id, value: option.value, checked: option.default }),
        h("span", {}, option.label, option.description ? h("small", {}, option.description) : null),
      ),
    ),
  );
  const read = () => [...element.querySelectorAll("input:checked")].map((input) => input.value);
  return { element, control: element.querySelector("input"), read };
}

/** Files from disk, with a preview of pictures; reads as a list of files. */
export function upload(id, { most = 1, required } = {}) {
  const input = h("input", {
    id,
    type: "file",
    multiple: most > 1,
    "aria-required": required ? "true" : null,
  });
  const list = h("ul", { class: "files" });
  const zone = h("div", { class: "drop" }, input, list);
  const show = () => list.replaceChildren(...[...input.files].map((file) => preview(file)));
  input.addEventListener("change", show);
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    input.files = event.dataTransfer.files;
    show();
  });
  return { element: zone, control: input, read: () => [...input.files] };
}

/** Return a list item that shows a file from disk. */
export function preview(file, ...more) {
  const item = h("li", {});
  if (file.type.startsWith("image/")) {
    const address = URL.createObjectURL(file);
    const release = () => URL.revokeObjectURL(address);
    item.append(h("img", { src: address, alt: "", onload: release, onerror: release }));
  }
  item.append(h("span", {}, `${file.name} · ${readable(file.size)}`), ...more);
  return item;
}
