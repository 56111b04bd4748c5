// Discord's timestamps: <t:UNIX:STYLE>. Relative ones tick.

const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};
const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

let locale = "en-US";

/** Speak of times in a language from now on. */
export function speak(language) {
  locale = language;
  tick();
}

/** Return a <time> element; without a style it is a short date with its time. */
export function stamp(seconds, style = "f") {
  const moment = new Date(seconds * 1000);
  const element = document.createElement("time");
  element.dateTime = moment.toISOString();
  element.dataset.style = style;
  write(element);
  return element;
}

/** Bring every time on the page up to date. */
export function tick() {
  for (const element of document.querySelectorAll("time[data-style]")) write(element);
}

function write(element) {
  const moment = new Date(element.dateTime);
  const { style } = element.dataset;
  const text = style === "R" ? relative(moment) : format(moment, STYLES[style] ?? STYLES.f);
  if (element.textContent !== text) element.textContent = text;
  element.title = format(moment, STYLES.F);
}

function format(moment, options) {
  return new Intl.DateTimeFormat(locale, options).format(moment);
}

function relative(moment) {
  const away = Math.round((moment.getTime() - Date.now()) / 1000);
  const [unit, length] = UNITS.find(([, size]) => Math.abs(away) >= size) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(
    Math.round(away / length),
    unit,
  );
}
