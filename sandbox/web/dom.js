// Building elements, and changing a drawn tree into a new one without replacing what stays.

// What a person or the browser changed on an element outlives a redraw.
const LIVE = new Set(["open", "aria-busy", "tabindex"]);

/** Return an element; text is only ever set as text, `null` children and properties are left out. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined),
  );
  return element;
}

/** Put children into an element, keeping the nodes that stay: a video goes on, focus is not lost. */
export function draw(parent, ...children) {
  const fresh = document.createDocumentFragment();
  fresh.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const message = focused?.closest("[data-message]");
  patchChildren(parent, fresh);
  if (focused && (!focused.isConnected || focused.disabled))
    land(message?.isConnected ? message : parent);
}

/** Focus what was around a button that is gone; else the keyboard begins at the page's top again. */
function land(place) {
  place.tabIndex = -1;
  place.focus({ preventScroll: true });
}

function patch(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  if (old.dataset.version && old.dataset.version === fresh.dataset.version) return;
  patchAttributes(old, fresh);
  patchChildren(old, fresh);
}

function patchAttributes(old, fresh) {
  // Links are signed anew at each look; the same file need not be loaded again.
  const sameFile = fresh.dataset.file && fresh.dataset.file === old.dataset.file;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !LIVE.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (sameFile && name === "src") continue;
    if (name === "style")
      old.style.cssText = fresh.style.cssText; // the policy forbids the attribute
    else if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

/** Match children by key. A node that stays is never taken out, for that would stop its video. */
function patchChildren(parent, fresh) {
  const wanted = keyed(fresh);
  const present = keyed(parent);
  for (const [key, node] of present) if (!wanted.has(key)) node.remove();
  let next = parent.firstChild;
  for (const [key, node] of wanted) {
    const known = present.get(key);
    if (!known) parent.insertBefore(node, next);
    else {
      if (known === next) next = next.nextSibling;
      else parent.insertBefore(known, next);
      patch(known, node);
    }
  }
}

function keyed(parent) {
  const counts = new Map();
  const nodes = new Map();
  for (const node of parent.childNodes) {
    const name = node.dataset?.key ?? node.dataset?.file ?? node.nodeName;
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    nodes.set(`${node.nodeName} ${name} ${count}`, node);
  }
  return nodes;
}
