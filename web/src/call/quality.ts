/** How good a call is, from the figures of getStats. Pure: two readings in, a grade and its reason out. */

export type Grade = "good" | "fair" | "poor" | "unknown";

/** The worst thing to be said, as a word that the catalogue explains. */
export type Reason = "fine" | "loss" | "delay" | "freezes" | "uplink" | "computer" | "measuring";

export interface Quality {
  readonly grade: Grade;
  readonly reason: Reason;
}

/** Counters up to one moment, over all tracks. */
export interface Reading {
  readonly packets: number;
  readonly lost: number;
  readonly freezes: number;
  /** Seconds to the server and back; null while unknown. */
  readonly roundTrip: number | null;
  /** Share of our packets that the server misses, as it reports (0 to 1). */
  readonly lostOutward: number;
  /** What keeps the camera's picture small: `bandwidth`, `cpu`, `none`. */
  readonly limitation: string;
}

export const MEASURING: Quality = { grade: "unknown", reason: "measuring" };
const FINE: Quality = { grade: "good", reason: "fine" };

/** Thresholds where people begin to notice, and where talking becomes hard. */
const LOSS = { fair: 0.02, poor: 0.08 };
const ROUND_TRIP = { fair: 0.25, poor: 0.6 };

/** The quality between two readings. */
export function assess(before: Reading, now: Reading): Quality {
  const packets = now.packets - before.packets;
  const lost = Math.max(0, now.lost - before.lost);
  const loss = packets + lost > 0 ? lost / (packets + lost) : 0;
  const findings: Quality[] = [
    graded(loss, LOSS, "loss"),
    graded(now.lostOutward, LOSS, "uplink"),
    graded(now.roundTrip ?? 0, ROUND_TRIP, "delay"),
    now.freezes > before.freezes ? { grade: "fair", reason: "freezes" } : FINE,
    now.limitation === "cpu" ? { grade: "fair", reason: "computer" } : FINE,
    now.limitation === "bandwidth" ? { grade: "fair", reason: "uplink" } : FINE,
  ];
  return findings.find(({ grade }) => grade === "poor") ?? findings.find(({ grade }) => grade === "fair") ?? FINE;
}

function graded(value: number, bounds: { fair: number; poor: number }, reason: Reason): Quality {
  if (value >= bounds.poor) return { grade: "poor", reason };
  return value >= bounds.fair ? { grade: "fair", reason } : FINE;
}

type Stats = Iterable<Readonly<Record<string, unknown>>>;

/** Sum up both directions of a call. */
export function read(sent: Stats, received: Stats): Reading {
  const reading = { packets: 0, lost: 0, freezes: 0, lostOutward: 0, limitation: "none" };
  let roundTrip: number | null = null;
  for (const stat of received) {
    if (stat.type !== "inbound-rtp") continue;
    reading.packets += number(stat.packetsReceived);
    reading.lost += number(stat.packetsLost);
    reading.freezes += number(stat.freezeCount);
  }
  for (const stat of sent) {
    if (stat.type === "remote-inbound-rtp") {
      reading.lostOutward = Math.max(reading.lostOutward, number(stat.fractionLost));
    }
    if (stat.type === "candidate-pair" && stat.nominated === true) {
      roundTrip = number(stat.currentRoundTripTime);
    }
    const limitation = stat.qualityLimitationReason;
    if (stat.type === "outbound-rtp" && typeof limitation === "string") reading.limitation = limitation;
  }
  return { ...reading, roundTrip };
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
