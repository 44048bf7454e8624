/** The languages that have a catalogue. */
const LANGUAGES = new Set(["en"]);

/** What speaks where a person's language has no catalogue yet: English with a 24-hour clock and days before months. */
const FALLBACK = "en-GB";

/**
 * The locale of words, dates and numbers alike: the first wanted one whose language has a catalogue. A page speaks one
 * language; a Swedish date in an English sentence helps nobody.
 */
export function chooseLocale(wanted: readonly (string | null | undefined)[]): string {
  for (const tag of wanted) {
    if (tag && LANGUAGES.has(tag.toLowerCase().split(/[-_]/)[0] ?? "")) return canonical(tag);
  }
  return FALLBACK;
}

function canonical(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll("_", "-"))[0] ?? FALLBACK;
  } catch {
    return FALLBACK;
  }
}
