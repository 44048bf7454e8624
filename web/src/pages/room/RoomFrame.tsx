import type { ReactNode } from "react";
import { Link } from "react-router";

import { ThemeMenu } from "../../app/ThemeMenu";
import { Wordmark } from "../../app/Wordmark";
import { LiveDot } from "../../components/LiveDot";
import { useSession } from "../../session/context";

/** The quiet frame of what comes before and after the room. A guest has nowhere else to go, so nothing leads away. */
export function RoomFrame({ children }: { children: ReactNode }) {
  const { session } = useSession();
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="pt-safe">
        <div className="mx-auto flex h-15 max-w-5xl items-center gap-2 px-safe">
          {session.state === "guest" ? (
            <Wordmark />
          ) : (
            <Link to="/" className="inline-flex min-h-11 items-center rounded-card pr-2">
              <Wordmark />
            </Link>
          )}
          <div className="ml-auto flex items-center gap-2">
            <LiveDot />
            <ThemeMenu />
          </div>
        </div>
      </header>
      <main id="page" tabIndex={-1} className="flex flex-1 flex-col">
        {children}
      </main>
    </div>
  );
}
