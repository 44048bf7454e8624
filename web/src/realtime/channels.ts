/** The channel grammar: the mirror of protocol/channels.py. */

export const channels = {
  user: (person: string) => `user:${person}`,
  slots: (practitioner: string) => `slots:${practitioner}`,
  calendar: (practitioner: string) => `calendar:${practitioner}`,
  room: (room: string) => `room:${room}`,
  participant: (participant: string) => `participant:${participant}`,
  signals: (room: string) => `signals:${room}`,
  call: (room: string) => `call:${room}`,
} as const;

/** The server itself subscribes a person to his own channel: a page only listens. */
export function isServerSide(channel: string): boolean {
  return channel.startsWith("user:");
}
