DROP TABLE persistence.idempotency;
DROP TABLE persistence.outbox;
DROP FUNCTION klear.is_system(), klear.current_organisation(), klear.current_person();
DROP SCHEMA rooms, booking, practitioners, organisations, accounts, klear;
DROP EXTENSION btree_gist;
-- The role stays: it belongs to the server, and another database may use it. Here it keeps nothing.
REVOKE SELECT ON persistence.migration FROM klear_app;
REVOKE USAGE ON SCHEMA persistence FROM klear_app;
