import { Mic, MicOff, Video, VideoOff } from "lucide-react";

import type { InputKind } from "../../call/preferences";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { roundButton } from "./roundButton";
import type { Local } from "./useLocalMedia";

const ICONS = { microphone: { on: Mic, off: MicOff }, camera: { on: Video, off: VideoOff } } as const;
const LABELS = {
  microphone: { on: "media.microphone.mute", off: "media.microphone.unmute" },
  camera: { on: "media.camera.stop", off: "media.camera.start" },
} as const;

/** Turns the microphone or the camera on and off; its words say what pressing does. */
export function InputButton({ kind, local }: { kind: InputKind; local: Local }) {
  const text = useText();
  const { on, pending } = local[kind];
  const state = on ? "on" : "off";
  const Icon = ICONS[kind][state];
  const label = text(pending ? "media.starting" : LABELS[kind][state]);
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      aria-busy={pending || undefined}
      onClick={() => local.toggle(kind)}
      className={classes(roundButton(on ? "plain" : "off"), pending && "animate-breathe")}
    >
      <Icon aria-hidden className="size-5.5" />
    </button>
  );
}
