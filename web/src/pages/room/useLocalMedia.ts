import { useEffect, useMemo, useState, useSyncExternalStore } from "react";

import { LocalMedia, type LocalSnapshot } from "../../call/LocalMedia";
import type { InputKind, VideoQuality } from "../../call/preferences";
import { inputs, rememberInputs } from "./entry";

export interface Local extends LocalSnapshot {
  toggle(kind: InputKind): void;
  choose(kind: InputKind, device: string): void;
  setQuality(quality: VideoQuality): void;
}

/** This person's microphone and camera while `wanted`, as they were on before a reload. */
export function useLocalMedia(wanted: boolean): Local {
  const [media] = useState(() => new LocalMedia());
  useEffect(() => {
    if (!wanted) return undefined;
    void media.start(inputs());
    return () => media.close();
  }, [media, wanted]);
  const snapshot = useSyncExternalStore(media.watch, media.snapshot);
  return useMemo(
    () => ({
      ...snapshot,
      toggle(kind) {
        // What he turns on or off himself is remembered; what fails or is unplugged is not his wish.
        rememberInputs({ ...inputs(), [kind]: !snapshot[kind].on });
        void media.toggle(kind);
      },
      choose: (kind, device) => void media.choose(kind, device),
      setQuality: (quality) => void media.setQuality(quality),
    }),
    [snapshot, media],
  );
}
