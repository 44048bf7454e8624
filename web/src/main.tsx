import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { createBrowserRouter } from "react-router";
import { ApiClient } from "./api/client";
import { Tokens } from "./api/tokens";
import { App } from "./app/App";
import { createQueries } from "./app/queries";
import { routes } from "./app/routes";
import { applyTheme } from "./app/theme";
import "./theme.css";

applyTheme();

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has an element #root");

createRoot(root).render(
  <StrictMode>
    <App api={new ApiClient({ tokens: new Tokens() })} queries={createQueries()}>
      <RouterProvider router={createBrowserRouter(routes)} />
    </App>
  </StrictMode>,
);
