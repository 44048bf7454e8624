import { ChevronDown, Clock, Hourglass, LogIn } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";

import type { Named } from "../../api/types";
import { Avatar } from "../../components/Avatar";
import { Button } from "../../components/Button";
import { useText } from "../../messages/useText";
import type { Participant } from "../../realtime/pushes";
import { useNow } from "../../time/useNow";
import { useTimes } from "../../time/useTimes";
import { DeviceFields } from "./DeviceFields";
import { LevelMeter } from "./LevelMeter";
import { MediaProblems } from "./MediaProblems";
import { Preview } from "./Preview";
import { RoomFrame } from "./RoomFrame";
import { otherSide, type Phase, type RoomView, waitingIn } from "./roomState";
import { useFailureText } from "./useFailureText";
import type { Local } from "./useLocalMedia";
import { useRemaining, useSpanText } from "./useRemaining";
import type { Room } from "./useRoom";

interface Props {
  room: Room;
  view: RoomView;
  role: Participant["role"];
  local: Local;
}

/** Before the room: who and when, one's own picture and sound, and what happens next. */
export function Lobby({ room, view, role, local }: Props) {
  const text = useText();
  const times = useTimes();
  const now = useNow(60_000);
  const other = otherSide(view, role);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <RoomFrame>
      <div className="mx-auto grid w-full max-w-5xl flex-1 content-start gap-6 px-safe pb-32 pt-4 md:grid-cols-[1.2fr_1fr] md:gap-12 md:py-10">
        <section className="order-2 grid content-start gap-4 md:order-1" aria-label={text("lobby.check")}>
          <Preview local={local} />
          <MediaProblems local={local} />
          <LevelMeter track={local.microphone.track} on={local.microphone.on} />
          <Fold title={text("media.devices")}>
            <DeviceFields local={local} />
          </Fold>
        </section>
        <section className="order-1 grid content-start gap-5 md:order-2">
          <div className="flex items-center gap-4">
            <Avatar name={other.name} className="size-14 text-lg" />
            <div className="min-w-0">
              <h1 ref={heading} tabIndex={-1} className="text-xl font-semibold leading-snug md:text-2xl">
                {text("lobby.with", { name: other.name })}
              </h1>
              <p className="text-muted">
                {view.service_name}
                <br />
                {text("room.when", {
                  date: times.nearDate(view.start, now),
                  span: times.span(view.start, view.end),
                })}
              </p>
            </div>
          </div>
          <NextStep room={room} view={view} role={role} other={other} />
        </section>
      </div>
    </RoomFrame>
  );
}

interface StepProps {
  room: Room;
  view: RoomView;
  role: Participant["role"];
  other: Named;
}

function NextStep(props: StepProps) {
  switch (props.room.phase satisfies Phase) {
    case "early":
      return <Early {...props} />;
    case "waiting":
      return <Waiting {...props} />;
    default:
      return <Ready {...props} />;
  }
}

function Early({ room, view }: StepProps) {
  const text = useText();
  const times = useTimes();
  const span = useSpanText();
  const remaining = useRemaining(view.opens_at, room.state.ahead);
  const { load } = room;
  const open = remaining === 0;
  useEffect(() => {
    if (!open) return undefined;
    void load();
    const timer = setInterval(() => void load(), 2000);
    return () => clearInterval(timer);
  }, [open, load]);
  return (
    <Card icon={<Clock aria-hidden className="size-5" />} title={text("lobby.early.title")}>
      <p>{text("lobby.early.body", { time: times.time(view.opens_at) })}</p>
      <p role="timer" className="mt-3 text-lg font-semibold tabular-nums text-ink">
        {text("lobby.opensIn", { time: span(remaining) })}
      </p>
    </Card>
  );
}

/** After this, waiting begins to feel long. */
const LONG_MINUTES = 5;

function Waiting({ view, other }: StepProps) {
  const text = useText();
  const times = useTimes();
  const now = useNow(10_000);
  const [since] = useState(() => Date.now());
  const minutes = Math.floor((now.getTime() - since) / 60_000);
  return (
    <>
      <Card icon={<Hourglass aria-hidden className="size-5" />} title={text("lobby.waiting.title")} tone="waiting">
        <p>{text("lobby.waiting.body", { name: other.name })}</p>
        <p className="mt-3 text-sm">{text("lobby.waiting.since", { minutes: Math.max(0, minutes) })}</p>
      </Card>
      <Fold title={text("lobby.waiting.long.title")} open={minutes >= LONG_MINUTES}>
        <p className="text-[15px] text-muted">{text("lobby.waiting.long.body", { time: times.time(view.start) })}</p>
      </Fold>
    </>
  );
}

function Ready({ room, view, role, other }: StepProps) {
  const text = useText();
  const fail = useFailureText();
  const [busy, setBusy] = useState(false);
  const waits = waitingIn(view).length > 0;
  const enter = () => {
    setBusy(true);
    void room.enter().finally(() => setBusy(false));
  };
  return (
    <>
      <Card icon={<LogIn aria-hidden className="size-5" />} title={text(`lobby.ready.${role}`)}>
        <p>{text(`lobby.ready.body.${role}`)}</p>
        {role === "practitioner" && (
          <p role="status" className="mt-3 flex items-center gap-2 font-medium text-ink">
            <span aria-hidden className={waits ? "size-2 rounded-full bg-amber" : "size-2 rounded-full bg-line-strong"} />
            {text(waits ? "lobby.someoneWaits" : "lobby.nobodyWaits", { name: other.name })}
          </p>
        )}
      </Card>
      {room.state.refusal !== null && (
        <p role="alert" className="rounded-card bg-red-soft p-4">
          {fail(room.state.refusal)}
        </p>
      )}
      <div className="max-md:fixed max-md:inset-x-0 max-md:bottom-0 max-md:z-20 max-md:border-t max-md:border-line max-md:bg-paper/95 max-md:px-4 max-md:pb-[max(1rem,env(safe-area-inset-bottom))] max-md:pt-3 max-md:backdrop-blur">
        <Button tone="primary" size="large" className="w-full" busy={busy} onClick={enter}>
          {text(`lobby.enter.${role}`)}
        </Button>
      </div>
    </>
  );
}

interface CardProps {
  icon: ReactNode;
  title: string;
  tone?: "plain" | "waiting";
  children: ReactNode;
}

function Card({ icon, title, tone = "plain", children }: CardProps) {
  const tint = tone === "waiting" ? "bg-amber-soft text-amber-ink" : "bg-sage-soft text-sage-ink";
  return (
    <div role="status" className="flex animate-fade gap-4 rounded-2xl border border-line bg-raised p-5">
      <span aria-hidden className={`grid size-11 shrink-0 place-items-center rounded-full ${tint}`}>
        {icon}
      </span>
      <div className="min-w-0 text-muted">
        <h2 className="mb-1 pt-2 text-lg font-semibold leading-snug text-ink">{title}</h2>
        {children}
      </div>
    </div>
  );
}

/** What is looked at by those who need it. Once open by a press, or because it is time, it stays so. */
function Fold({ title, open = false, children }: { title: string; open?: boolean; children: ReactNode }) {
  return (
    <details className="group rounded-card border border-line bg-raised" open={open}>
      <summary className="flex min-h-12 list-none items-center gap-2 rounded-card px-4 font-medium [&::-webkit-details-marker]:hidden">
        <span className="flex-1">{title}</span>
        <ChevronDown aria-hidden className="size-5 text-muted transition-transform group-open:rotate-180" />
      </summary>
      <div className="px-4 pb-4">{children}</div>
    </details>
  );
}
