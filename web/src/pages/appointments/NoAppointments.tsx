import { CalendarHeart, History } from "lucide-react";
import { Link } from "react-router";
import { isStaff } from "../../app/navigation";
import { EmptyState } from "../../components/EmptyState";
import { buttonClass } from "../../components/buttonClass";
import { useText } from "../../messages/useText";
import { usePerson } from "../../session/context";

/** Nothing ahead: how something comes to stand here. */
export function NoUpcoming() {
  const text = useText();
  const staff = isStaff(usePerson().roles);
  return (
    <EmptyState
      icon={<CalendarHeart className="size-6" />}
      title={text("appointments.empty.title")}
      action={
        <Link to={staff ? "/calendar" : "/practitioners"} className={buttonClass("primary")}>
          {text(staff ? "appointments.empty.calendar" : "appointments.empty.find")}
        </Link>
      }
    >
      {text(staff ? "appointments.empty.staff" : "appointments.empty.client")}
    </EmptyState>
  );
}

export function NoPast() {
  const text = useText();
  return (
    <EmptyState icon={<History className="size-6" />} title={text("appointments.past.title")}>
      {text("appointments.past.empty")}
    </EmptyState>
  );
}
