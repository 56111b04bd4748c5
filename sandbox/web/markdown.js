// The part of Discord's Markdown that messages here use, as elements. Text stays text.

import { h } from "./dom.js";
import { stamp } from "./times.js";

const LONGEST_NESTING = 12;
const BLOCK = /^(?:(#{1,3}) +(.+)|-# +(.+)|>>> ?([\s\S]*)|> ?(.*)|( *)[-*] +(.+))$/;
const SPECIAL = /[\\`<@[h*_~|]/;
const JUMP = /^https:\/\/(?:\w+\.)?discord\.com\/channels\/(?:\d+|@me)\/(\d+)(?:\/(\d+))?$/;

// In the order in which they are tried at each place; what none takes is plain.
const INLINE = [
  [/^\\([^\p{L}\p{N}\s])/u, (match) => match[1]],
  [/^``([\s\S]+?)``(?!`)|^`([^`]+)`/, (match) => h("code", {}, match[1] ?? match[2])],
  [/^<t:(-?\d{1,13})(?::([tTdDfFR]))?>/, (match) => stamp(Number(match[1]), match[2])],
  [/^<@!?(\d+)>/, (match, to) => mention(`@${to.names.member(match[1])}`)],
  [/^<@&(\d+)>/, (match, to) => mention(`@${to.names.role(match[1])}`)],
  [/^<#(\d+)>/, (match, to) => jump(match[1], null, `#${to.names.place(match[1])}`)],
  [/^<\/([^:>]+):\d+>/, (match) => mention(`/${match[1]}`)],
  [/^@(?:everyone|here)\b/, (match) => mention(match[0])],
  [
    /^\[((?:\\.|[^\]\\])+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/,
    (match, to) => link(match[2], inline(match[1], to)),
  ],
  [/^<(https?:\/\/[^\s>]+)>/, (match) => link(match[1], [match[1]])],
  [/^https?:\/\/[^\s<>]*[^\s<>.,:;"'\])]/, (match) => link(match[0], [match[0]])],
  [/^\*\*\*([\s\S]+?)\*\*\*/, (match, to) => h("strong", {}, h("em", {}, inline(match[1], to)))],
  [/^\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/, (match, to) => h("strong", {}, inline(match[1], to))],
  [/^__((?:\\[\s\S]|[^\\])+?)__(?!_)/, (match, to) => h("u", {}, inline(match[1], to))],
  [/^~~((?:\\[\s\S]|[^\\])+?)~~/, (match, to) => h("s", {}, inline(match[1], to))],
  [/^\|\|((?:\\[\s\S]|[^\\])+?)\|\|/, (match, to) => spoiler(inline(match[1], to))],
  [/^\*(?!\s)((?:\\[\s\S]|[^\\*])+?)\*/, (match, to) => h("em", {}, inline(match[1], to))],
  [
    /^_(?!\s)((?:\\[\s\S]|[^\\_])+?)_(?![\p{L}\p{N}])/u,
    (match, to) => h("em", {}, inline(match[1], to)),
  ],
];

/** Return a text's nodes; `names` tells how the people, roles and places it mentions are called. */
export function marked(text, names) {
  const nodes = [];
  const parts = text.split(/```(?:[\w+-]*\n)?([\s\S]+?)\n?```/);
  parts.forEach((part, index) => {
    if (index % 2) nodes.push(h("pre", {}, h("code", {}, part)));
    else if (part) nodes.push(...blocks(part, { names, depth: 0 }));
  });
  return nodes;
}

function blocks(text, to) {
  const nodes = [];
  let lines = text.replace(/^\n|\n$/g, "").split("\n");
  while (lines.length) {
    const [line, ...rest] = lines;
    const match = BLOCK.exec(line);
    if (line.startsWith(">>> ")) {
      nodes.push(h("blockquote", {}, blocks([line.slice(4), ...rest].join("\n"), to)));
      return nodes;
    }
    if (match?.[1]) nodes.push(h(`h${match[1].length + 2}`, {}, inline(match[2], to)));
    else if (match?.[3]) nodes.push(h("p", { class: "sub" }, inline(match[3], to)));
    else if (match && match[5] !== undefined) {
      lines = gathered(lines, /^> ?(.*)$/, (quoted) =>
        nodes.push(h("blockquote", {}, blocks(quoted.join("\n"), to))),
      );
      continue;
    } else if (match?.[7]) {
      lines = gathered(lines, /^ *[-*] +(.+)$/, (items) =>
        nodes.push(
          h(
            "ul",
            {},
            items.map((item) => h("li", {}, inline(item, to))),
          ),
        ),
      );
      continue;
    } else {
      lines = paragraph(lines, nodes, to);
      continue;
    }
    lines = rest;
  }
  return nodes;
}

function gathered(lines, pattern, use) {
  const end = lines.findIndex((line) => !pattern.test(line));
  const mine = end < 0 ? lines : lines.slice(0, end);
  use(mine.map((line) => pattern.exec(line)[1]));
  return lines.slice(mine.length);
}

function paragraph(lines, nodes, to) {
  const end = lines.findIndex((line, index) => index > 0 && BLOCK.test(line));
  const mine = end < 0 ? lines : lines.slice(0, end);
  nodes.push(h("p", {}, inline(mine.join("\n"), to)));
  return lines.slice(mine.length);
}

function inline(text, to) {
  if (to.depth > LONGEST_NESTING) return [text];
  const inner = { ...to, depth: to.depth + 1 };
  const nodes = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const found = SPECIAL.test(rest[0])
      ? INLINE.find(([pattern]) => pattern.test(rest))
      : undefined;
    const before = at ? text[at - 1] : "";
    if (!found || (rest[0] === "_" && /[\p{L}\p{N}]/u.test(before))) {
      const step = String.fromCodePoint(text.codePointAt(at)).length;
      plain += text.slice(at, at + step);
      at += step;
      continue;
    }
    const match = found[0].exec(rest);
    if (plain) nodes.push(plain);
    plain = "";
    nodes.push(found[1](match, inner));
    at += match[0].length;
  }
  if (plain) nodes.push(plain);
  return nodes;
}

function mention(name) {
  return h("span", { class: "mention" }, name);
}

/** Return the place, and perhaps the message, that an address of Discord's means; else null. */
export function jumpTarget(address) {
  const match = JUMP.exec(address);
  return match && { place: match[1], message: match[2] ?? null };
}

function link(address, children) {
  const target = jumpTarget(address);
  if (target) return jump(target.place, target.message, children);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, children);
}

function jump(place, message, children) {
  return h(
    "a",
    { href: "#", "data-act": "jump", "data-place": place, "data-message": message },
    children,
  );
}

function spoiler(children) {
  return h(
    "span",
    {
      class: "spoiler",
      role: "button",
      tabindex: "0",
      "data-act": "reveal",
      "aria-label": "Spoiler",
    },
    h("span", {}, children),
  );
}
