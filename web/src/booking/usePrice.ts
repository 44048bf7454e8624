import { useCallback } from "react";
import { useIntl } from "react-intl";
import type { Price } from "../api/types";
import { useText } from "../messages/useText";
import { priceText } from "./price";

/** A price in words: nothing to pay is said as such. */
export function usePrice(): (price: Price) => string {
  const text = useText();
  const { locale } = useIntl();
  return useCallback((price) => (price.amount === 0 ? text("book.free") : priceText(price, locale)), [text, locale]);
}
