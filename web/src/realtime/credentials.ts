/** The session's access token, as the socket asks for it. */

import type { Tokens } from "../api/tokens";
import type { Credentials } from "./RealtimeClient";

/** A token with life in it; another one than the last, which the server refused if it is asked for again so soon. */
export function credentialsOf(tokens: Pick<Tokens, "fresh" | "renew">): Credentials {
  let last: string | null = null;
  return {
    async getToken() {
      const token = await tokens.fresh();
      last = token !== null && token === last ? await tokens.renew() : token;
      return last;
    },
  };
}
