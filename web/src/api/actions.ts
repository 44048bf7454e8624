/**
 * The Idempotency-Keys of a page's actions. The same action (its name and what it says) keeps its key however often it is tried, by us
 * or by an impatient finger, until it is done or refused: so it takes effect once.
 */
export class ActionKeys {
  readonly #keys = new Map<string, string>();
  readonly #make: () => string;

  constructor(make: () => string = newKey) {
    this.#make = make;
  }

  /** Runs `act` with the action's key, and forgets the key once an answer came. */
  async run<T>(action: string, said: unknown, act: (key: string) => Promise<T>): Promise<T> {
    const name = `${action} ${JSON.stringify(said)}`;
    const key = this.#keys.get(name) ?? this.#make();
    this.#keys.set(name, key);
    try {
      const result = await act(key);
      this.#keys.delete(name);
      return result;
    } catch (error) {
      if (!mayHaveTakenEffect(error)) this.#keys.delete(name);
      throw error;
    }
  }
}

function mayHaveTakenEffect(error: unknown): boolean {
  return typeof error === "object" && error !== null && "temporary" in error && error.temporary === true;
}

/** A UUID, also where the page is not a secure context (an address of the local network): there `randomUUID` is missing. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
