import { MicOff, Volume2 } from "lucide-react";
import type { ReactNode } from "react";

import type { Named } from "../../api/types";
import type { Remote } from "../../call/snapshot";
import { Avatar } from "../../components/Avatar";
import { Button } from "../../components/Button";
import type { MessageId } from "../../messages/en";
import { useText } from "../../messages/useText";
import type { Participant } from "../../realtime/pushes";
import { useSound } from "./useSound";
import { Video } from "./Video";

interface Props {
  other: Named;
  remote: Remote | undefined;
  /** My own role: what to say to someone who is alone. */
  role: Participant["role"];
  /** Whether the other person has the room open. */
  isHere: boolean;
  /** Whether he waits to be let in. */
  waits: boolean;
}

/** The other person, as large as it goes. */
export function RemoteView({ other, remote, role, isHere, waits }: Props) {
  const text = useText();
  const { camera, microphone } = remote?.tracks ?? {};
  const { blocked, unblock } = useSound(microphone?.track ?? null);
  const seen = camera && !camera.paused ? camera.track : null;
  const muted = remote !== undefined && hasTracks(remote) && (microphone?.paused ?? true);
  const { name } = other;
  return (
    <div className="absolute inset-0 grid place-items-center overflow-hidden">
      {seen ? (
        <Video track={seen} label={text("call.video", { name })} className="absolute inset-0 size-full animate-fade object-contain max-md:portrait:object-cover" />
      ) : (
        <Words name={name} title={remote || isHere ? name : text(waits ? "call.waits" : `call.alone.${role}`, { name })}>
          {text(wordsFor({ remote, isHere, waits, role }), { name })}
        </Words>
      )}
      {muted && (
        <p className="absolute bottom-28 left-3 inline-flex items-center gap-1.5 rounded-full bg-black/55 px-3 py-1.5 text-sm text-white">
          <MicOff aria-hidden className="size-4" />
          {text("call.remoteMuted", { name })}
        </p>
      )}
      {blocked && (
        <Button
          tone="primary"
          size="large"
          className="absolute z-20 shadow-float"
          icon={<Volume2 aria-hidden className="size-5" />}
          onClick={unblock}
        >
          {text("call.tapToHear")}
        </Button>
      )}
    </div>
  );
}

function hasTracks({ tracks }: Remote): boolean {
  return Object.keys(tracks).length > 0;
}

function wordsFor({ remote, isHere, waits, role }: Pick<Props, "remote" | "isHere" | "waits" | "role">): MessageId {
  if (remote) return remote.publishes && !hasTracks(remote) ? "call.connecting" : "call.cameraOff";
  if (isHere) return "call.connecting";
  return waits ? "call.waits.body" : `call.alone.${role}.body`;
}

function Words({ name, title, children }: { name: string; title: string; children: ReactNode }) {
  return (
    <div className="grid max-w-sm justify-items-center gap-2 px-6 pb-20 text-center">
      <Avatar name={name} className="mb-2 size-24 text-3xl" />
      <p className="text-xl font-semibold">{title}</p>
      <p className="text-muted">{children}</p>
    </div>
  );
}
