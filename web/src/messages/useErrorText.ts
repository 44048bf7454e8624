import { useCallback } from "react";
import { ApiError } from "../api/errors";
import { type MessageId, en } from "./en";
import { useText } from "./useText";

/** Turns any error into a sentence that says what happened and what to do next. Never a code alone. */
export function useErrorText(): (error: unknown) => string {
  const text = useText();
  return useCallback(
    (error) => {
      if (!(error instanceof ApiError)) return text("error.unknown.noRequest");
      const request = error.request || "–";
      const id = `error.${error.code}`;
      const { limit } = error.fields;
      const count = typeof limit === "number" ? limit : 0;
      if (isMessage(id)) return text(id, { request, seconds: error.retryAfter ?? 0, count });
      if (error.status >= 400 && error.status < 500 && error.message) return error.message;
      return error.request ? text("error.unknown", { request }) : text("error.unknown.noRequest");
    },
    [text],
  );
}

function isMessage(id: string): id is MessageId {
  return Object.hasOwn(en, id);
}
