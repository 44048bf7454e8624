import { MonitorSmartphone } from "lucide-react";
import { type Ref, useEffect, useRef, useState } from "react";

import { Button } from "../../components/Button";
import { classes } from "../../components/classes";
import { LiveDot } from "../../components/LiveDot";
import { useText } from "../../messages/useText";
import { channels } from "../../realtime/channels";
import { useChannel, usePresent } from "../../realtime";
import type { Message, Participant } from "../../realtime/pushes";
import { useTimes } from "../../time/useTimes";
import { CallBar } from "./CallBar";
import { CallStatusNote } from "./CallStatusNote";
import { ChatPanel } from "./ChatPanel";
import { lengthOf } from "./chatState";
import { LeaveDialog } from "./LeaveDialog";
import { NoteList } from "./NoteList";
import { People } from "./People";
import { QualityMeter } from "./QualityMeter";
import { RemoteView } from "./RemoteView";
import { otherSide, type RoomView, waitingIn } from "./roomState";
import { SelfView } from "./SelfView";
import { type Call, useCall } from "./useCall";
import { useChat } from "./useChat";
import { useComings } from "./useComings";
import { useIdle } from "./useIdle";
import type { Local } from "./useLocalMedia";
import { type Notes, useNotes } from "./useNotes";
import { useQuality } from "./useQuality";
import type { Room } from "./useRoom";
import { useTyping } from "./useTyping";
import { useUnread } from "./useUnread";
import { WaitingBanner } from "./WaitingBanner";

interface Props {
  room: Room;
  view: RoomView;
  /** My own place in it. */
  me: Participant;
  local: Local;
}

/** The session itself. */
export function CallRoom({ room, view, me, local }: Props) {
  const text = useText();
  const notes = useNotes();
  const { tell, clear } = notes;
  const other = otherSide(view, me.role);
  const call = useCall(view.id, me.id, local);
  const conversation = useChat(view.id);
  const { session: chat } = conversation;
  const signals = useTyping(view.id, me.id);
  const present = usePresent(channels.room(view.id));
  const [chatOpen, setChatOpen] = useState(false);
  const unread = useUnread(conversation.chat, conversation.loaded, chatOpen, me.person);
  const chatButton = useRef<HTMLButtonElement>(null);

  const openChat = () => {
    setChatOpen(true);
    clear();
  };
  useChannel(channels.room(view.id), {
    onPublication(data) {
      room.push(data);
      chat.push(data);
    },
    onResync() {
      void room.load();
      void chat.resync();
    },
    // Out by another page of mine, by the practitioner, or because it ended: the room knows.
    onClosed: () => void room.load(),
  });
  useComings(present, [other], (event, name) => {
    tell(text(event === "joined" ? "call.joined" : "call.gone", { name }));
  });
  useNews(conversation.chat.messages.at(-1), unread, me.person, (news) => tell(news, openChat));

  const leave = () => {
    call.leave();
    void room.leave();
  };
  const closeChat = () => {
    setChatOpen(false);
    chatButton.current?.focus();
  };
  return (
    <main id="page" tabIndex={-1} className="flex h-dvh overflow-hidden bg-paper max-md:flex-col">
      <h1 className="sr-only">{text("room.title.with", { name: other.name })}</h1>
      {call.status === "replaced" ? (
        <Replaced onHere={call.continueHere} />
      ) : (
        <Stage
          room={room}
          view={view}
          me={me}
          local={local}
          call={call}
          present={present}
          notes={notes}
          chatOpen={chatOpen}
          unread={unread}
          chatButton={chatButton}
          onChat={chatOpen ? closeChat : openChat}
          onLeave={leave}
        />
      )}
      {chatOpen && (
        <ChatPanel
          conversation={conversation}
          signals={signals}
          typing={view.participants.filter(({ id }) => signals.typing.has(id)).map(({ name }) => name)}
          me={me.person}
          onClose={closeChat}
        />
      )}
    </main>
  );
}

/** Says what another wrote while the chat is closed. */
function useNews(newest: Message | undefined, unread: number, me: string, tell: (news: string) => void) {
  const text = useText();
  const told = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (!newest || newest.person === me || unread === 0 || told.current === newest.key) return;
    told.current = newest.key;
    tell(text("chat.new", { name: newest.name, text: shortened(newest.text) }));
  }, [newest, unread, me, text, tell]);
}

function shortened(text: string): string {
  return lengthOf(text) > 80 ? `${Array.from(text).slice(0, 79).join("")}…` : text;
}

/** Words that lie on a picture: readable whatever it shows. */
const chipClass = "flex min-h-11 items-center gap-2 rounded-full bg-black/70 text-white [--muted:#d3dad7] backdrop-blur-sm";

interface StageProps extends Props {
  call: Call;
  present: ReadonlySet<string> | null;
  notes: Notes;
  chatOpen: boolean;
  unread: number;
  chatButton: Ref<HTMLButtonElement>;
  onChat: () => void;
  onLeave: () => void;
}

/** The pictures, and what lies on them. Dark whatever the page is: faces are the light. */
function Stage({ view, me, local, call, present, notes, chatOpen, unread, chatButton, onChat, onLeave }: StageProps) {
  const times = useTimes();
  const other = otherSide(view, me.role);
  const [leaving, setLeaving] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const waiting = me.role === "practitioner" ? waitingIn(view) : [];
  const idle = useIdle(leaving || choosing || waiting.length > 0);
  const quality = useQuality(call.stats, call.status === "joined" && call.path === "connected");
  const isHere = present?.has(other.id) ?? false;
  return (
    <section className="relative min-h-0 min-w-0 flex-1 overflow-hidden bg-paper text-ink stage">
      <RemoteView
        other={other}
        remote={call.remotes.find(({ name, participant }) => isOther(view, participant, name))}
        role={me.role}
        isHere={isHere}
        waits={waiting.length > 0}
      />
      <header
        className={classes(
          "absolute inset-x-0 top-0 z-10 flex items-start justify-between gap-2 px-3 pt-[max(0.75rem,env(safe-area-inset-top))] transition duration-300",
          idle && "opacity-0",
        )}
      >
        <p className={classes(chipClass, "min-w-0 px-4")}>
          <span className="truncate font-semibold">{other.name}</span>
          <span className="hidden whitespace-nowrap text-muted sm:inline">{times.span(view.start, view.end)}</span>
        </p>
        <div className={classes(chipClass, "shrink-0 pl-4 pr-1")}>
          <LiveDot className="mr-1 whitespace-nowrap" />
          <QualityMeter quality={quality} />
          <People participants={view.participants} present={present} me={me.id} />
        </div>
      </header>
      <div className="pointer-events-none absolute inset-x-0 top-17 z-20 grid justify-items-center gap-2 px-3">
        <WaitingBanner room={view.id} waiting={waiting} />
        <CallStatusNote call={call} />
        {!chatOpen && <NoteList {...notes} />}
      </div>
      <SelfView local={local} />
      <CallBar
        local={local}
        hidden={idle}
        chatOpen={chatOpen}
        unread={unread}
        chatButton={chatButton}
        onChat={onChat}
        onDevices={setChoosing}
        onLeave={() => (me.role === "practitioner" ? setLeaving(true) : onLeave())}
      />
      {me.role === "practitioner" && (
        <LeaveDialog room={view.id} name={other.name} open={leaving} onOpenChange={setLeaving} onLeave={onLeave} />
      )}
    </section>
  );
}

/** Whether a participant of the call is the person on the other side. Until the list has him, his name has to do. */
function isOther(view: RoomView, participant: string, name: string): boolean {
  const known = view.participants.find(({ id }) => id === participant);
  return known ? known.id !== view.me?.id : name !== view.me?.name;
}

function Replaced({ onHere }: { onHere: () => void }) {
  const text = useText();
  return (
    <section role="alert" className="m-auto grid max-w-md animate-fade justify-items-center gap-3 px-6 text-center">
      <span aria-hidden className="grid size-16 place-items-center rounded-full bg-sage-soft text-sage-ink">
        <MonitorSmartphone className="size-7" />
      </span>
      <h2 className="mt-2 text-2xl font-semibold">{text("call.replaced.title")}</h2>
      <p className="text-muted">{text("call.replaced.body")}</p>
      <Button tone="primary" size="large" className="mt-4" onClick={onHere}>
        {text("call.replaced.here")}
      </Button>
    </section>
  );
}
