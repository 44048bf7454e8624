DROP TABLE accounts.sign_in_attempt;
DROP TABLE accounts.session;
DROP TABLE accounts.password;
DROP TABLE accounts.person;
DROP FUNCTION accounts.acts_as_staff();
DROP TABLE organisations.organisation;
