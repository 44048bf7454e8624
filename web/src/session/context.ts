import { createContext, useContext } from "react";
import type { ApiClient } from "../api/client";
import type { Renew } from "../api/tokens";
import type { GuestGrant, Named, Person } from "../api/types";

/** Who uses this page. `offline`: the server could not be asked yet. */
export type Session =
  | { state: "starting" }
  | { state: "offline" }
  | { state: "anonymous" }
  | { state: "signed-in"; person: Person }
  | { state: "guest"; person: Named; room: string };

export interface SessionContext {
  session: Session;
  api: ApiClient;
  /** Throws `ApiError`: `invalid-credentials`, `too-many-attempts`. */
  signIn: (email: string, password: string) => Promise<Person>;
  signOut: () => Promise<void>;
  /** Takes what a join link gave; `renew` asks for its successor by the same link. */
  enterAsGuest: (grant: GuestGrant, renew: Renew) => void;
  /** Asks again after `offline`. */
  retry: () => void;
}

export const Context = createContext<SessionContext | null>(null);

/** The session and its actions. Only below `SessionProvider`. */
export function useSession(): SessionContext {
  const context = useContext(Context);
  if (context === null) throw new Error("useSession needs a SessionProvider above it");
  return context;
}

/** The API client, with this session's token. */
export function useApi(): ApiClient {
  return useSession().api;
}

/** The person who is signed in. Only on pages behind `RequireSession`. */
export function usePerson(): Person {
  const { session } = useSession();
  if (session.state !== "signed-in") throw new Error("usePerson needs somebody signed in");
  return session.person;
}
