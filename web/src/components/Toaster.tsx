import { CircleCheck, X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { type ReactNode, createContext, use, useCallback, useMemo, useState } from "react";
import { useText } from "../messages/useText";
import { buttonClass } from "./buttonClass";
import { classes } from "./classes";

interface Shown {
  id: number;
  text: string;
  tone: ToastTone;
}

type ToastTone = "done" | "note";
type Say = (text: string, tone?: ToastTone) => void;

/** As many as a phone can show without hiding the page. */
const MOST = 3;

const Context = createContext<Say>(() => undefined);

/** Says in passing what happened. What needs an answer belongs on the page, not here. */
export function useToast(): Say {
  return use(Context);
}

export function Toaster({ children }: { children: ReactNode }) {
  const text = useText();
  const [shown, setShown] = useState<Shown[]>([]);
  const say = useCallback<Say>((what, tone = "done") => {
    setShown((before) => [...before, { id: (before.at(-1)?.id ?? 0) + 1, text: what, tone }].slice(-MOST));
  }, []);
  const drop = useCallback((id: number) => setShown((before) => before.filter((each) => each.id !== id)), []);
  const toasts = useMemo(() => shown.map((each) => <Toast key={each.id} {...each} onGone={drop} />), [shown, drop]);
  return (
    <Radix.Provider swipeDirection="down" duration={6000} label={text("toast.label")}>
      <Context value={say}>{children}</Context>
      {toasts}
      <Radix.Viewport className="fixed inset-x-4 bottom-[calc(5rem+env(safe-area-inset-bottom))] z-60 mx-auto grid max-w-md gap-2 outline-none md:bottom-6 md:left-auto md:right-6 md:mx-0 md:w-96" />
    </Radix.Provider>
  );
}

function Toast({ id, text: what, tone, onGone }: Shown & { onGone: (id: number) => void }) {
  const text = useText();
  return (
    <Radix.Root
      onOpenChange={(open) => !open && onGone(id)}
      className="flex animate-rise items-center gap-3 rounded-card border border-line bg-raised py-1.5 pl-4 pr-1.5 text-[15px] shadow-float"
    >
      {tone === "done" && <CircleCheck aria-hidden className="size-5 shrink-0 text-sage-ink" />}
      <Radix.Title className="min-w-0 flex-1">{what}</Radix.Title>
      <Radix.Close className={classes(buttonClass("quiet", "icon"))} aria-label={text("action.close")}>
        <X aria-hidden className="size-4" />
      </Radix.Close>
    </Radix.Root>
  );
}
