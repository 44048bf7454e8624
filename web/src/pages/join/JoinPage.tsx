import { Link2Off } from "lucide-react";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";

import { useTitle } from "../../app/useTitle";
import { ErrorNote } from "../../components/ErrorNote";
import { PageSkeleton } from "../../components/PageSkeleton";
import { ApiError } from "../../api/errors";
import { useText } from "../../messages/useText";
import { useSession } from "../../session/context";
import { Notice } from "../room/Notice";
import { RoomFrame } from "../room/RoomFrame";
import { join, keep, renew } from "./guest";

/** From a copied address to the waiting room, without an account. The token stands behind the #: no server logs it. */
export default function JoinPage() {
  const text = useText();
  const navigate = useNavigate();
  const { session, api, enterAsGuest } = useSession();
  const [token] = useState(() => decodeURIComponent(window.location.hash.slice(1)));
  const [error, setError] = useState<unknown>(token === "" ? INVALID : null);
  const [attempt, setAttempt] = useState(0);
  useTitle(text("join.title"));
  // The session's own start must be over, or it would overwrite the guest's.
  const ready = session.state !== "starting" && token !== "";
  useEffect(() => {
    if (!ready) return undefined;
    let stale = false;
    join(api, token).then(
      (grant) => {
        if (stale) return;
        keep({ token, room: grant.room });
        enterAsGuest(grant, () => renew(api, token));
        // `replace`: going back does not show the token again.
        void navigate(`/rooms/${grant.room}`, { replace: true });
      },
      (reason: unknown) => !stale && setError(reason),
    );
    return () => {
      stale = true;
    };
  }, [ready, token, api, enterAsGuest, navigate, attempt]);
  const retry = () => {
    setError(null);
    setAttempt((count) => count + 1);
  };
  return error === null ? <PageSkeleton /> : <Failed error={error} onRetry={retry} />;
}

const INVALID = new ApiError({ status: 404, code: "join-link-invalid", detail: "" });

function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const text = useText();
  const kind = kindOf(error);
  if (kind === "failed") {
    return (
      <RoomFrame>
        <section className="m-auto grid w-full max-w-md gap-4 px-safe">
          <h1 className="text-2xl font-semibold">{text("join.failed.title")}</h1>
          <ErrorNote error={error} onRetry={onRetry} />
        </section>
      </RoomFrame>
    );
  }
  return (
    <Notice icon={<Link2Off className="size-7" />} title={text(`join.${kind}.title`)}>
      {text(`join.${kind}.body`)}
    </Notice>
  );
}

function kindOf(error: unknown): "expired" | "invalid" | "failed" {
  if (!(error instanceof ApiError) || error.temporary) return "failed";
  if (error.status === 410) return "expired";
  return [400, 401, 404, 422].includes(error.status) ? "invalid" : "failed";
}
