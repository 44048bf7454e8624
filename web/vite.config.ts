import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { apiDocs } from "./build/apiDocs.ts";

const SERVER = process.env.KLEAR_SERVER ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), tailwindcss(), apiDocs()],
  resolve: {
    alias: {
      // Radix's scroll lock injects a <style> element, which our CSP forbids: ours uses a constructed stylesheet.
      "react-style-singleton": fileURLToPath(new URL("./src/csp/styleSingleton.ts", import.meta.url)),
    },
  },
  build: { target: "es2022", sourcemap: false, assetsInlineLimit: 0, chunkSizeWarningLimit: 700 },
  server: {
    proxy: {
      "/api": { target: SERVER },
      "/connection": { target: SERVER, ws: true },
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
    unstubGlobals: true,
    testTimeout: 20_000,
  },
});
