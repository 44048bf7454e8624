import { useCallback, useEffect, useRef, useState } from "react";

import { useChannel, useRealtime } from "../../realtime";
import { channels } from "../../realtime/channels";
import { readTyping } from "../../realtime/pushes";

/** How often "still typing" is said. */
const REPEAT_MS = 2500;
/** After this long without a key, he thinks. */
const PAUSE_MS = 4000;
/** After this long without a word from his page, he types no more: it may be gone. */
const EXPIRY_MS = 6000;

export interface TypingSignals {
  /** The participants who type. */
  readonly typing: ReadonlySet<string>;
  /** I typed something, or (false) sent or emptied it. */
  say: (on: boolean) => void;
}

/** Who types, and telling that I do. `me`: my participant id. */
export function useTyping(room: string, me: string): TypingSignals {
  const client = useRealtime();
  const channel = channels.signals(room);
  const [typing, setTyping] = useState<ReadonlySet<string>>(new Set());
  const expiries = useRef(new Map<string, ReturnType<typeof setTimeout>>());

  const set = useCallback((participant: string, on: boolean) => {
    const mark = (typed: boolean) => setTyping((before) => changed(before, participant, typed));
    clearTimeout(expiries.current.get(participant));
    if (on) expiries.current.set(participant, setTimeout(() => mark(false), EXPIRY_MS));
    mark(on);
  }, []);

  useChannel(channel, {
    onPublication(data) {
      const signal = readTyping(data);
      if (signal && signal.participant !== me) set(signal.participant, signal.on);
    },
    onResync: () => undefined,
  });

  const said = useRef({ at: 0, pause: undefined as ReturnType<typeof setTimeout> | undefined });
  const say = useCallback(
    (on: boolean) => {
      const publish = (word: boolean) =>
        client.publish(channel, { type: "typing", participant: me, on: word });
      const stop = () => {
        if (said.current.at > 0) publish(false);
        said.current.at = 0;
      };
      clearTimeout(said.current.pause);
      if (!on) {
        stop();
        return;
      }
      said.current.pause = setTimeout(stop, PAUSE_MS);
      const now = performance.now();
      if (said.current.at > 0 && now - said.current.at < REPEAT_MS) return;
      said.current.at = now;
      publish(true);
    },
    [client, channel, me],
  );

  useEffect(() => {
    const { current } = expiries;
    return () => {
      say(false);
      for (const timer of current.values()) clearTimeout(timer);
      current.clear();
    };
  }, [say]);
  return { typing, say };
}

function changed(before: ReadonlySet<string>, participant: string, on: boolean): ReadonlySet<string> {
  if (before.has(participant) === on) return before;
  const after = new Set(before);
  if (on) after.add(participant);
  else after.delete(participant);
  return after;
}
