import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { classes } from "./classes";
import { type ButtonSize, type ButtonTone, buttonClass } from "./buttonClass";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  tone?: ButtonTone;
  size?: ButtonSize;
  /** Doing what it says: it can be neither pressed twice nor lose the focus. */
  busy?: boolean;
  icon?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

/** A button that says a verb. `busy` keeps its width and tells assistive technology. */
export function Button({ tone, size, busy = false, icon, children, className, onClick, type, ...rest }: Props) {
  return (
    <button
      {...rest}
      type={type ?? "button"}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      className={classes(buttonClass(tone, size), busy && "animate-breathe", className)}
    >
      {icon}
      {children}
    </button>
  );
}
