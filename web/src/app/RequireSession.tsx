import { Navigate, Outlet, useLocation } from "react-router";
import { PageSkeleton } from "../components/PageSkeleton";
import { useSession } from "../session/context";
import { Offline } from "./Offline";

/** Lets only people who are signed in pass, and brings the others back here after they signed in. */
export function RequireSession() {
  const { session } = useSession();
  const { pathname, search } = useLocation();
  if (session.state === "starting") return <PageSkeleton />;
  if (session.state === "offline") return <Offline />;
  if (session.state === "guest") return <Navigate to={`/rooms/${session.room}`} replace />;
  if (session.state === "signed-in") return <Outlet />;
  const next = new URLSearchParams({ next: pathname + search });
  return <Navigate to={`/sign-in?${next.toString()}`} replace />;
}
