import { useText } from "../messages/useText";

/** The name, with a leaf that opens. */
export function Wordmark() {
  const text = useText();
  return (
    // Where there is no room for the name, it wraps below the leaf, out of sight.
    <span className="flex h-8 flex-wrap items-center gap-x-2.5 overflow-hidden whitespace-nowrap font-semibold leading-8 tracking-tight">
      <svg aria-hidden viewBox="0 0 32 32" className="size-8 shrink-0 text-sage">
        <rect width="32" height="32" rx="9" fill="currentColor" />
        <g className="text-on-sage">
          <path
            d="M16 6.5c3 3.2 4.6 6.3 4.6 9.3 0 3.2-1.7 5.7-4.6 8.2-2.9-2.5-4.6-5-4.6-8.2 0-3 1.6-6.1 4.6-9.3Z"
            fill="currentColor"
          />
          <path
            d="M6.5 15.5c3.6.4 6.4 2.7 8.2 6.4M25.5 15.5c-3.6.4-6.4 2.7-8.2 6.4"
            fill="none"
            stroke="currentColor"
            strokeWidth="2.2"
            strokeLinecap="round"
          />
        </g>
      </svg>
      <span className="md:max-lg:sr-only">{text("app.name")}</span>
    </span>
  );
}
