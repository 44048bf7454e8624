import { CalendarDays, LogIn, NotebookText, Users } from "lucide-react";
import type { ReactNode } from "react";
import { Link, NavLink, Outlet, ScrollRestoration, useLocation } from "react-router";
import { LiveDot } from "../components/LiveDot";
import { buttonClass } from "../components/buttonClass";
import { classes } from "../components/classes";
import { useText } from "../messages/useText";
import { useSession } from "../session/context";
import { AccountMenu } from "./AccountMenu";
import { ThemeMenu } from "./ThemeMenu";
import { Wordmark } from "./Wordmark";
import { type Destination, destinationsFor, homeOf } from "./navigation";

const ICONS = {
  "/practitioners": Users,
  "/appointments": NotebookText,
  "/calendar": CalendarDays,
} as const;

/** The frame: where to go, whether the page is live, and who is here. On a phone the ways stand below, by the thumb. */
export function Shell() {
  const text = useText();
  const { session } = useSession();
  const roles = session.state === "signed-in" ? session.person.roles : [];
  const ways = destinationsFor(roles);
  return (
    <div className="flex min-h-dvh flex-col">
      <a href="#page" className={classes(buttonClass("primary"), "fixed left-3 top-2 z-60 not-focus:sr-only")}>
        {text("app.skip")}
      </a>
      <header className="sticky top-0 z-30 border-b border-line bg-paper/90 pt-safe backdrop-blur">
        <div className="mx-auto flex h-15 max-w-[100rem] items-center gap-1 px-safe md:gap-2">
          <Link to={homeOf(roles)} className="mr-2 flex min-h-11 min-w-8 items-center rounded-card">
            <Wordmark />
          </Link>
          {ways.length > 0 && <Ways ways={ways} className="max-md:hidden" list="flex gap-1" item="min-h-11 px-3.5" />}
          <div className="ml-auto flex shrink-0 items-center gap-1 md:gap-2">
            <LiveDot className="mr-2" />
            <ThemeMenu />
            {session.state === "signed-in" ? <AccountMenu person={session.person} /> : <SignInLink />}
          </div>
        </div>
      </header>
      <main id="page" tabIndex={-1} className={classes("flex flex-1 flex-col", ways.length > 0 && "pb-24 md:pb-0")}>
        <Outlet />
      </main>
      {ways.length > 0 && (
        <div className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-paper/95 pb-safe backdrop-blur md:hidden">
          <Ways
            ways={ways}
            className="mx-auto max-w-md"
            list="flex justify-around"
            item="min-h-15 flex-1 flex-col justify-center gap-0.5 text-xs"
          />
        </div>
      )}
      <ScrollRestoration />
    </div>
  );
}

interface WaysProps {
  ways: Destination[];
  className: string;
  list: string;
  item: string;
}

function Ways({ ways, className, list, item }: WaysProps) {
  const text = useText();
  return (
    <nav aria-label={text("app.navigation")} className={className}>
      <ul className={list}>
        {ways.map(({ to, label }) => (
          <li key={to} className="contents">
            <Way to={to} className={item} icon={ICONS[to]}>
              {text(label)}
            </Way>
          </li>
        ))}
      </ul>
    </nav>
  );
}

interface WayProps {
  to: Destination["to"];
  className: string;
  icon: typeof Users;
  children: ReactNode;
}

function Way({ to, className, icon: Icon, children }: WayProps) {
  return (
    <NavLink
      to={to}
      className={({ isActive }) =>
        classes(
          "flex items-center gap-2 rounded-card font-medium transition-colors",
          isActive ? "text-sage-ink md:bg-sage-soft" : "text-muted hover:text-ink",
          className,
        )
      }
    >
      <Icon aria-hidden className="size-5" />
      {children}
    </NavLink>
  );
}

function SignInLink() {
  const text = useText();
  const { pathname } = useLocation();
  if (pathname === "/sign-in") return null;
  return (
    <Link to="/sign-in" className={classes(buttonClass("plain"), "whitespace-nowrap")}>
      <LogIn aria-hidden className="size-4" />
      {text("nav.signIn")}
    </Link>
  );
}
