/** For tests: a page with a session, the REST API and the hub in memory. */

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import axe from "axe-core";
import { IntlProvider } from "react-intl";
import { createMemoryRouter, RouterProvider } from "react-router";

import { ApiClient } from "../../api/client";
import { Tokens } from "../../api/tokens";
import { Toaster } from "../../components/Toaster";
import { en } from "../../messages/en";
import { RealtimeContext } from "../../realtime/context";
import { FakeHub } from "../../realtime/fakeHub";
import { RealtimeClient } from "../../realtime/RealtimeClient";
import { Context, type Session, type SessionContext } from "../../session/context";
import JoinPage from "../join/JoinPage";
import RoomPage from "./RoomPage";

type Answer = { status?: number; body: unknown } | Error;

export class World {
  readonly hub = new FakeHub();
  readonly requests: { path: string; body: unknown }[] = [];
  /** By path below /api/v1. */
  readonly answers = new Map<string, Answer>();
  readonly entered: string[] = [];
  session: Session = { state: "anonymous" };

  /** Show the page at an address. */
  open(address: string) {
    const client = new RealtimeClient("ws://test/", null, { websocket: this.hub.socket, minReconnectDelay: 1 });
    client.connect();
    const api = new ApiClient({ tokens: new Tokens(), fetch: this.#fetch, wait: () => Promise.resolve() });
    const router = createMemoryRouter(
      [
        { path: "/rooms/:id", Component: RoomPage },
        { path: "/join", Component: JoinPage },
        { path: "*", element: <p>elsewhere</p> },
      ],
      { initialEntries: [address] },
    );
    const view = (session: Session) => (
      <QueryClientProvider client={new QueryClient()}>
        <IntlProvider locale="en-GB" messages={en}>
          <Context value={this.#context(session, api, (next) => rendered.rerender(view(next)))}>
            <RealtimeContext value={client}>
              <Toaster>
                <RouterProvider router={router} />
              </Toaster>
            </RealtimeContext>
          </Context>
        </IntlProvider>
      </QueryClientProvider>
    );
    const rendered = render(view(this.session));
    return { router, client, ...rendered };
  }

  answer(path: string, body: unknown, status = 200): void {
    this.answers.set(path, { status, body });
  }

  problem(path: string, status: number, code: string): void {
    this.answer(path, { type: `/problems/${code}`, title: code, status, detail: code, code, temporary: false }, status);
  }

  #context(session: Session, api: ApiClient, become: (session: Session) => void): SessionContext {
    return {
      session,
      api,
      signIn: () => Promise.reject(new Error("not here")),
      signOut: () => Promise.resolve(),
      enterAsGuest: (grant) => become({ state: "guest", person: grant.person, room: grant.room }),
      retry: () => undefined,
    };
  }

  readonly #fetch = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const path = (input as string).replace("/api/v1", "");
    const sent = typeof init?.body === "string" ? (JSON.parse(init.body) as unknown) : null;
    this.requests.push({ path, body: sent });
    const answer = this.answers.get(path) ?? { status: 404, body: { code: "not-found", status: 404 } };
    if (answer instanceof Error) return Promise.reject(answer);
    const { status = 200, body } = answer;
    return Promise.resolve(new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } }));
  };
}

/** What axe finds wrong, in words. Colours need a real browser. */
export async function faults(): Promise<string[]> {
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
