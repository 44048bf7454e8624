import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import type { ApiClient } from "../api/client";
import type { Renew } from "../api/tokens";
import type { GuestGrant, SignedIn } from "../api/types";
import { Context, type Session, type SessionContext } from "./context";
import { noteNone, noteSession, readHint } from "./hint";
import { renewByCookie, startByCookie } from "./renewal";

/** Knows who is signed in: asks by the refresh cookie on start, where there may be one, and forgets everything fetched when that changes. */
export function SessionProvider({ api, children }: { api: ApiClient; children: ReactNode }) {
  const queries = useQueryClient();
  const [session, setSession] = useState<Session>({ state: "starting" });
  const [attempt, setAttempt] = useState(0);

  const become = useCallback(
    (next: Session) => {
      queries.clear();
      setSession(next);
    },
    [queries],
  );

  const take = useCallback(
    (grant: SignedIn) => {
      api.tokens.set(grant, () => renewByCookie(api));
      become({ state: "signed-in", person: grant.person });
      return grant.person;
    },
    [api, become],
  );

  useEffect(() => {
    api.tokens.onLost(() => become({ state: "anonymous" }));
  }, [api, become]);

  useEffect(() => {
    let stale = false;
    const settle = (next: Session) => setSession((now) => (now.state === "starting" ? next : now));
    startByCookie(api).then(
      (grant) => {
        if (stale) return;
        // A guest who came in meanwhile by his link stays one: his page is about that room.
        if (api.tokens.current !== null) return;
        if (grant !== null) take(grant);
        else settle({ state: "anonymous" });
      },
      () => !stale && settle({ state: "offline" }),
    );
    return () => {
      stale = true;
    };
  }, [api, take, attempt]);

  const context = useMemo<SessionContext>(
    () => ({
      session,
      api,
      async signIn(email, password) {
        const grant = await api.post<SignedIn>("/auth/sign-in", { email, password }, { anonymous: true });
        noteSession();
        return take(grant);
      },
      async signOut() {
        await api.post("/auth/sign-out", undefined);
        noteNone(readHint());
        api.tokens.clear();
        become({ state: "anonymous" });
      },
      enterAsGuest(grant: GuestGrant, renew: Renew) {
        // Who comes by a link to a browser that nothing is known of has no session of his own there.
        noteNone(null);
        api.tokens.set(grant, renew);
        become({ state: "guest", person: grant.person, room: grant.room });
      },
      retry() {
        setSession({ state: "starting" });
        setAttempt((count) => count + 1);
      },
    }),
    [session, api, take, become],
  );
  return <Context value={context}>{children}</Context>;
}
