import { Check } from "lucide-react";
import type { Ref } from "react";
import type { Step } from "../../booking/useBooking";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";

const STEPS = ["choose", "details", "confirmed"] as const;

/** Where in the booking one is. */
export function Steps({ step, headingRef }: { step: Step; headingRef: Ref<HTMLHeadingElement> }) {
  const text = useText();
  const at = STEPS.indexOf(step.name);
  const name = text(`book.step.${step.name}`);
  return (
    <header className="mb-5 flex items-center justify-between gap-3">
      <h2 ref={headingRef} tabIndex={-1} className="text-xl font-semibold tracking-tight">
        <span className="sr-only">{text("book.step.of", { step: at + 1, name })}</span>
        <span aria-hidden>{name}</span>
      </h2>
      <ol aria-hidden className="flex gap-1.5">
        {STEPS.map((each, index) => (
          <li
            key={each}
            className={classes(
              "grid size-7 place-items-center rounded-full text-sm font-medium",
              index < at && "bg-sage-soft text-sage-ink",
              index === at && "bg-sage text-on-sage",
              index > at && "bg-sunken text-muted",
            )}
          >
            {index < at ? <Check className="size-4" /> : index + 1}
          </li>
        ))}
      </ol>
    </header>
  );
}
