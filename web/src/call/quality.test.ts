import { describe, expect, it } from "vitest";

import { assess, read, type Reading } from "./quality";

const BEFORE: Reading = { packets: 1000, lost: 10, freezes: 0, roundTrip: 0.05, lostOutward: 0, limitation: "none" };
const after = (change: Partial<Reading>): Reading => ({ ...BEFORE, packets: 2000, ...change });

describe("assess", () => {
  it.each<[Partial<Reading>, string, string]>([
    [{}, "good", "fine"],
    [{ lost: 5 }, "good", "fine"], // late packets are counted as lost at first
    [{ lost: 40 }, "fair", "loss"],
    [{ lost: 150 }, "poor", "loss"],
    [{ lostOutward: 0.05 }, "fair", "uplink"],
    [{ lostOutward: 0.2 }, "poor", "uplink"],
    [{ roundTrip: 0.3 }, "fair", "delay"],
    [{ roundTrip: 0.7 }, "poor", "delay"],
    [{ roundTrip: null }, "good", "fine"],
    [{ freezes: 1 }, "fair", "freezes"],
    [{ limitation: "cpu" }, "fair", "computer"],
    [{ limitation: "bandwidth" }, "fair", "uplink"],
    [{ freezes: 1, roundTrip: 0.9 }, "poor", "delay"],
  ])("%j is %s: %s", (change, grade, reason) => {
    expect(assess(BEFORE, after(change))).toEqual({ grade, reason });
  });

  it("judges nothing by a moment without packets", () => {
    expect(assess(BEFORE, BEFORE).grade).toBe("good");
  });
});

describe("read", () => {
  it("sums up both directions", () => {
    const received = [
      { type: "inbound-rtp", packetsReceived: 10, packetsLost: 1, freezeCount: 2 },
      { type: "inbound-rtp", packetsReceived: 5, packetsLost: -1 },
      { type: "candidate-pair", packetsReceived: 99 },
    ];
    const sent = [
      { type: "remote-inbound-rtp", fractionLost: 0.1 },
      { type: "remote-inbound-rtp", fractionLost: 0.02 },
      { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 },
      { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.2 },
      { type: "outbound-rtp", qualityLimitationReason: "cpu" },
    ];
    expect(read(sent, received)).toEqual({
      packets: 15,
      lost: 0,
      freezes: 2,
      lostOutward: 0.1,
      roundTrip: 0.2,
      limitation: "cpu",
    });
    expect(read([], []).roundTrip).toBeNull();
  });
});
