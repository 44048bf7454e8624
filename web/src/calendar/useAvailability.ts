import { useQuery } from "@tanstack/react-query";
import type { Availability } from "../api/types";
import { useApi } from "../session/context";

export function availabilityKey(practitioner: string): readonly string[] {
  return ["availability", practitioner];
}

/** A practitioner's weekly hours and the zone they are in. */
export function useAvailability(practitioner: string) {
  const api = useApi();
  return useQuery({
    queryKey: availabilityKey(practitioner),
    queryFn: ({ signal }) => api.get<Availability>(`/practitioners/${practitioner}/availability`, { signal }),
  });
}
