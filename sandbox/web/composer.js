// Writing a message: text, files, a reply; a slash at its start opens the commands.

import { packed, post } from "./api.js";
import { perform } from "./answer.js";
import { close, showCommands } from "./command.js";
import { h } from "./dom.js";
import { preview } from "./fields.js";

/** The form below the messages. */
export class Composer {
  #app;
  #files = [];
  #replyTo = null;
  #form = document.getElementById("composer");
  #text = document.getElementById("text");
  #picker = document.getElementById("files");
  #picked = document.getElementById("picked");
  #replying = document.getElementById("replying");
  #panel = document.getElementById("command");

  constructor(app) {
    this.#app = app;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const busy = this.#form.querySelector("[type=submit]");
      perform(() => this.#send(), app, { busy });
    });
    this.#picker.addEventListener("change", () => {
      this.#take(this.#picker.files);
      this.#picker.value = "";
      this.#text.focus();
    });
    this.#text.addEventListener("paste", (event) => this.#take(event.clipboardData.files));
    this.#text.addEventListener("input", () => this.#typed());
    this.#text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    document.getElementById("slash").addEventListener("click", () => {
      if (this.#panel.hidden) showCommands(this.#panel, app);
      else close(this.#panel, app);
    });
  }

  /** Tell where one writes, or that one cannot. */
  show(place, name) {
    const { write } = place.may;
    this.#text.placeholder = write ? `Message ${name}, or / for commands` : "You cannot write here";
    this.#text.disabled = !write;
  }

  /** Let what is written next answer a message, or with null no message. */
  reply(message, author) {
    this.#replyTo = message;
    this.#replying.hidden = !message;
    const cancel = () => {
      this.reply(null);
      this.#text.focus();
    };
    const button = h(
      "button",
      { type: "button", class: "plain", onclick: cancel },
      "Cancel the reply",
    );
    this.#replying.replaceChildren(`Replying to ${author} · `, button);
    if (message) this.#text.focus();
  }

  async #send() {
    const content = this.#text.value.trim();
    if (!content && !this.#files.length) return {};
    const files = Object.fromEntries((await packed(this.#files)).entries());
    const { as, place: channel } = this.#app;
    const sent = await post("/messages", { as, channel, content, files, reply_to: this.#replyTo });
    this.#text.value = "";
    this.#files = [];
    this.#drawFiles();
    this.reply(null);
    this.#grow();
    return sent;
  }

  #typed() {
    this.#grow();
    if (!this.#text.value.startsWith("/")) return;
    const typed = this.#text.value.slice(1);
    this.#text.value = "";
    showCommands(this.#panel, this.#app, typed);
  }

  #grow() {
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight + 2}px`;
  }

  #take(files) {
    this.#files.push(...files);
    this.#drawFiles();
  }

  #drawFiles() {
    this.#picked.replaceChildren(
      ...this.#files.map((file) => {
        const drop = () => {
          this.#files = this.#files.filter((other) => other !== file);
          this.#drawFiles();
          this.#text.focus();
        };
        const label = `Remove ${file.name}`;
        return preview(file, h("button", { type: "button", class: "plain", onclick: drop }, label));
      }),
    );
  }
}
