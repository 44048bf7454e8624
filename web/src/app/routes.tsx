import type { RouteObject } from "react-router";
import { PageSkeleton } from "../components/PageSkeleton";
import { SignInPage } from "../pages/sign-in/SignInPage";
import { Home } from "./Home";
import { Broken, Lost } from "./Lost";
import { RequireSession } from "./RequireSession";
import { Shell } from "./Shell";

/** The pages. The room and the join page fill the window; the others stand in the shell. Each is fetched when first needed. */
export const routes: RouteObject[] = [
  {
    errorElement: <Broken />,
    hydrateFallbackElement: <PageSkeleton />,
    children: [
      {
        path: "rooms/:id",
        lazy: async () => ({ Component: (await import("../pages/room/RoomPage")).default }),
      },
      {
        path: "join",
        lazy: async () => ({ Component: (await import("../pages/join/JoinPage")).default }),
      },
      {
        element: <Shell />,
        children: [
          { index: true, element: <Home /> },
          { path: "sign-in", element: <SignInPage /> },
          {
            path: "practitioners/:id",
            lazy: async () => ({
              Component: (await import("../pages/practitioner/PractitionerPage")).PractitionerPage,
            }),
          },
          {
            element: <RequireSession />,
            children: [
              {
                path: "practitioners",
                lazy: async () => ({
                  Component: (await import("../pages/practitioners/PractitionersPage")).PractitionersPage,
                }),
              },
              {
                path: "appointments",
                lazy: async () => ({
                  Component: (await import("../pages/appointments/AppointmentsPage")).AppointmentsPage,
                }),
              },
              {
                path: "calendar",
                lazy: async () => ({ Component: (await import("../pages/calendar/CalendarPage")).CalendarPage }),
              },
            ],
          },
          { path: "*", element: <Lost /> },
        ],
      },
    ],
  },
];
