import { act, render } from "@testing-library/react";
import axe from "axe-core";
import { RouterProvider, createMemoryRouter } from "react-router";
import { expect, vi } from "vitest";
import { ApiClient } from "../api/client";
import { Tokens } from "../api/tokens";
import type { Person } from "../api/types";
import { App } from "../app/App";
import { createQueries } from "../app/queries";
import { routes } from "../app/routes";
import { FakeHub } from "../realtime/fakeHub";
import { FakeServer, Problem } from "./FakeServer";
import { grantFor } from "./people";

/** For tests: the whole app at an address, with the server and the hub in memory. `person`: who has a session. */
export function open(address: string, { person = null, server = new FakeServer() }: Options = {}) {
  const hub = new FakeHub();
  if (person !== null) hub.serverSide = [`user:${person.id}`];
  vi.stubGlobal("WebSocket", hub.socket);
  server.on("POST /auth/refresh", () => {
    if (person === null) throw new Problem(401, "no-session");
    return grantFor(person);
  });
  const router = createMemoryRouter(routes, { initialEntries: [address] });
  const api = new ApiClient({ tokens: new Tokens(), fetch: server.fetch, wait: () => Promise.resolve() });
  const view = render(
    <App api={api} queries={createQueries()}>
      <RouterProvider router={router} />
    </App>,
  );
  const publish = (channel: string, data: unknown) => act(() => hub.publish(channel, data));
  return { ...view, server, hub, router, publish };
}

interface Options {
  person?: Person | null;
  server?: FakeServer;
}

/** Holds the page to WCAG 2.1 AA, as far as it can be seen without layout (contrast is looked at in a browser). */
export async function expectAccessible(): Promise<void> {
  const { violations } = await axe.run(document.body, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    rules: { "color-contrast": { enabled: false } },
  });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
}
