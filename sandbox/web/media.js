// Pictures, videos and files of a message; only what the stand-in itself serves is loaded.

import { h } from "./dom.js";

/** Return a file's address on this page's origin, or null where it lies elsewhere. */
export function local(address, view) {
  if (!address?.startsWith(`${view.url}/`)) return null;
  return address.slice(view.url.length);
}

/** Return a media item of a thumbnail or a gallery. */
export function mediaItem(item, view) {
  const { media, description, spoiler } = item;
  const source = local(media.url, view);
  const shown =
    source && media.loading_state !== 0
      ? player(source, media, description)
      : outside(media.url, description);
  return spoiler ? h("details", {}, h("summary", {}, "Spoiler"), shown) : shown;
}

/** Return a file that hangs on a message. */
export function attachment(file, view) {
  const source = local(file.url, view);
  const kind = (file.content_type ?? "").split("/")[0];
  const shown =
    source && ["image", "video", "audio"].includes(kind)
      ? player(source, file, file.description ?? file.filename)
      : fileLink(file.filename, file.size, source ?? file.url);
  return file.flags & 8 ? h("details", {}, h("summary", {}, "Spoiler"), shown) : shown;
}

/** Return a line that leads to a file. */
export function fileLink(name, size, address) {
  return h(
    "p",
    { class: "file" },
    h("a", { href: address, download: name }, name ?? "file"),
    ` ${readable(size)}`,
  );
}

/** Return a size in bytes as a person would say it. */
export function readable(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function player(source, { content_type: type, width, height }, description) {
  const file = source.split("?")[0];
  const common = { src: source, "data-file": file, width, height };
  if (type?.startsWith("video/")) {
    return h("video", {
      ...common,
      controls: true,
      playsinline: true,
      loop: true,
      preload: "metadata",
      "aria-label": description ?? "Video",
    });
  }
  if (type?.startsWith("audio/"))
    return h("audio", {
      src: source,
      "data-file": file,
      controls: true,
      "aria-label": description,
    });
  const picture = h("img", {
    ...common,
    alt: description ?? "",
    loading: "lazy",
    decoding: "async",
  });
  return h(
    "a",
    {
      href: source,
      download: "", // what the CDN sends is an attachment, which no tab shows
      class: "picture",
      "aria-label": `Save picture${description ? `: ${description}` : ""}`,
      "data-key": file,
    },
    picture,
  );
}

function outside(address, description) {
  return h(
    "p",
    { class: "file" },
    h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, description ?? address),
    " (not shown: it lies outside the sandbox)",
  );
}
