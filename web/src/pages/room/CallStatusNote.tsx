import type { CallSnapshot } from "../../call/snapshot";
import type { MessageId } from "../../messages/en";
import { useText } from "../../messages/useText";
import { type Live, useLive } from "../../realtime";

/** What is wrong with the call at the moment, in one line over the picture. Nothing while all is well. */
export function CallStatusNote({ call }: { call: Pick<CallSnapshot, "status" | "path" | "remotes"> }) {
  const text = useText();
  const note = noteOf(call, useLive());
  return (
    <div role="status">
      {note && (
        <p className="animate-fade rounded-full bg-black/75 px-4 py-2 text-center text-[15px] text-white">{text(note)}</p>
      )}
    </div>
  );
}

function noteOf({ status, path }: Pick<CallSnapshot, "status" | "path">, live: Live): MessageId | null {
  if (live === "offline") return "call.offline";
  if (live === "connecting") return "call.reconnecting";
  switch (status) {
    case "refused":
      return "call.refused";
    case "unsupported":
      return "call.unsupported";
    case "joining":
      return "call.joining";
    case "joined":
      return path === "interrupted" ? "call.interrupted" : null;
    default:
      return null;
  }
}
