import { Navigate } from "react-router";
import { PageSkeleton } from "../components/PageSkeleton";
import { useSession } from "../session/context";
import { Offline } from "./Offline";
import { homeOf } from "./navigation";

/** `/`: everyone's own start page. */
export function Home() {
  const { session } = useSession();
  if (session.state === "starting") return <PageSkeleton />;
  if (session.state === "offline") return <Offline />;
  if (session.state === "guest") return <Navigate to={`/rooms/${session.room}`} replace />;
  return <Navigate to={homeOf(session.state === "signed-in" ? session.person.roles : [])} replace />;
}
