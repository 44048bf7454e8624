/** For tests: the REST API in memory, behind `fetch`. */

export interface Heard {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Headers;
  body: unknown;
}

type Answer = (heard: Heard) => unknown;

/** A refusal to answer with: `throw new Problem(409, "slot-taken", {...})`. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, fields: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
    super(code);
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.headers = headers;
  }
}

export class FakeServer {
  readonly heard: Heard[] = [];
  readonly #answers = new Map<string, Answer>();
  /** Requests that get no answer at all, as long as it is above 0. */
  silent = 0;

  /** Answers `GET /practitioners` and the like, at once or later. Later ones replace earlier ones. */
  on(route: string, answer: Answer): this {
    this.#answers.set(route, answer);
    return this;
  }

  of(route: string): Heard[] {
    return this.heard.filter(({ method, path }) => `${method} ${path}` === route);
  }

  readonly fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input, "http://klear.example");
    const heard: Heard = {
      method: init.method ?? "GET",
      path: url.pathname.replace("/api/v1", ""),
      query: url.searchParams,
      headers: new Headers(init.headers),
      body: typeof init.body === "string" ? JSON.parse(init.body) : undefined,
    };
    this.heard.push(heard);
    await Promise.resolve();
    if (this.silent > 0) {
      this.silent--;
      throw new TypeError("Failed to fetch");
    }
    return this.#respond(heard);
  };

  async #respond(heard: Heard): Promise<Response> {
    const answer = this.#answers.get(`${heard.method} ${heard.path}`);
    try {
      if (answer === undefined) throw new Problem(404, "not-found");
      const body = await answer(heard);
      return body === undefined ? new Response(null, { status: 204 }) : Response.json(body);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const { status, code, fields, headers } = problem;
      const body = JSON.stringify({ type: `/problems/${code}`, title: code, status, code, instance: "req-1", ...fields });
      return new Response(body, { status, headers: { "Content-Type": "application/problem+json", ...headers } });
    }
  }
}
