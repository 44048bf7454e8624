import { type ReactNode, useEffect, useRef } from "react";

import { RoomFrame } from "./RoomFrame";

interface Props {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  /** The next steps. */
  actions?: ReactNode;
}

/** A page that says one thing, and what comes next. Its heading takes the focus: what was here before is gone. */
export function Notice({ icon, title, children, actions }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <RoomFrame>
      <section className="m-auto grid max-w-md animate-fade justify-items-center gap-3 px-6 pb-16 text-center">
        <span aria-hidden className="grid size-16 place-items-center rounded-full bg-sage-soft text-sage-ink">
          {icon}
        </span>
        <h1 ref={heading} tabIndex={-1} className="mt-2 text-2xl font-semibold">
          {title}
        </h1>
        <p className="text-muted">{children}</p>
        {actions !== undefined && <div className="mt-4 flex flex-wrap justify-center gap-2">{actions}</div>}
      </section>
    </RoomFrame>
  );
}
