import { CircleAlert, RefreshCw } from "lucide-react";
import type { ReactNode } from "react";
import { useErrorText } from "../messages/useErrorText";
import { useText } from "../messages/useText";
import { Button } from "./Button";
import { classes } from "./classes";

interface Props {
  error: unknown;
  /** Offers to try again. */
  onRetry?: () => void;
  /** Other ways on. */
  children?: ReactNode;
  className?: string;
}

/** What went wrong and what to do next, where it went wrong. */
export function ErrorNote({ error, onRetry, children, className }: Props) {
  const text = useText();
  const say = useErrorText();
  return (
    <div role="alert" className={classes("animate-fade rounded-card bg-red-soft p-4", className)}>
      <p className="flex items-start gap-2.5">
        <CircleAlert aria-hidden className="mt-0.5 size-5 shrink-0 text-red" />
        {say(error)}
      </p>
      {(onRetry ?? children) !== undefined && (
        <div className="mt-3 flex flex-wrap gap-2 pl-7.5">
          {onRetry !== undefined && (
            <Button onClick={onRetry} icon={<RefreshCw aria-hidden className="size-4" />}>
              {text("action.retry")}
            </Button>
          )}
          {children}
        </div>
      )}
    </div>
  );
}
