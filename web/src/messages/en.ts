import { booking } from "./en/booking";
import { calendar } from "./en/calendar";
import { errors } from "./en/errors";
import { room } from "./en/room";
import { shell } from "./en/shell";

/** Every word of the pages, in English. A key stands in one part only: a test holds us to it. */
export const en = { ...shell, ...errors, ...booking, ...calendar, ...room };

export type MessageId = keyof typeof en;

export const parts = [shell, errors, booking, calendar, room];

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- react-intl takes the type of ids through this name
  namespace FormatjsIntl {
    interface Message {
      ids: MessageId;
    }
  }
}
