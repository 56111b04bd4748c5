// The sandbox's control API, as docs/sandbox.md tells it.

const VERSION = "X-Sandbox-Version";
const ANSWER_WAIT_S = 4; // the bot has three seconds
const NEWS_WAIT_S = 25;
const RETRY_MS = 1500;

/** What the stand-in does not let a person do; the message is its reason. */
export class Refusal extends Error {}

/** Act as a person. */
export function post(path, body) {
  return call("POST", path, body);
}

/** Take something away as a person. */
export function remove(path, body) {
  return call("DELETE", path, body);
}

/** Return how an interaction was answered; wait for its first answer. */
export function answered(interaction) {
  return call("GET", `/interactions/${interaction}?wait=${ANSWER_WAIT_S}`);
}

/** Look at a channel as somebody, again at every change, until the signal ends it. */
export async function watch(as, channel, { onView, onRefusal, onOutage, signal }) {
  let since = null;
  while (!signal.aborted) {
    const query = new URLSearchParams({ as, channel });
    if (since !== null) {
      query.set("since", since);
      query.set("wait", NEWS_WAIT_S);
    }
    try {
      const [view, version] = await request("GET", `/view?${query}`, undefined, signal);
      if (signal.aborted) return;
      since = version;
      onView(view);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refusal) return onRefusal(error);
      since = null;
      onOutage(error);
      await pause(RETRY_MS, signal);
    }
  }
}

/** Return files as the API takes them. */
export function packed(files) {
  return Promise.all([...files].map(pack));
}

async function pack(file) {
  const reader = new FileReader();
  const address = await new Promise((resolve, reject) => {
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Refusal(`${file.name} cannot be read`));
    reader.readAsDataURL(file);
  });
  return { name: file.name, base64: address.slice(address.indexOf(",") + 1) };
}

async function call(method, path, body) {
  const [answer] = await request(method, path, body);
  return answer;
}

async function request(method, path, body, signal) {
  const options = { method, signal, headers: {} };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const response = await fetch(`/sandbox${path}`, options);
  if (response.status === 400) throw new Refusal((await response.json()).error);
  if (!response.ok) throw new Error(`the sandbox answered ${response.status}`);
  return [await response.json(), response.headers.get(VERSION)];
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
