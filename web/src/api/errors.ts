/** A refusal of the server (problem+json, RFC 9457), or `network` where no answer came. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** The problem's stable slug. */
  readonly code: string;
  /** Whether the same request may succeed a little later. */
  readonly temporary: boolean;
  /** The server's id of the request: what support asks for. */
  readonly request: string;
  /** Seconds to wait, where the server said so. */
  readonly retryAfter: number | null;
  /** The problem's own members, such as `next_open` of a taken slot. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(problem: ProblemParts) {
    super(problem.detail);
    this.status = problem.status;
    this.code = problem.code;
    this.temporary = problem.temporary ?? false;
    this.request = problem.request ?? "";
    this.retryAfter = problem.retryAfter ?? null;
    this.fields = problem.fields ?? {};
  }
}

interface ProblemParts {
  status: number;
  code: string;
  detail: string;
  temporary?: boolean;
  request?: string;
  retryAfter?: number | null;
  fields?: Readonly<Record<string, unknown>>;
}

const STANDARD = new Set(["type", "title", "status", "detail", "instance", "code", "temporary"]);

/** No answer came: the network, or a server that is starting. */
export function networkError(cause: unknown): ApiError {
  const error = new ApiError({ status: 0, code: "network", detail: "No answer came.", temporary: true });
  error.cause = cause;
  return error;
}

/** The error that a response tells: from its problem document, or from its status where it has none. */
export async function errorOf(response: Response): Promise<ApiError> {
  const problem = await problemOf(response);
  const text = (name: string) => (typeof problem[name] === "string" ? problem[name] : "");
  return new ApiError({
    status: response.status,
    code: text("code") || `http-${response.status}`,
    detail: text("detail") || text("title"),
    temporary: typeof problem.temporary === "boolean" ? problem.temporary : response.status >= 500,
    request: text("instance"),
    retryAfter: secondsOf(response.headers.get("Retry-After")),
    fields: Object.fromEntries(Object.entries(problem).filter(([name]) => !STANDARD.has(name))),
  });
}

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  if (!(response.headers.get("Content-Type") ?? "").includes("json")) return {};
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function secondsOf(header: string | null): number | null {
  const seconds = Number(header ?? "");
  return header !== null && Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}
