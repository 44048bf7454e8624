/** What went wrong, and what to do next. One entry a problem slug; `error.unknown` where we have no better word. */
export const errors = {
  "error.unknown": "Something went wrong on our side. Try again; if it happens again, tell us the code {request}.",
  "error.unknown.noRequest": "Something went wrong on our side. Try again in a moment.",
  "error.network": "No answer came. Check your connection and try again: nothing is done twice.",
  "error.unavailable": "This is not available at the moment. Try again in a few seconds.",
  "error.internal": "Something went wrong on our side. Try again; if it happens again, tell us the code {request}.",
  "error.unauthenticated": "You are signed out. Sign in to go on.",
  "error.no-session": "You are signed out. Sign in to go on.",
  "error.forbidden": "Your account may not do this. Ask whoever runs your practice.",
  "error.not-found": "This is not here any more, or it is not yours to see. Go back and choose again.",
  "error.invalid": "Some of this is not right. Check what you entered and try again.",
  "error.bad-request": "Some of this is not right. Check what you entered and try again.",
  "error.too-many-requests": "That was a lot at once. Wait a moment and try again.",
  "error.invalid-credentials": "That e-mail address and password do not belong together. Check both and try again.",
  "error.too-many-attempts":
    "Too many tries. Wait {seconds, plural, =0 {a few minutes} one {# second} other {# seconds}} and try again.",
  "error.slot-taken": "Somebody was faster: this time is taken. Choose another.",
  "error.hold-expired": "Your hold ran out before you booked. Choose a time again; it may still be there.",
  "error.not-a-slot": "This time is not on offer any more. Choose another.",
  "error.already-over": "This appointment is over or was cancelled already.",
  "error.version-conflict": "Somebody changed these hours while you were editing.",
  "error.idempotency-in-progress": "We are still working on this. Wait a moment and look again.",
} as const;
