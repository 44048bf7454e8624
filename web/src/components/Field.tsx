import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from "react";
import { CircleAlert } from "lucide-react";
import { classes } from "./classes";

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  hint?: string;
  error?: string | null;
  /** Stands inside the field, at its end. */
  end?: ReactNode;
  ref?: Ref<HTMLInputElement>;
}

export const inputClass =
  "w-full min-h-12 rounded-card border border-line-strong bg-raised px-3.5 text-base text-ink " +
  "transition-colors hover:border-muted aria-invalid:border-red";

/** A labelled text field; its error stands below it and is read with it. */
export function Field({ label, hint, error, end, className, ...rest }: Props) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={classes("grid gap-1.5", className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
      <div className="relative">
        <input
          {...rest}
          id={id}
          aria-invalid={error ? true : undefined}
          aria-describedby={described || undefined}
          className={classes(inputClass, end !== undefined && "pr-14")}
        />
        {end !== undefined && <div className="absolute inset-y-0 right-0.5 flex items-center">{end}</div>}
      </div>
      {error && <FieldError id={`${id}-error`}>{error}</FieldError>}
    </div>
  );
}

export function FieldError({ id, children }: { id?: string; children: ReactNode }) {
  return (
    <p id={id} className="flex items-start gap-1.5 text-sm text-red">
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
      {children}
    </p>
  );
}
