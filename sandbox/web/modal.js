// The form a bot shows in a dialog.

import { answered, packed, post } from "./api.js";
import { MODAL, reason, unanswered } from "./answer.js";
import { choices } from "./components.js";
import { h } from "./dom.js";
import * as fields from "./fields.js";
import { marked } from "./markdown.js";
import { namesIn } from "./names.js";

const TEXT_INPUT = 4;
const STRING_SELECT = 3;
const FILE_UPLOAD = 19;
const RADIO_GROUP = 21;
const CHECKBOX_GROUP = 22;
const CHECKBOX = 23;

/** Show the modal of an interaction; closing it is telling nobody. */
export function openModal({ interaction, modal }, app) {
  const dialog = document.getElementById("modal");
  const asked = modal.components.flatMap((item) => parts(item, app));
  const problem = h("p", { class: "problem", role: "alert" });
  const submit = h("button", { type: "submit", class: "primary" }, "Submit");
  const form = h(
    "form",
    {
      novalidate: true,
      autocomplete: "off",
      onsubmit: (event) => {
        event.preventDefault();
        send({ dialog, interaction, asked, problem, submit, as: app.as, app });
      },
    },
    h("h2", { id: "modal-title" }, modal.title),
    asked.map((part) => part.element),
    problem,
    h(
      "div",
      { class: "ends" },
      h("button", { type: "button", class: "secondary", onclick: () => dialog.close() }, "Cancel"),
      submit,
    ),
  );
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
  asked.find((part) => part.control)?.control.focus();
}

async function send({ dialog, interaction, asked, problem, submit, as, app }) {
  if (submit.getAttribute("aria-busy") === "true") return;
  submit.setAttribute("aria-busy", "true");
  problem.textContent = "";
  try {
    const body = { as, interaction, values: {}, files: {}, locale: app.locale };
    for (const part of asked) {
      if (part.files) body.files[part.name] = await packed(part.read());
      else if (part.name) body.values[part.name] = part.read();
    }
    const sent = await post("/modals", body);
    const seen = await answered(sent.interaction);
    if (seen.type === MODAL) return openModal(seen, app);
    problem.textContent = unanswered(seen) ?? "";
    if (seen.answered) dialog.close();
  } catch (error) {
    problem.textContent = reason(error);
  } finally {
    submit.removeAttribute("aria-busy");
  }
}

/** Return a component's parts: what is shown, and, for a field, its name and how to read it. */
function parts(component, app) {
  if (component.type === 10)
    return [{ element: h("div", { class: "text" }, marked(component.content, namesIn(app.view))) }];
  if (component.type === 1)
    return component.components.map((item) => field(item, item.label, null, app));
  return [field(component.component, component.label, component.description, app)];
}

function field(item, title, description, app) {
  const made = control(item, title, description, app);
  return { name: item.custom_id, files: item.type === FILE_UPLOAD, ...made };
}

function control(item, title, description, app) {
  const id = fields.freshId();
  const required = item.type !== CHECKBOX && item.required !== false;
  const wrap = (made, read = made.read) => ({
    element: fields.labelled(id, made, { title, description, required }),
    control: made.control,
    read,
  });
  if (item.type === TEXT_INPUT) {
    const common = {
      value: item.value,
      placeholder: item.placeholder,
      most: item.max_length,
      required,
    };
    const made =
      item.style === 2 ? fields.paragraph(id, { ...common, rows: 4 }) : fields.line(id, common);
    return wrap(made, () => made.read() ?? "");
  }
  if (item.type === FILE_UPLOAD)
    return wrap(fields.upload(id, { most: item.max_values ?? 1, required }));
  if (item.type === RADIO_GROUP) {
    const made = fields.boxes(id, "radio", item.options, title, description, required);
    return { ...made, read: () => made.read()[0] };
  }
  if (item.type === CHECKBOX_GROUP)
    return fields.boxes(id, "checkbox", item.options, title, description, required);
  if (item.type === CHECKBOX) {
    const made = fields.boxes(
      id,
      "checkbox",
      [{ label: title, value: "on", description, default: item.default }],
      title,
      null,
      false,
    );
    return { ...made, read: () => made.read().length > 0 };
  }
  const options = item.type === STRING_SELECT ? item.options : choices(item, app.view);
  if ((item.max_values ?? 1) > 1)
    return fields.boxes(id, "checkbox", options, title, description, required);
  const made = fields.dropdown(id, options, {
    placeholder: item.placeholder ?? "Choose",
    required,
  });
  return wrap(made, () => [made.read()].filter((value) => value !== undefined));
}
