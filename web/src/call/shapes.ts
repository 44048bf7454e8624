/** What the call.* methods answer. The camel-cased objects inside are ORTC's, as mediasoup-client speaks it. */

import type { types } from "mediasoup-client";

import type { CallChanged, Kind } from "../realtime/pushes";

export interface Joined {
  session: string;
  /** The session that was named goes on: its transports still run. */
  adopted: boolean;
  routerRtpCapabilities: types.RtpCapabilities;
  iceServers: RTCIceServer[];
  state: CallChanged;
}

export interface TransportOffer {
  id: string;
  iceParameters: types.IceParameters;
  iceCandidates: types.IceCandidate[];
  dtlsParameters: types.DtlsParameters;
}

export interface Restarted {
  iceParameters: types.IceParameters;
}

export interface Produced {
  id: string;
}

export interface Consumed {
  id: string;
  producerId: string;
  kind: Kind;
  rtpParameters: types.RtpParameters;
}

/** What a call needs of the realtime connection. */
export interface Signalling {
  /** Call a method. Rejects with RpcError. */
  rpc(method: string, params: object): Promise<unknown>;
  /** The newest state that was published, or null where the server remembers none. */
  newest(): Promise<unknown>;
}

/** Calls a method with a session's room and session beside `params`. Rejects with RpcError. */
export type Ask = (method: string, params: object) => Promise<unknown>;
