import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FakeServer, Problem } from "../testing/FakeServer";
import { expectAccessible, open } from "../testing/page";
import { ANA, RAVI, grantFor } from "../testing/people";
import { mayHaveSession, noteSession } from "./hint";

afterEach(() => {
  vi.restoreAllMocks();
  window.history.replaceState(null, "", "/");
});

const noPractitioners = () => ({ items: [], next_cursor: null });

describe("starting", () => {
  it("goes on with the session of the cookie", async () => {
    const { server } = open("/practitioners", { person: ANA, server: new FakeServer().on("GET /practitioners", noPractitioners) });
    expect(await screen.findByRole("heading", { name: "Practitioners" })).toBeDefined();
    expect(await screen.findByText("Nobody here yet")).toBeDefined();
    expect(server.of("GET /practitioners")[0]?.headers.get("Authorization")).toBe("Bearer token-1");
    await expectAccessible();
  });

  it("asks who comes without a session to sign in, and brings him back", async () => {
    const server = new FakeServer()
      .on("GET /practitioners", noPractitioners)
      .on("POST /auth/sign-in", () => grantFor(ANA));
    const { router } = open("/practitioners", { server });
    await userEvent.type(await screen.findByLabelText("E-mail address"), "ana@demo.example");
    await userEvent.type(screen.getByLabelText("Password"), "klear-demo{Enter}");
    await screen.findByText("Nobody here yet");
    expect(router.state.location.pathname).toBe("/practitioners");
    expect(server.of("POST /auth/sign-in")[0]?.body).toEqual({ email: "ana@demo.example", password: "klear-demo" });
  });

  it("says that the server does not answer, and tries again when asked to", async () => {
    const server = new FakeServer().on("GET /practitioners", noPractitioners);
    server.silent = 1;
    open("/practitioners", { person: ANA, server });
    await screen.findByText("The server does not answer");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByText("Nobody here yet");
  });

  it("begins on everyone's own page", async () => {
    const { router } = open("/", { server: new FakeServer() });
    await screen.findByLabelText("E-mail address");
    expect(router.state.location.pathname).toBe("/sign-in");
  });

  it("does not ask for a session where it is known that there is none, and does again once somebody signed in", async () => {
    const server = new FakeServer().on("GET /practitioners", noPractitioners).on("POST /auth/sign-in", () => grantFor(ANA));
    const first = open("/practitioners", { server });
    await screen.findByLabelText("E-mail address");
    first.unmount();
    const second = open("/practitioners", { server });
    await userEvent.type(await screen.findByLabelText("E-mail address"), "ana@demo.example");
    expect(server.of("POST /auth/refresh")).toHaveLength(1);
    await userEvent.type(screen.getByLabelText("Password"), "klear-demo{Enter}");
    await screen.findByText("Nobody here yet");
    second.unmount();
    open("/practitioners", { person: ANA, server });
    await screen.findByText("Nobody here yet");
    expect(server.of("POST /auth/refresh")).toHaveLength(2);
  });

  it("does not ask a browser that nothing is known of when it opens the sign-in page", async () => {
    window.history.replaceState(null, "", "/sign-in");
    const { server } = open("/sign-in", { person: ANA });
    await screen.findByLabelText("E-mail address");
    expect(server.of("POST /auth/refresh")).toEqual([]);
  });

  it("asks on every start where nothing can be noted", async () => {
    const closed = vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
      throw new Error("closed");
    });
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new Error("closed");
    });
    open("/practitioners", { person: ANA, server: new FakeServer().on("GET /practitioners", noPractitioners) });
    await screen.findByText("Nobody here yet");
    expect(closed).toHaveBeenCalledWith("klear.session");
  });

  it("keeps a session that began elsewhere while an older one was refused", async () => {
    const server = new FakeServer();
    open("/", { server });
    server.on("POST /auth/refresh", () => {
      noteSession(); // what another tab does that signs in
      throw new Problem(401, "no-session");
    });
    await screen.findByLabelText("E-mail address");
    expect(mayHaveSession("/")).toBe(true);
  });

  it("says so where there is no page", async () => {
    open("/nowhere");
    await screen.findByText("There is no page here");
    await waitFor(() => expect(document.title).toBe("There is no page here · Klear Karma"));
  });
});

describe("signing in", () => {
  it("says at each field what is missing, and goes to the first", async () => {
    const { server } = open("/sign-in");
    await userEvent.click(await screen.findByRole("button", { name: "Sign in" }));
    const email = screen.getByLabelText("E-mail address");
    expect(screen.getByText("Enter your e-mail address.")).toBeDefined();
    expect(screen.getByText("Enter your password.")).toBeDefined();
    expect(document.activeElement).toBe(email);
    expect(email.getAttribute("aria-describedby")).not.toBeNull();
    await expectAccessible();
    await userEvent.type(email, "ana{Enter}");
    expect(screen.getByText(/Enter an e-mail address with an @/)).toBeDefined();
    expect(server.of("POST /auth/sign-in")).toEqual([]);
  });

  it("tells a refusal in words, and keeps what was typed", async () => {
    const server = new FakeServer().on("POST /auth/sign-in", () => {
      throw new Problem(429, "too-many-attempts", {}, { "Retry-After": "30" });
    });
    open("/sign-in", { server });
    await userEvent.type(await screen.findByLabelText("E-mail address"), "ana@demo.example");
    await userEvent.type(screen.getByLabelText("Password"), "wrong{Enter}");
    expect((await screen.findByRole("alert")).textContent).toBe("Too many tries. Wait 30 seconds and try again.");
    expect(screen.getByLabelText<HTMLInputElement>("Password").value).toBe("wrong");
  });

  it("shows the password to who asks", async () => {
    open("/sign-in");
    const field = await screen.findByLabelText<HTMLInputElement>("Password");
    await userEvent.click(screen.getByRole("button", { name: "Show password" }));
    expect(field.type).toBe("text");
  });
});

describe("signing out", () => {
  it("forgets the person, the token and everything fetched", async () => {
    const server = new FakeServer().on("GET /practitioners", noPractitioners).on("POST /auth/sign-out", () => undefined);
    const { router } = open("/practitioners", { person: ANA, server });
    await userEvent.click(await screen.findByRole("button", { name: "Account of Ana Lindqvist" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Sign out" }));
    await screen.findByLabelText("E-mail address");
    expect(router.state.location.pathname).toBe("/sign-in");
    expect(server.of("POST /auth/sign-out")).toHaveLength(1);
    expect(mayHaveSession("/practitioners")).toBe(false);
  });

  it("happens by itself when the session ends elsewhere", async () => {
    const server = new FakeServer().on("GET /practitioners", () => {
      throw new Problem(401, "unauthenticated");
    });
    open("/practitioners", { person: ANA, server });
    server.on("POST /auth/refresh", () => {
      // The first is the start's; the session is revoked right after it.
      if (server.of("POST /auth/refresh").length > 1) throw new Problem(401, "no-session");
      return grantFor(ANA);
    });
    await screen.findByLabelText("E-mail address");
  });
});

describe("the navigation", () => {
  it("has for staff the calendar first", async () => {
    const server = new FakeServer().on("GET /appointments", noPractitioners);
    open("/appointments", { person: RAVI, server });
    await screen.findByText("Nothing booked yet");
    const [nav] = screen.getAllByRole("navigation", { name: "Main" });
    expect([...(nav?.querySelectorAll("a") ?? [])].map((link) => link.textContent)).toEqual(["Calendar", "Appointments", "Practitioners"]);
  });

  it("sets the appearance, and keeps it", async () => {
    open("/sign-in");
    await userEvent.click(await screen.findByRole("button", { name: "Appearance" }));
    await userEvent.click(await screen.findByRole("menuitemradio", { name: "Dark" }));
    expect(document.documentElement.dataset.theme).toBe("dark");
    expect(localStorage.getItem("klear.theme")).toBe("dark");
    await userEvent.click(screen.getByRole("button", { name: "Appearance" }));
    await userEvent.click(await screen.findByRole("menuitemradio", { name: "As the device" }));
    expect(document.documentElement.dataset.theme).toBeUndefined();
  });
});
