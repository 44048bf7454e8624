import { type ReactNode, useEffect, useMemo } from "react";

import { type Session, useSession } from "../session/context";
import { credentialsOf } from "./credentials";
import { RealtimeContext } from "./context";
import { RealtimeClient } from "./RealtimeClient";

/** Keeps one connection to the hub for whoever uses the page; a new one when that is somebody else. */
export function RealtimeProvider({ children }: { children: ReactNode }) {
  const { session, api } = useSession();
  const subject = subjectOf(session);
  const client = useMemo(
    () => new RealtimeClient(address(), isSomebody(subject) ? credentialsOf(api.tokens) : null),
    [subject, api],
  );
  useEffect(() => {
    // Until it is known who this is, a connection would be the wrong one.
    if (subject === null) return undefined;
    client.connect();
    return () => client.close();
  }, [client, subject]);
  return <RealtimeContext value={client}>{children}</RealtimeContext>;
}

const ANONYMOUS = "anonymous";

/** Whose connection it is; null while nobody knows. */
function subjectOf(session: Session): string | null {
  switch (session.state) {
    case "starting":
    case "offline":
      return null;
    case "anonymous":
      return ANONYMOUS;
    case "signed-in":
      return session.person.id;
    case "guest":
      return `${session.person.id} in ${session.room}`;
  }
}

function isSomebody(subject: string | null): boolean {
  return subject !== null && subject !== ANONYMOUS;
}

function address(): string {
  const { protocol, host } = window.location;
  return `${protocol === "https:" ? "wss" : "ws"}://${host}/connection/websocket`;
}
