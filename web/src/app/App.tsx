import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo } from "react";
import { IntlProvider } from "react-intl";
import type { ApiClient } from "../api/client";
import { Toaster } from "../components/Toaster";
import { en } from "../messages/en";
import { chooseLocale } from "../messages/locale";
import { SessionProvider } from "../session/SessionProvider";
import { useSession } from "../session/context";
import { RealtimeProvider } from "../realtime";

interface Props {
  api: ApiClient;
  queries: QueryClient;
  children: ReactNode;
}

/** Everything the pages stand in, outermost first: what was fetched, who is here, his language, the live connection. */
export function App({ api, queries, children }: Props) {
  return (
    <QueryClientProvider client={queries}>
      <SessionProvider api={api}>
        <Language>
          <RealtimeProvider>
            <Toaster>{children}</Toaster>
          </RealtimeProvider>
        </Language>
      </SessionProvider>
    </QueryClientProvider>
  );
}

function Language({ children }: { children: ReactNode }) {
  const { session } = useSession();
  const own = session.state === "signed-in" ? session.person.locale : null;
  const locale = useMemo(() => chooseLocale([own, ...navigator.languages]), [own]);
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  return (
    <IntlProvider locale={locale} messages={en}>
      {children}
    </IntlProvider>
  );
}
