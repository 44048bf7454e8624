import { useState } from "react";

import { Button } from "../../components/Button";
import { useToast } from "../../components/Toaster";
import { useText } from "../../messages/useText";
import { useRpc } from "../../realtime";
import { untilAnswered } from "../../realtime/backoff";
import type { Participant } from "../../realtime/pushes";

/** Somebody knocks: the practitioner lets him in. */
export function WaitingBanner({ room, waiting }: { room: string; waiting: readonly Participant[] }) {
  return (
    <div role="status" className="pointer-events-auto grid max-w-full justify-items-center gap-2">
      {waiting.map((participant) => (
        <Knock key={participant.id} room={room} participant={participant} />
      ))}
    </div>
  );
}

function Knock({ room, participant: { id, name } }: { room: string; participant: Participant }) {
  const text = useText();
  const toast = useToast();
  const rpc = useRpc();
  const [busy, setBusy] = useState(false);
  const admit = async () => {
    setBusy(true);
    try {
      await untilAnswered(() => rpc("room.admit", { room, participant: id }), { attempts: 4 });
    } catch {
      toast(text("call.admit.failed", { name }), "note");
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="flex max-w-full animate-rise items-center gap-3 rounded-2xl bg-raised py-2 pl-4 pr-2 shadow-float">
      <span aria-hidden className="size-2.5 shrink-0 animate-breathe rounded-full bg-amber" />
      <p className="min-w-0 flex-1 text-[15px]">{text("call.waits", { name })}</p>
      <Button tone="primary" busy={busy} onClick={() => void admit()}>
        {text("call.admit", { name: firstName(name) })}
      </Button>
    </div>
  );
}

/** "Ana" of "Ana Lindqvist"; a title alone is no name. */
function firstName(name: string): string {
  const [first = name, second] = name.split(/\s+/);
  return first.endsWith(".") && second ? `${first} ${second}` : first;
}
