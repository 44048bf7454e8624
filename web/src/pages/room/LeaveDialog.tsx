import { useState } from "react";

import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { useToast } from "../../components/Toaster";
import { useText } from "../../messages/useText";
import { useRpc } from "../../realtime";
import { untilAnswered } from "../../realtime/backoff";

interface Props {
  room: string;
  /** The other person's name. */
  name: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onLeave: () => void;
}

/** The practitioner's way out: for now, or for both. */
export function LeaveDialog({ room, name, open, onOpenChange, onLeave }: Props) {
  const text = useText();
  const toast = useToast();
  const rpc = useRpc();
  const [busy, setBusy] = useState(false);
  const end = async () => {
    setBusy(true);
    try {
      await untilAnswered(() => rpc("room.end", { room }), { attempts: 4 });
    } catch {
      toast(text("call.end.failed"), "note");
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={text("call.leave.title")}
      description={text("call.leave.body", { name })}
    >
      <div className="mt-2 grid gap-2 sm:flex sm:flex-row-reverse">
        <Button tone="danger" busy={busy} onClick={() => void end()}>
          {text("call.end")}
        </Button>
        <Button onClick={onLeave}>{text("call.leave.forNow")}</Button>
        <Button tone="quiet" className="sm:mr-auto" onClick={() => onOpenChange(false)}>
          {text("call.stay")}
        </Button>
      </div>
    </Dialog>
  );
}
