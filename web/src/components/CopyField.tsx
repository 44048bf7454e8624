import { useEffect, useRef } from "react";
import { Field } from "./Field";

/** Text to copy by hand, selected already. */
export function CopyField({ label, value }: { label: string; value: string }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, [value]);
  return <Field ref={field} label={label} value={value} readOnly onFocus={(event) => event.currentTarget.select()} />;
}
