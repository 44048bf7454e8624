import { ArrowRight, Languages } from "lucide-react";
import { useIntl } from "react-intl";
import { Link } from "react-router";
import type { Practitioner } from "../../api/types";
import { languagesText } from "../../booking/price";
import { Avatar } from "../../components/Avatar";
import { buttonClass } from "../../components/buttonClass";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { useNow } from "../../time/useNow";
import { useTimes } from "../../time/useTimes";

/** One practitioner: who, what for, and when next. The whole card is the way to the times. */
export function PractitionerCard({ practitioner }: { practitioner: Practitioner }) {
  const text = useText();
  const { locale } = useIntl();
  const { name, title, bio, specialities, languages } = practitioner;
  return (
    <li className="relative flex flex-col gap-4 rounded-2xl border border-line bg-raised p-5 transition-colors hover:border-line-strong">
      <div className="flex items-center gap-4">
        <Avatar name={name} className="!size-14 text-lg" />
        <div className="min-w-0">
          <h2 className="text-lg font-semibold leading-tight">{name}</h2>
          <p className="text-[15px] text-muted">{title}</p>
        </div>
      </div>
      <p className="line-clamp-3 text-[15px]">{bio}</p>
      <Tags all={specialities} />
      {languages.length > 0 && (
        <p className="flex items-center gap-2 text-sm text-muted">
          <Languages aria-hidden className="size-4 shrink-0" />
          {text("practitioners.speaks", { languages: languagesText(languages, locale) })}
        </p>
      )}
      <div className="mt-auto flex flex-wrap items-center justify-between gap-3 border-t border-line pt-4">
        <NextOpen practitioner={practitioner} />
        <Link
          to={`/practitioners/${practitioner.id}`}
          aria-label={text("practitioners.seeOf", { name })}
          className={classes(buttonClass("primary"), "after:absolute after:inset-0 after:rounded-2xl")}
        >
          {text("practitioners.see")}
          <ArrowRight aria-hidden className="size-4" />
        </Link>
      </div>
    </li>
  );
}

function Tags({ all }: { all: string[] }) {
  if (all.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-1.5">
      {all.map((each) => (
        <li key={each} className="rounded-full bg-sage-soft px-2.5 py-0.5 text-sm text-sage-ink">
          {each}
        </li>
      ))}
    </ul>
  );
}

function NextOpen({ practitioner: { next_open: next, time_zone: zone } }: { practitioner: Practitioner }) {
  const text = useText();
  const times = useTimes();
  const now = useNow(60_000);
  if (next === null) return <p className="text-sm text-muted">{text("practitioners.next.none")}</p>;
  const there = times.there(next, zone);
  return (
    <p className="text-[15px]">
      <span className="block text-sm text-muted">{text("practitioners.next")}</span>
      <time dateTime={next} className="font-medium">
        {text("practitioners.here", { when: times.nearDate(next, now), time: times.time(next) })}
      </time>
      {there && <span className="block text-sm text-muted">{text("book.zone.there", { ...there })}</span>}
    </p>
  );
}
