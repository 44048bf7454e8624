import { UserRound } from "lucide-react";
import { Popover } from "radix-ui";

import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import type { Participant } from "../../realtime/pushes";
import { bubbleClass } from "./bubbleClass";

interface Props {
  participants: readonly Participant[];
  /** People, by id; null while unknown. */
  present: ReadonlySet<string> | null;
  me: string;
}

/** Who is here: people, however many pages each has open. */
export function People({ participants, present, me }: Props) {
  const text = useText();
  const known = participants.filter(({ state }) => state !== "removed");
  const here = known.filter(({ person }) => present?.has(person)).length;
  return (
    <Popover.Root>
      <Popover.Trigger
        aria-label={text("call.people")}
        title={text("call.people")}
        className="inline-flex h-11 min-w-11 items-center justify-center gap-1.5 rounded-full px-2.5 hover:bg-sunken/70"
      >
        <UserRound aria-hidden className="size-4.5" />
        <span className="text-sm tabular-nums">{here}</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content sideOffset={6} collisionPadding={12} className={bubbleClass}>
          <p className="font-semibold">{text("call.people")}</p>
          <ul className="mt-2 grid gap-2">
            {known.map(({ id, person, name }) => {
              const isHere = present?.has(person) ?? false;
              return (
                <li key={id} className="flex items-center gap-2.5">
                  <span
                    aria-hidden
                    className={classes("size-2 shrink-0 rounded-full", isHere ? "bg-sage" : "bg-line-strong")}
                  />
                  <span className="min-w-0 flex-1">{id === me ? `${name} (${text("call.you")})` : name}</span>
                  <span className="text-sm text-muted">{text(isHere ? "call.here" : "call.away")}</span>
                </li>
              );
            })}
          </ul>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
