import { type TextareaHTMLAttributes, useId } from "react";
import { inputClass } from "./Field";
import { classes } from "./classes";

interface Props extends TextareaHTMLAttributes<HTMLTextAreaElement> {
  label: string;
  hint?: string;
}

/** A labelled field for several lines. */
export function TextArea({ label, hint, className, ...rest }: Props) {
  const id = useId();
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
      <textarea
        {...rest}
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className={classes(inputClass, "min-h-28 py-2.5", className)}
      />
    </div>
  );
}
