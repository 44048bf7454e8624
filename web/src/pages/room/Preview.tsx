import { VideoOff } from "lucide-react";

import { useText } from "../../messages/useText";
import { InputButton } from "./InputButton";
import type { Local } from "./useLocalMedia";
import { Video } from "./Video";

/** One's own picture before the call, with the two switches on it. */
export function Preview({ local }: { local: Local }) {
  const text = useText();
  const { track, pending } = local.camera;
  return (
    <div className="relative grid aspect-4/3 place-items-center overflow-hidden rounded-2xl bg-paper text-ink stage">
      {track ? (
        <Video track={track} mirrored label={text("lobby.preview")} className="size-full animate-fade object-cover" />
      ) : (
        <p className="grid justify-items-center gap-3 px-6 pb-12 text-center text-muted">
          <VideoOff aria-hidden className="size-8" />
          {text(pending ? "media.asking" : "media.camera.off")}
        </p>
      )}
      <div className="absolute inset-x-0 bottom-4 flex justify-center gap-3">
        <InputButton kind="microphone" local={local} />
        <InputButton kind="camera" local={local} />
      </div>
    </div>
  );
}
