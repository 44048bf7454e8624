/** The join page, the waiting room and the room. */
export const room = {
  "room.title": "Session room",
} as const;
