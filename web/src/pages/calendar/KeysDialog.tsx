import { Dialog } from "../../components/Dialog";
import type { MessageId } from "../../messages/en";
import { useText } from "../../messages/useText";

const KEYS: [string[], MessageId][] = [
  [["T"], "keys.today"],
  [["←", "K"], "keys.previous"],
  [["→", "J"], "keys.next"],
  [["W"], "keys.week"],
  [["D"], "keys.day"],
  [["L"], "keys.list"],
  [["H"], "keys.hours"],
  [["?"], "keys.help"],
];

/** Which key does what. */
export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const text = useText();
  return (
    <Dialog open={open} onOpenChange={(next) => !next && onClose()} title={text("keys.title")}>
      <dl className="grid gap-1">
        {KEYS.map(([keys, does]) => (
          <div key={does} className="flex items-center justify-between gap-4 border-b border-line py-2 last:border-0">
            <dt>{text(does)}</dt>
            <dd className="flex gap-1.5">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="grid min-w-8 place-items-center rounded-lg border border-line-strong/60 bg-paper px-2 py-0.5 font-sans text-sm"
                >
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
