import { CircleAlert } from "lucide-react";

import type { InputKind } from "../../call/preferences";
import { Button } from "../../components/Button";
import { useText } from "../../messages/useText";
import type { Local } from "./useLocalMedia";

const KINDS = ["microphone", "camera"] as const satisfies readonly InputKind[];

/** What is wrong with the microphone and the camera, and what to do about it. Nobody is kept out for it. */
export function MediaProblems({ local }: { local: Local }) {
  const text = useText();
  const broken = KINDS.filter((kind) => local[kind].problem !== null);
  if (broken.length === 0) return null;
  return (
    <div role="alert" className="grid gap-2">
      {broken.map((kind) => {
        const { problem } = local[kind];
        return (
          problem && (
            <div key={kind} className="grid animate-fade gap-2 rounded-card bg-amber-soft p-4 text-[15px]">
              <p className="flex items-start gap-2.5">
                <CircleAlert aria-hidden className="mt-0.5 size-5 shrink-0 text-amber-ink" />
                <span>
                  {text(`media.problem.${problem}.${kind}`)} {text("media.without")}
                </span>
              </p>
              {problem !== "insecure" && (
                <Button className="justify-self-start" onClick={() => local.toggle(kind)}>
                  {text("action.retry")}
                </Button>
              )}
            </div>
          )
        );
      })}
    </div>
  );
}
