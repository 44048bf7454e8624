/** Trying again: only where the same request twice is the same as once. */

import { RpcError } from "./errors";

export interface Retry {
  /** How often in all; without it, until it works, is refused for good, or `signal` says stop. */
  attempts?: number;
  signal?: AbortSignal;
  /** Milliseconds before the first retry. */
  first?: number;
  /** Milliseconds at most between two tries. */
  most?: number;
  random?: () => number;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Milliseconds before try number `attempt` (from 1): doubling, with half of it random so that pages spread out. */
export function delay(attempt: number, first: number, most: number, random: number): number {
  const full = Math.min(most, first * 2 ** (attempt - 1));
  return full / 2 + (full / 2) * random;
}

/** Wait, or stop waiting when told to. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(aborted());
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(aborted());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Call until it is answered: temporary refusals and lost connections are tried again, others thrown at once. */
export async function untilAnswered<T>(call: () => Promise<T>, retry: Retry = {}): Promise<T> {
  const { attempts = Infinity, signal, first = 400, most = 8000 } = retry;
  const { random = Math.random, sleep: wait = sleep } = retry;
  for (let attempt = 1; ; attempt += 1) {
    if (signal?.aborted) throw aborted();
    try {
      return await call();
    } catch (error) {
      const again = error instanceof RpcError && error.temporary && attempt < attempts;
      if (!again) throw error;
    }
    await wait(delay(attempt, first, most, random()), signal);
  }
}

function aborted(): DOMException {
  return new DOMException("No longer wanted.", "AbortError");
}
