// A message's component tree (Components V2 and the older rows) as elements.

import { h } from "./dom.js";
import { jumpTarget } from "./markdown.js";
import { fileLink, local, mediaItem } from "./media.js";

const STYLES = {
  1: "primary",
  2: "secondary",
  3: "success",
  4: "danger",
  5: "link",
  6: "secondary",
};
const SELECTS = new Set([3, 5, 6, 7, 8]);
const DRAWN = {
  1: row,
  2: button,
  9: section,
  10: text,
  11: thumbnail,
  12: gallery,
  13: file,
  14: separator,
  17: container,
};

/** Return elements for components; `to` holds the view, the message and how to mark text. */
export function components(tree, to) {
  return tree.map((item) => component(item, to));
}

function component(item, to) {
  if (SELECTS.has(item.type)) return select(item, to);
  const drawn = DRAWN[item.type];
  return drawn ? drawn(item, to) : h("p", { class: "file" }, `(a component of type ${item.type})`);
}

function container(item, to) {
  const box = h(
    "section",
    { class: "container", "data-key": item.id },
    components(item.components, to),
  );
  if (item.accent_color !== null && item.accent_color !== undefined) {
    box.style.setProperty("--accent-color", `#${item.accent_color.toString(16).padStart(6, "0")}`);
  }
  return item.spoiler ? h("details", {}, h("summary", {}, "Spoiler"), box) : box;
}

function section(item, to) {
  return h(
    "div",
    { class: "section", "data-key": item.id },
    h("div", {}, components(item.components, to)),
    component(item.accessory, to),
  );
}

function text(item, to) {
  return h("div", { class: "text", "data-key": item.id }, to.marked(item.content));
}

function thumbnail(item, to) {
  return h("div", { class: "thumbnail", "data-key": item.id }, mediaItem(item, to.view));
}

function gallery(item, to) {
  const several = item.items.length > 1 ? "gallery several" : "gallery";
  return h(
    "div",
    { class: several, "data-key": item.id },
    item.items.map((one) => mediaItem(one, to.view)),
  );
}

function file(item, to) {
  return fileLink(item.name, item.size ?? 0, local(item.file.url, to.view) ?? item.file.url);
}

function separator(item) {
  const size = item.spacing === 2 ? "wide" : "narrow";
  return item.divider ? h("hr", { class: size }) : h("div", { class: `space ${size}` });
}

function row(item, to) {
  return h("div", { class: "buttons", "data-key": item.id }, components(item.components, to));
}

function button(item, to) {
  const face = [item.emoji?.name, item.label].filter(Boolean).join(" ");
  const look = { class: STYLES[item.style], "data-key": item.custom_id ?? item.id };
  if (item.style === 5) {
    const target = jumpTarget(item.url);
    if (target) {
      return h(
        "a",
        {
          ...look,
          href: "#",
          "data-act": "jump",
          "data-place": target.place,
          "data-message": target.message,
        },
        face,
      );
    }
    return h(
      "a",
      {
        ...look,
        href: local(item.url, to.view) ?? item.url,
        target: "_blank",
        rel: "noopener noreferrer",
      },
      `${face} ↗`,
    );
  }
  return h(
    "button",
    {
      ...look,
      type: "button",
      disabled: item.disabled,
      "data-act": "press",
      "data-custom": item.custom_id,
    },
    face,
  );
}

/** A menu: one choice is sent when it is pressed, several by a button below them. */
function select(item, to) {
  const options = choices(item, to.view);
  const most = item.max_values ?? 1;
  const chosen = options.filter((option) => option.default).map((option) => option.label);
  const title = chosen.join(", ") || item.placeholder || "Choose";
  if (item.disabled) return h("button", { type: "button", disabled: true, class: "select" }, title);
  const common = { "data-custom": item.custom_id, type: "button" };
  const list =
    most === 1
      ? options.map((option) =>
          h(
            "button",
            {
              ...common,
              class: "option",
              "data-act": "choose",
              "data-value": option.value,
              "aria-pressed": String(Boolean(option.default)),
            },
            ...optionFace(option),
          ),
        )
      : [
          ...options.map((option) =>
            h(
              "label",
              { class: "option" },
              h("input", { type: "checkbox", value: option.value, checked: option.default }),
              ...optionFace(option),
            ),
          ),
          h("button", { ...common, class: "primary", "data-act": "choose-several" }, "Choose"),
        ];
  return h(
    "details",
    { class: "select", "data-key": item.custom_id },
    h("summary", {}, title),
    h("div", { role: "group", "aria-label": item.placeholder ?? "Choose" }, list),
  );
}

function optionFace(option) {
  const face = h("span", {}, [option.emoji?.name, option.label].filter(Boolean).join(" "));
  return option.description ? [face, h("small", {}, option.description)] : [face];
}

/** Return what a menu of any kind offers, as options with a label and a value. */
export function choices(item, view) {
  const defaults = new Set((item.default_values ?? []).map((one) => one.id));
  const named = (list, sign) =>
    list.map(({ id, name }) => ({ value: id, label: `${sign}${name}`, default: defaults.has(id) }));
  const people = () => named(view.members, "@");
  const roles = () =>
    named(
      view.roles.filter((role) => role.id !== view.guild.id),
      "@",
    );
  const places = () =>
    named(
      view.places.filter((place) => place.kind !== "dm"),
      "#",
    );
  const kinds = {
    3: () => item.options,
    5: people,
    6: roles,
    7: () => [...people(), ...roles()],
    8: places,
  };
  return kinds[item.type]();
}
