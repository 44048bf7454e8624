import { Globe, Languages } from "lucide-react";
import { useIntl } from "react-intl";
import { Link } from "react-router";
import type { PractitionerDetail } from "../../api/types";
import { languagesText } from "../../booking/price";
import { Avatar } from "../../components/Avatar";
import { buttonClass } from "../../components/buttonClass";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { useSession } from "../../session/context";
import { cityOf } from "../../time/zones";

/** Who one is about to meet. `brief` once the decision is made. */
export function Profile({ practitioner, brief }: { practitioner: PractitionerDetail; brief: boolean }) {
  const { name, title, bio, specialities } = practitioner;
  return (
    <aside className="grid gap-4 md:sticky md:top-20">
      <div className="flex items-center gap-4 md:block">
        <Avatar name={name} className="!size-16 text-xl md:mb-4 md:!size-20 md:text-2xl" />
        <div className="min-w-0">
          <h1 className="text-2xl font-semibold leading-tight tracking-tight">{name}</h1>
          <p className="mt-0.5 text-muted">{title}</p>
        </div>
      </div>
      <div className={classes("grid gap-4", brief && "max-md:hidden")}>
        <p className="text-[15px]">{bio}</p>
        {specialities.length > 0 && (
          <ul className="flex flex-wrap gap-1.5">
            {specialities.map((each) => (
              <li key={each} className="rounded-full bg-sage-soft px-2.5 py-0.5 text-sm text-sage-ink">
                {each}
              </li>
            ))}
          </ul>
        )}
        <Facts practitioner={practitioner} />
        <OwnNote id={practitioner.id} />
      </div>
    </aside>
  );
}

function Facts({ practitioner: { languages, time_zone: zone } }: { practitioner: PractitionerDetail }) {
  const text = useText();
  const { locale } = useIntl();
  return (
    <ul className="grid gap-1.5 text-sm text-muted">
      {languages.length > 0 && (
        <li className="flex items-center gap-2">
          <Languages aria-hidden className="size-4 shrink-0" />
          {text("practitioners.speaks", { languages: languagesText(languages, locale) })}
        </li>
      )}
      <li className="flex items-center gap-2">
        <Globe aria-hidden className="size-4 shrink-0" />
        {text("book.zone.name", { city: cityOf(zone) })}
      </li>
    </ul>
  );
}

function OwnNote({ id }: { id: string }) {
  const text = useText();
  const { session } = useSession();
  if (session.state !== "signed-in" || session.person.id !== id) return null;
  return (
    <div className="grid gap-3 rounded-card bg-amber-soft p-4 text-[15px]">
      <p>{text("book.own")}</p>
      <Link to="/calendar" className={buttonClass("plain")}>
        {text("book.own.link")}
      </Link>
    </div>
  );
}
