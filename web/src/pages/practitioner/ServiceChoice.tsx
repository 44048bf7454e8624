import { useId } from "react";
import type { Service } from "../../api/types";
import { usePrice } from "../../booking/usePrice";
import { useText } from "../../messages/useText";

interface Props {
  services: readonly Service[];
  chosen: string;
  onChoose: (id: string) => void;
}

/** What the session is for. */
export function ServiceChoice({ services, chosen, onChoose }: Props) {
  const text = useText();
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-medium text-muted">{text("book.service")}</legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {services.map((each) => (
          <Choice key={each.id} service={each} chosen={each.id === chosen} onChoose={onChoose} />
        ))}
      </div>
    </fieldset>
  );
}

interface ChoiceProps {
  service: Service;
  chosen: boolean;
  onChoose: (id: string) => void;
}

function Choice({ service, chosen, onChoose }: ChoiceProps) {
  const text = useText();
  const id = useId();
  const price = usePrice();
  return (
    <label htmlFor={id} className="flex min-h-14 cursor-pointer items-center gap-3 rounded-card border border-line-strong/50 bg-raised px-4 py-2.5 transition-colors hover:border-line-strong has-checked:border-sage has-checked:bg-sage-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-sage">
      <input
        id={id}
        type="radio"
        name="service"
        value={service.id}
        checked={chosen}
        onChange={() => onChoose(service.id)}
        className="size-4.5 shrink-0 accent-sage outline-none"
      />
      <span className="min-w-0 flex-1">
        <span className="block font-medium leading-snug">{service.name}</span>
        <span className="text-sm text-muted">
          {text("book.minutes", { count: service.duration_minutes })}
          {" · "}
          {price(service.price)}
        </span>
      </span>
    </label>
  );
}
