import type { Price } from "../api/types";

/** A price by locale: `€80`, `£72.50`. The API counts in minor units; how many make one whole is the currency's matter. */
export function priceText(price: Price, locale: string): string {
  const format = new Intl.NumberFormat(locale, {
    style: "currency",
    currency: price.currency,
    trailingZeroDisplay: "stripIfInteger",
  });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(price.amount / 10 ** digits);
}

/** `Swedish, English` of `["sv", "en"]`, in the reader's language. A tag that nobody knows stands as it is. */
export function languagesText(tags: readonly string[], locale: string): string {
  const names = new Intl.DisplayNames([locale], { type: "language" });
  const known = tags.map((tag) => {
    try {
      return names.of(tag) ?? tag;
    } catch {
      return tag;
    }
  });
  return new Intl.ListFormat(locale, { type: "unit", style: "short" }).format(known);
}
