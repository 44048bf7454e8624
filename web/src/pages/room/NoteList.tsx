import { classes } from "../../components/classes";
import type { Notes } from "./useNotes";

const noteClass = "max-w-full animate-rise rounded-2xl bg-black/75 px-4 py-2.5 text-left text-[15px] text-white shadow-float";

/** What just happened, over the picture, and read out. */
export function NoteList({ notes, drop }: Notes) {
  return (
    <div role="log" className="pointer-events-none grid justify-items-center gap-2">
      {notes.map(({ id, text, onOpen }) =>
        onOpen ? (
          <button
            key={id}
            type="button"
            className={classes(noteClass, "pointer-events-auto min-h-11 hover:bg-black/90")}
            onClick={() => {
              drop(id);
              onOpen();
            }}
          >
            {text}
          </button>
        ) : (
          <p key={id} className={noteClass}>
            {text}
          </p>
        ),
      )}
    </div>
  );
}
