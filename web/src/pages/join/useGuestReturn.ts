import { useEffect, useState } from "react";

import { ApiError } from "../../api/errors";
import { useSession } from "../../session/context";
import { forget, join, kept, renew } from "./guest";

const RETRY_MS = 2000;

/**
 * Brings a guest back after a reload, by the link that this tab came with. True while it does. He is the link's guest here
 * also where someone is signed in on this device: that may be somebody else.
 */
export function useGuestReturn(room: string): boolean {
  const { session, api, enterAsGuest } = useSession();
  const [token, setToken] = useState(() => kept(room));
  const wanted = token !== null && session.state !== "guest" && session.state !== "starting";
  useEffect(() => {
    if (!wanted) return undefined;
    let timer: ReturnType<typeof setTimeout>;
    let over = false;
    const attempt = () => {
      join(api, token).then(
        (grant) => !over && enterAsGuest(grant, () => renew(api, token)),
        (error: unknown) => {
          if (over) return;
          if (error instanceof ApiError && error.temporary) {
            timer = setTimeout(attempt, RETRY_MS);
          } else {
            forget();
            setToken(null);
          }
        },
      );
    };
    attempt();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [wanted, token, api, enterAsGuest]);
  return wanted;
}
