import { X } from "lucide-react";
import { AlertDialog, Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useText } from "../messages/useText";
import { buttonClass } from "./buttonClass";
import { classes } from "./classes";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: string;
  children?: ReactNode;
}

const overlay = "fixed inset-0 z-40 animate-fade bg-scrim";
const panel = "fixed z-50 flex max-h-[92dvh] flex-col overflow-hidden bg-raised text-ink shadow-float";
const centred =
  "inset-x-0 bottom-0 animate-rise rounded-t-2xl pb-safe sm:inset-x-auto sm:bottom-auto sm:left-1/2 sm:top-1/2 " +
  "sm:w-[min(30rem,calc(100vw-2rem))] sm:-translate-x-1/2 sm:-translate-y-1/2 sm:animate-fade sm:rounded-2xl";
const atSide =
  "inset-x-0 bottom-0 animate-rise rounded-t-2xl pb-safe md:inset-y-0 md:left-auto md:right-0 md:max-h-none " +
  "md:w-[27rem] md:animate-slide md:rounded-none md:border-l md:border-line";

/** A dialog in the middle; on a phone it rises from the bottom, within the thumb's reach. */
export function Dialog(props: Props) {
  return <Panel {...props} className={centred} />;
}

/** A panel from the side; on a phone from the bottom. */
export function Sheet(props: Props) {
  return <Panel {...props} className={atSide} />;
}

function Panel({ open, onOpenChange, title, description, children, className }: Props & { className: string }) {
  const text = useText();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={overlay} />
        <Radix.Content
          className={classes(panel, className)}
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
        >
          <header className="flex items-start gap-3 px-5 pb-2 pt-4">
            <div className="min-w-0 flex-1 pt-1.5">
              <Radix.Title className="text-lg font-semibold leading-snug">{title}</Radix.Title>
              {description !== undefined && (
                <Radix.Description className="mt-1 text-[15px] text-muted">{description}</Radix.Description>
              )}
            </div>
            <Radix.Close className={classes(buttonClass("quiet", "icon"), "-mr-2")} aria-label={text("action.close")}>
              <X aria-hidden className="size-5" />
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-5">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ConfirmProps extends Props {
  /** What will be done, as a verb: it stands on the button. */
  confirm: ReactNode;
  /** The way out that changes nothing. */
  keep: ReactNode;
}

/** Asks before what cannot be taken back. The focus starts on the way out. */
export function ConfirmDialog({ open, onOpenChange, title, description, children, confirm, keep }: ConfirmProps) {
  return (
    <AlertDialog.Root open={open} onOpenChange={onOpenChange}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={overlay} />
        <AlertDialog.Content className={classes(panel, centred)}>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-5">
            <AlertDialog.Title className="text-lg font-semibold leading-snug">{title}</AlertDialog.Title>
            <AlertDialog.Description className="mt-1 text-[15px] text-muted">{description}</AlertDialog.Description>
            {children}
          </div>
          <footer className="grid gap-2 p-5 sm:flex sm:justify-end">
            <AlertDialog.Cancel asChild>{keep}</AlertDialog.Cancel>
            {confirm}
          </footer>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
