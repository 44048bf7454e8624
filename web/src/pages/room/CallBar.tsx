import { MessageSquare, PhoneOff, Settings2 } from "lucide-react";
import { Popover } from "radix-ui";
import type { Ref } from "react";

import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { bubbleClass } from "./bubbleClass";
import { DeviceFields } from "./DeviceFields";
import { InputButton } from "./InputButton";
import { roundButton } from "./roundButton";
import type { Local } from "./useLocalMedia";

interface Props {
  local: Local;
  hidden: boolean;
  chatOpen: boolean;
  unread: number;
  chatButton: Ref<HTMLButtonElement>;
  onChat: () => void;
  onDevices: (open: boolean) => void;
  onLeave: () => void;
}

/** What one reaches for during a call. It steps aside when nobody does. */
export function CallBar({ local, hidden, chatOpen, unread, chatButton, onChat, onDevices, onLeave }: Props) {
  const text = useText();
  const chatLabel = unread > 0 ? text("call.chat.unread", { count: unread }) : text("call.chat");
  return (
    <div
      role="toolbar"
      aria-label={text("call.bar")}
      className={classes(
        "absolute inset-x-0 bottom-0 z-20 flex justify-center gap-3 px-4 pb-[max(1.25rem,env(safe-area-inset-bottom))] pt-10 transition duration-300",
        "bg-linear-to-t from-black/60 to-transparent",
        // A mouse wakes it on its way; a finger would press what it does not see.
        hidden && "translate-y-4 opacity-0 pointer-coarse:pointer-events-none",
        chatOpen && "max-md:pb-9",
      )}
    >
      <InputButton kind="microphone" local={local} />
      <InputButton kind="camera" local={local} />
      <button
        ref={chatButton}
        type="button"
        aria-label={chatLabel}
        aria-expanded={chatOpen}
        title={chatLabel}
        onClick={onChat}
        className={classes(roundButton("plain"), chatOpen && "text-sage-ink")}
      >
        <MessageSquare aria-hidden className="size-5.5" />
        {unread > 0 && (
          <span
            aria-hidden
            className="absolute -right-0.5 -top-0.5 grid h-5.5 min-w-5.5 animate-enter place-items-center rounded-full bg-clay px-1 text-xs font-semibold text-black"
          >
            {unread > 99 ? "99+" : unread}
          </span>
        )}
      </button>
      <Popover.Root onOpenChange={onDevices}>
        <Popover.Trigger aria-label={text("media.devices")} title={text("media.devices")} className={roundButton("plain")}>
          <Settings2 aria-hidden className="size-5.5" />
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Content side="top" sideOffset={10} collisionPadding={12} className={bubbleClass}>
            <DeviceFields local={local} />
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
      <button
        type="button"
        aria-label={text("call.leave")}
        title={text("call.leave")}
        onClick={onLeave}
        className={classes(roundButton("leave"), "w-18")}
      >
        <PhoneOff aria-hidden className="size-5.5" />
      </button>
    </div>
  );
}
