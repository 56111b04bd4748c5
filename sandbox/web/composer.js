// Writing a message: text, files, a reply; a slash at its start opens the commands.

import { packed, post } from "./api.js";
import { perform } from "./answer.js";
import { close, showCommands } from "./command.js";
import { h } from "./dom.js";
import { preview } from "./fields.js";

/** Bring the composer to life; return how to reply to a message and how to show where one is. */
export function composer(app) {
  const [form, text, files, picked, replying, panel, slash] = ["composer", "text", "files", "picked", "replying", "command", "slash"]
    .map((id) => document.getElementById(id));
  const draft = { files: [], replyTo: null };

  const drawFiles = () => picked.replaceChildren(...draft.files.map((file) =>
    preview(file, h("button", { type: "button", class: "plain", onclick: () => {
      draft.files = draft.files.filter((other) => other !== file);
      drawFiles();
      text.focus();
    } }, `Remove ${file.name}`))));
  const take = (more) => {
    draft.files.push(...more);
    drawFiles();
  };
  const reply = (message, author) => {
    draft.replyTo = message;
    replying.hidden = !message;
    replying.replaceChildren(...(message ? [`Replying to ${author} · `, h("button", { type: "button", class: "plain", onclick: () => {
      reply(null);
      text.focus();
    } }, "Cancel the reply")] : []));
    if (message) text.focus();
  };
  const send = async () => {
    const content = text.value.trim();
    if (!content && !draft.files.length) return;
    const given = Object.fromEntries((await packed(draft.files)).map((file, index) => [String(index), file]));
    await post("/messages", { as: app.as, channel: app.place, content, files: given, reply_to: draft.replyTo });
    text.value = "";
    draft.files = [];
    drawFiles();
    reply(null);
    grow();
  };
  const grow = () => {
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + 2}px`;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    perform(async () => (await send()) ?? {}, app, { busy: form.querySelector("[type=submit]") });
  });
  files.addEventListener("change", () => {
    take([...files.files]);
    files.value = "";
    text.focus();
  });
  text.addEventListener("paste", (event) => take([...event.clipboardData.files]));
  text.addEventListener("input", () => {
    grow();
    if (!text.value.startsWith("/")) return;
    const typed = text.value.slice(1);
    text.value = "";
    showCommands(panel, app, typed);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  slash.addEventListener("click", () => (panel.hidden ? showCommands(panel, app) : close(panel, app)));

  const show = (place, name) => {
    text.placeholder = place.may.write ? `Message ${name}, or / for commands` : "Nobody can write here";
    text.disabled = !place.may.write;
  };
  return { reply, show };
}
