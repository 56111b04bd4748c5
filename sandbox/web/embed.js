// Embeds: what a bot set in one, or the preview of a link.

import { h } from "./dom.js";
import { local } from "./media.js";

/** Return an embed as an element. */
export function embed(item, to) {
  const box = h(
    "article",
    { class: "embed" },
    item.provider?.name ? h("p", { class: "sub" }, item.provider.name) : null,
    item.author?.name ? h("p", { class: "sub" }, titled(item.author.name, item.author.url)) : null,
    item.title ? h("h4", {}, titled(item.title, item.url)) : null,
    item.description ? h("div", { class: "text" }, to.marked(item.description)) : null,
    fields(item.fields ?? [], to),
    picture(item.image, to.view, "image"),
    picture(item.thumbnail, to.view, "thumbnail"),
    item.footer?.text ? h("p", { class: "sub" }, item.footer.text) : null,
  );
  if (item.color)
    box.style.setProperty("--accent-color", `#${item.color.toString(16).padStart(6, "0")}`);
  return box;
}

function fields(list, to) {
  if (!list.length) return null;
  return h(
    "dl",
    {},
    list.map((field) =>
      h(
        "div",
        { class: field.inline ? "inline" : null },
        h("dt", {}, to.marked(field.name)),
        h("dd", {}, to.marked(field.value)),
      ),
    ),
  );
}

function picture(item, view, kind) {
  if (!item) return null;
  const source = local(item.proxy_url ?? item.url, view);
  if (!source) return h("p", { class: "sub" }, titled(`(${kind} outside the sandbox)`, item.url));
  return h("img", {
    src: source,
    "data-file": source.split("?")[0],
    alt: item.description ?? `Embed ${kind}`,
    class: kind,
    width: item.width || null,
    height: item.height || null,
  });
}

function titled(text, address) {
  if (!/^https?:\/\//.test(address ?? "")) return text;
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text);
}
