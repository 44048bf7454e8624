// Loaded after the bundle (both are deferred, and deferred scripts keep their order).
// validatorUrl is null: the page asks nobody but this server.
globalThis.SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
