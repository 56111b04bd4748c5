// What things are called.

/** The languages a member can choose here, as Discord names them. */
export const LOCALES = {
  "en-US": "English",
  de: "Deutsch",
  "es-ES": "Español",
  fr: "Français",
  ja: "日本語",
  "pt-BR": "Português do Brasil",
  ru: "Русский",
};

/** Return a command's, an option's or a choice's name in a language. */
export function localized(item, locale, key = "name") {
  return item[`${key}_localizations`]?.[locale] ?? item[key];
}

/** Return how to call the people, roles and places that a text mentions by id. */
export function namesIn(view) {
  const find = (list, id) => list.find((one) => one.id === id)?.name || "unknown";
  return {
    member: (id) => find(view.members, id),
    role: (id) => find(view.roles, id).replace(/^@/, ""),
    place: (id) => find(view.places, id),
  };
}
