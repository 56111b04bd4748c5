// What follows an act: the wait for the bot's first answer, and the modal it may open.

import { answered, Refusal } from "./api.js";

export const MODAL = 9;
const UNANSWERED = "The bot did not answer in time.";

/** Do an act, wait for the bot, open its modal if it shows one; tell what went wrong. */
export async function perform(act, app, { busy = null, tell = app.tell } = {}) {
  if (busy?.getAttribute("aria-busy") === "true") return; // a second press is no second act
  busy?.setAttribute("aria-busy", "true");
  tell("");
  try {
    const { interaction } = await act();
    if (!interaction) return;
    const seen = await answered(interaction);
    if (seen.type === MODAL) app.openModal(seen);
    tell(unanswered(seen));
  } catch (error) {
    tell(reason(error));
  } finally {
    busy?.removeAttribute("aria-busy");
  }
}

/** Return what to tell about an act that did not go through. */
export function reason(error) {
  if (error instanceof Refusal) return error.message;
  return `The sandbox does not answer: ${error.message}`;
}

/** Return what to tell about an interaction; nothing where the bot answered. */
export function unanswered(seen) {
  return seen.answered ? "" : UNANSWERED;
}
