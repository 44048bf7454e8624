/** For tests: the other end of the wire, in memory. It speaks as much of the Centrifuge protocol as a page needs. */

interface Command {
  id?: number;
  connect?: { token?: string };
  subscribe?: { channel: string; recover?: boolean; epoch?: string; offset?: number };
  unsubscribe?: { channel: string };
  rpc?: { method: string; data: unknown };
  publish?: { channel: string; data: unknown };
  presence?: { channel: string };
  history?: { channel: string };
}

type Answer = Record<string, unknown>;

export class FakeHub {
  readonly commands: Command[] = [];
  readonly sockets: FakeSocket[] = [];
  /** Channels that the server subscribes every connection to. */
  serverSide: string[] = [];
  /** Whether a subscription that asks for what it missed gets all of it. */
  recovers = true;
  refuse: Record<string, { code: number; message: string; temporary?: boolean }> = {};
  answers: Record<string, unknown> = {};
  present: Record<string, { client: string; user: string }> = {};
  newest: unknown = null;

  /** The WebSocket constructor to hand to the client. */
  get socket() {
    const open = (socket: FakeSocket) => void this.sockets.push(socket);
    const hear = (socket: FakeSocket, command: Command) => this.#hear(socket, command);
    return class extends FakeSocket {
      constructor(url: string) {
        super(url, hear);
        open(this);
      }
    };
  }

  publish(channel: string, data: unknown): void {
    this.#latest.tell({ push: { channel, pub: { data, offset: 1 } } });
  }

  join(channel: string, user: string): void {
    this.#latest.tell({ push: { channel, join: { info: { client: "c", user } } } });
  }

  unsubscribe(channel: string, code: number): void {
    this.#latest.tell({ push: { channel, unsubscribe: { code, reason: "" } } });
  }

  /** The link breaks. */
  drop(): void {
    this.#latest.shut(1006);
  }

  of<Name extends keyof Command>(name: Name): NonNullable<Command[Name]>[] {
    return this.commands.flatMap((command) => command[name] ?? []);
  }

  get #latest(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("nobody connected");
    return socket;
  }

  #hear(socket: FakeSocket, command: Command): void {
    if (command.id === undefined) return; // a pong
    this.commands.push(command);
    const answer = this.#answer(command);
    socket.tell({ id: command.id, ...answer });
  }

  #answer(command: Command): Answer {
    if (command.connect) {
      const subs = Object.fromEntries(this.serverSide.map((channel) => [channel, { recoverable: true, epoch: "e", offset: 0 }]));
      return { connect: { client: "me", version: "0", ping: 25, pong: true, subs } };
    }
    if (command.subscribe) {
      const { channel, recover } = command.subscribe;
      const error = this.refuse[channel];
      if (error) return { error };
      return {
        subscribe: {
          recoverable: true,
          positioned: true,
          epoch: "e",
          offset: 0,
          ...(recover ? { was_recovering: true, recovered: this.recovers } : {}),
        },
      };
    }
    if (command.rpc) {
      const { method } = command.rpc;
      const error = this.refuse[method];
      return error ? { error } : { rpc: { data: this.answers[method] ?? {} } };
    }
    if (command.presence) return { presence: { presence: this.present } };
    if (command.history) {
      const publications = this.newest === null ? [] : [{ data: this.newest, offset: 1 }];
      return { history: { publications, epoch: "e", offset: 1 } };
    }
    return { [Object.keys(command).find((name) => name !== "id") ?? ""]: {} };
  }
}

class FakeSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  readonly url: string;
  readonly #hear: (socket: FakeSocket, command: Command) => void;

  constructor(url: string, hear: (socket: FakeSocket, command: Command) => void) {
    this.url = url;
    this.#hear = hear;
    queueMicrotask(() => {
      this.readyState = 1;
      this.onopen?.();
    });
  }

  send(text: string): void {
    for (const line of text.split("\n")) {
      if (line !== "") queueMicrotask(() => this.#hear(this, JSON.parse(line) as Command));
    }
  }

  tell(reply: unknown): void {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(reply) });
  }

  shut(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code, reason: "" });
  }

  close(): void {
    this.shut(1000);
  }
}
