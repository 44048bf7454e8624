import { useCallback } from "react";
import { type PrimitiveType, useIntl } from "react-intl";
import type { MessageId } from "./en";

export type Text = (id: MessageId, values?: Record<string, PrimitiveType>) => string;

/** A message of the catalogue as plain text. */
export function useText(): Text {
  const intl = useIntl();
  return useCallback((id, values) => intl.formatMessage({ id }, values), [intl]);
}
