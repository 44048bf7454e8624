import { SendHorizontal, X } from "lucide-react";
import { type KeyboardEvent, type SubmitEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";

import { Button } from "../../components/Button";
import { classes } from "../../components/classes";
import { inputClass } from "../../components/Field";
import { useText } from "../../messages/useText";
import type { Message } from "../../realtime/pushes";
import { useTimes } from "../../time/useTimes";
import { lengthOf, startsGroup } from "./chatState";
import type { Unsent } from "./Outbox";
import { useFailureText } from "./useFailureText";
import type { Conversation } from "./useChat";
import type { TypingSignals } from "./useTyping";

/** The server's limit of a message, in characters. */
export const MAX_TEXT = 4000;

interface Props {
  conversation: Conversation;
  signals: TypingSignals;
  /** Names of those who type. */
  typing: readonly string[];
  /** My person id. */
  me: string;
  onClose: () => void;
}

/** What is written beside the call: a panel at the side, a sheet over the lower part of a phone. */
export function ChatPanel({ conversation, signals, typing, me, onClose }: Props) {
  const text = useText();
  const title = useId();
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onClose();
  };
  return (
    // Escape closes it from wherever the focus is inside.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <aside
      aria-labelledby={title}
      onKeyDown={onKeyDown}
      className="flex flex-col bg-raised text-ink max-md:z-30 max-md:-mt-4 max-md:h-[58dvh] max-md:animate-rise max-md:rounded-t-2xl max-md:shadow-float md:w-90 md:shrink-0 md:animate-fade md:border-l md:border-line"
    >
      <header className="flex items-center gap-2 border-b border-line py-2 pl-5 pr-2">
        <h2 id={title} className="flex-1 text-lg font-semibold">
          {text("chat.title")}
        </h2>
        <Button tone="quiet" size="icon" aria-label={text("chat.close")} onClick={onClose}>
          <X aria-hidden className="size-5" />
        </Button>
      </header>
      <Log conversation={conversation} me={me} typing={typing.length > 0} />
      <p aria-live="polite" className="min-h-6 px-5 text-sm text-muted">
        {typing.map((name) => text("chat.typing", { name })).join(" ")}
      </p>
      <Composer
        onTyping={signals.say}
        onSend={(message) => {
          signals.say(false);
          conversation.session.outbox.add(message);
        }}
      />
    </aside>
  );
}

function Log({ conversation, me, typing }: { conversation: Conversation; me: string; typing: boolean }) {
  const text = useText();
  const { chat, unsent, loaded, session } = conversation;
  const end = useRef<HTMLDivElement>(null);
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const newest = chat.messages.at(-1);
  useLayoutEffect(() => {
    // Whoever reads further up is left there, unless the new one is his own.
    if (atEnd.current || newest?.person === me) end.current?.scrollIntoView({ block: "end" });
  }, [newest, unsent.length, typing, me]);
  return (
    <div
      ref={log}
      role="log"
      aria-label={text("chat.log")}
      // It scrolls, so it is reached by the keyboard.
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < 80;
      }}
      className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-5 py-3"
    >
      {loaded && chat.messages.length === 0 && unsent.length === 0 && (
        <p className="grid h-full place-items-center text-center text-muted">{text("chat.empty")}</p>
      )}
      <ul className="grid gap-1">
        {chat.messages.map((message, index) => (
          <Said
            key={message.key}
            message={message}
            mine={message.person === me}
            first={startsGroup(message, chat.messages[index - 1])}
          />
        ))}
        {unsent.map((message) => (
          <Waiting
            key={message.key}
            message={message}
            onAgain={() => session.outbox.again(message.key)}
            onDiscard={() => session.outbox.discard(message.key)}
          />
        ))}
      </ul>
      <div ref={end} />
    </div>
  );
}

const bubble = "max-w-[85%] rounded-2xl px-3.5 py-2 text-[15px] whitespace-pre-wrap";

function Said({ message, mine, first }: { message: Message; mine: boolean; first: boolean }) {
  const text = useText();
  const times = useTimes();
  return (
    <li data-seq={message.seq} className={classes("grid", mine ? "justify-items-end" : "justify-items-start", first && "mt-3")}>
      {first && (
        <p className="mb-1 px-1 text-xs text-muted">
          {mine ? text("chat.you") : message.name} · <time dateTime={message.at}>{times.time(message.at)}</time>
        </p>
      )}
      <p className={classes(bubble, mine ? "bg-sage-soft text-ink" : "bg-sunken text-ink")}>{message.text}</p>
    </li>
  );
}

function Waiting({ message, onAgain, onDiscard }: { message: Unsent; onAgain: () => void; onDiscard: () => void }) {
  const text = useText();
  const fail = useFailureText();
  const { error } = message;
  return (
    <li className="mt-1 grid justify-items-end gap-1">
      <p className={classes(bubble, "bg-sage-soft text-ink", error === null && "opacity-60")}>{message.text}</p>
      {error === null ? (
        <p className="px-1 text-xs text-muted">{text("chat.pending")}</p>
      ) : (
        <div role="alert" className="grid justify-items-end gap-1 text-sm text-red">
          <p className="text-right">
            {text("chat.failed")}. {fail(error)}
          </p>
          <div className="flex gap-1">
            <Button tone="quiet" onClick={onDiscard}>
              {text("chat.discard")}
            </Button>
            <Button onClick={onAgain}>{text("chat.again")}</Button>
          </div>
        </div>
      )}
    </li>
  );
}

/** A field that grows with what is written. Enter sends, Shift and Enter begin a new line. */
function Composer({ onSend, onTyping }: { onSend: (text: string) => void; onTyping: (on: boolean) => void }) {
  const text = useText();
  const [value, setValue] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const length = lengthOf(value.trim());
  const sendable = length > 0 && length <= MAX_TEXT;
  useEffect(() => field.current?.focus(), []);
  const send = () => {
    if (!sendable) return;
    onSend(value.trim());
    setValue("");
    field.current?.focus();
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    send();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form onSubmit={onSubmit} className="grid gap-1 border-t border-line p-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
      <div className="flex items-end gap-2">
        <textarea
          ref={field}
          rows={1}
          aria-label={text("chat.label")}
          placeholder={text("chat.placeholder")}
          value={value}
          aria-invalid={length > MAX_TEXT || undefined}
          onChange={(event) => {
            setValue(event.target.value);
            onTyping(event.target.value.trim() !== "");
          }}
          onKeyDown={onKeyDown}
          className={classes(inputClass, "field-sizing-content max-h-40 resize-none py-3")}
        />
        <Button
          type="submit"
          tone="primary"
          size="icon"
          className="size-12"
          aria-label={text("chat.send")}
          title={text("chat.send")}
          disabled={!sendable}
        >
          <SendHorizontal aria-hidden className="size-5" />
        </Button>
      </div>
      {length > MAX_TEXT && (
        <p role="alert" className="text-sm text-red">
          {text("chat.tooLong", { over: length - MAX_TEXT })}
        </p>
      )}
    </form>
  );
}
