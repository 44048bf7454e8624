import { useCallback } from "react";

import { useErrorText } from "../../messages/useErrorText";
import { useText } from "../../messages/useText";
import { RpcError } from "../../realtime/errors";

/** Turns a refusal of the socket or of the REST API into a sentence that says what to do next. */
export function useFailureText(): (error: unknown) => string {
  const text = useText();
  const say = useErrorText();
  return useCallback((error) => (error instanceof RpcError ? text(`rpc.${error.slug}`) : say(error)), [text, say]);
}
