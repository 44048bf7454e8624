import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const PAGE = join(dirname(fileURLToPath(import.meta.url)), "..", "api-docs");
const PARTS = ["swagger-ui.css", "swagger-ui-bundle.js"];

/**
 * Puts the API's documentation page into `dist/docs/`: Swagger UI from npm, a page and an initializer of ours.
 * Nothing in it comes from elsewhere, and nothing is inline, so it stands under the same CSP as the pages.
 */
export function apiDocs(): Plugin {
  return {
    name: "klear-api-docs",
    apply: "build",
    generateBundle() {
      const emit = (name: string, source: Buffer) =>
        this.emitFile({ type: "asset", fileName: `docs/${name}`, source });
      const swagger = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
      for (const name of PARTS) emit(name, readFileSync(join(swagger, name)));
      for (const name of ["index.html", "initializer.js"]) emit(name, readFileSync(join(PAGE, name)));
    },
  };
}
