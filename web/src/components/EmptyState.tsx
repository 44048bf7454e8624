import type { ReactNode } from "react";

interface Props {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  /** The next step. */
  action?: ReactNode;
}

/** Nothing here yet: says why, and what to do next. */
export function EmptyState({ icon, title, children, action }: Props) {
  return (
    <section className="mx-auto grid max-w-md animate-fade justify-items-center gap-3 px-4 py-12 text-center">
      <span aria-hidden className="grid size-14 place-items-center rounded-full bg-sage-soft text-sage-ink">
        {icon}
      </span>
      <h2 className="text-lg font-semibold">{title}</h2>
      <p className="text-muted">{children}</p>
      {action !== undefined && <div className="mt-2">{action}</div>}
    </section>
  );
}
