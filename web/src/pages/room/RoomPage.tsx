import { CircleSlash, DoorOpen, HeartHandshake, SearchX } from "lucide-react";
import { useEffect } from "react";
import { Link, Navigate, useLocation, useParams } from "react-router";

import { isStaff } from "../../app/navigation";
import { Offline } from "../../app/Offline";
import { useTitle } from "../../app/useTitle";
import { Button } from "../../components/Button";
import { ErrorNote } from "../../components/ErrorNote";
import { PageSkeleton } from "../../components/PageSkeleton";
import { buttonClass } from "../../components/buttonClass";
import { useText } from "../../messages/useText";
import { useSession } from "../../session/context";
import { useGuestReturn } from "../join/useGuestReturn";
import { CallRoom } from "./CallRoom";
import { Lobby } from "./Lobby";
import { Notice } from "./Notice";
import { RoomFrame } from "./RoomFrame";
import { otherSide, roleIn } from "./roomState";
import { useLocalMedia } from "./useLocalMedia";
import { isNotFound, type Room, useRoom } from "./useRoom";

/** A session's room: for the person who is signed in, or for the guest of its join link. */
export default function RoomPage() {
  const { id = "" } = useParams();
  const { session } = useSession();
  const location = useLocation();
  const returning = useGuestReturn(id);
  if (returning) return <PageSkeleton />;
  switch (session.state) {
    case "starting":
      return <PageSkeleton />;
    case "offline":
      return <Offline />;
    case "anonymous": {
      const next = new URLSearchParams({ next: location.pathname });
      return <Navigate to={`/sign-in?${next.toString()}`} replace />;
    }
    default:
      // A key, so that another room or another person starts from nothing.
      return <RoomOf key={`${id} ${session.person.id}`} id={id} person={session.person.id} />;
  }
}

function RoomOf({ id, person }: { id: string; person: string }) {
  const room = useRoom(id, person);
  const { phase, state } = room;
  const text = useText();
  const view = state.view;
  const role = view ? roleIn(view, person) : "client";
  useTitle(view ? text("room.title.with", { name: otherSide(view, role).name }) : text("room.title"));
  const local = useLocalMedia(["early", "lobby", "waiting", "inside"].includes(phase));
  useWakeLock(phase === "inside");
  if (phase === "failed") return <Failed error={state.error} onRetry={() => void room.load()} />;
  if (!view) return <PageSkeleton />;
  switch (phase) {
    case "ended":
    case "left":
    case "removed":
      return <Over room={room} phase={phase} name={otherSide(view, role).name} />;
    case "inside":
      return view.me && <CallRoom room={room} view={view} me={view.me} local={local} />;
    default:
      return <Lobby room={room} view={view} role={role} local={local} />;
  }
}

const ICONS = { ended: HeartHandshake, left: DoorOpen, removed: CircleSlash } as const;

function Over({ room, phase, name }: { room: Room; phase: keyof typeof ICONS; name: string }) {
  const text = useText();
  const { session } = useSession();
  const Icon = ICONS[phase];
  const isGuest = session.state === "guest";
  return (
    <Notice
      icon={<Icon className="size-7" />}
      title={text(`room.${phase}.title`)}
      actions={
        <>
          {phase === "left" && (
            <Button tone="primary" onClick={() => void room.enter()}>
              {text("room.left.again")}
            </Button>
          )}
          <WayOn />
        </>
      }
    >
      {phase === "ended" && isGuest ? text("room.ended.guest") : text(`room.${phase}.body`, { name })}
    </Notice>
  );
}

/** Where a person goes from here. A guest has no other page. */
function WayOn() {
  const text = useText();
  const { session } = useSession();
  if (session.state !== "signed-in") return null;
  const staff = isStaff(session.person.roles);
  return (
    <Link to={staff ? "/calendar" : "/appointments"} className={buttonClass("plain")}>
      {text(staff ? "room.toCalendar" : "room.toAppointments")}
    </Link>
  );
}

function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const text = useText();
  if (isNotFound(error)) {
    return (
      <Notice icon={<SearchX className="size-7" />} title={text("room.notFound.title")} actions={<WayOn />}>
        {text("room.notFound.body")}
      </Notice>
    );
  }
  return (
    <RoomFrame>
      <section className="m-auto grid w-full max-w-md gap-4 px-safe">
        <h1 className="text-2xl font-semibold">{text("room.failed.title")}</h1>
        <ErrorNote error={error} onRetry={onRetry} />
      </section>
    </RoomFrame>
  );
}

/** Keeps a phone's screen on during a session. */
function useWakeLock(wanted: boolean): void {
  useEffect(() => {
    const { wakeLock } = navigator as { wakeLock?: WakeLock };
    if (!wanted || !wakeLock) return undefined;
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const take = () => {
      if (document.visibilityState !== "visible") return;
      wakeLock.request("screen").then(
        (taken) => {
          lock = taken;
          if (over) void taken.release();
        },
        // Low battery, or not allowed: the screen may go dark, the call goes on.
        () => undefined,
      );
    };
    take();
    document.addEventListener("visibilitychange", take);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", take);
      void lock?.release();
    };
  }, [wanted]);
}
