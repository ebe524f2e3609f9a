-- Signatures of playbooks: published examples, what is found of each, keys that are trusted.
BEGIN;
SELECT plan(44);
SET LOCAL client_min_messages = warning;
SET LOCAL opres.reason = 'tests';

-- The example of ITU-T X.590 (10/2023), 7.1 and 8.1: Ed25519, a signature of a second party left out of what is signed.
CREATE TEMPORARY TABLE example (name text PRIMARY KEY, document jsonb);
INSERT INTO example VALUES ('x590', '{"statement": "Hello signed world!", "otherProperties": ["home", "food"], "signatures": [
  {"hash_algorithm": "sha-256", "algorithm": "Ed25519", "public_key": "MCowBQYDK2VwAyEAubMonBfU9pvIbj5RCiWQLD45Jvu6mKr+kQXjvjW8ZkU",
   "value": "F1Sj4VcZlSt5GO3Bcu4izpCklj9DbKDNvc2Trpdznfqgv9HMPUGVtefMsHfTqel-dN20lUXsdoeD8PpVr1ssCg"}]}');
-- 7.2: a countersignature over a signature whose algorithm is none.
INSERT INTO example VALUES ('counter', '{"statement": "Hello signed world!", "otherProperties": ["home", "food"], "signatures": [
  {"hash_algorithm": "-- some hashing algorithm --", "algorithm": "-- some signing algorithm --", "public_key": "-- some public key --",
   "value": "-- some existing digital signature --",
   "signature": {"hash_algorithm": "sha-256", "algorithm": "Ed25519",
     "public_key": "MCowBQYDK2VwAyEAubMonBfU9pvIbj5RCiWQLD45Jvu6mKr+kQXjvjW8ZkU",
     "value": "b_7Xu5qmpCGx7f0VneTUuFxGOcck3Fk5duNlRzDo-ifG1faoK3-xV_xc62DyHnPIgAGDbbSOlKf9kaxs_qAjBA"}}]}');
-- The worked example of the CACAO committee, RS256; its validity ended in 2023.
INSERT INTO example VALUES ('cacao', '{"type": "playbook", "spec_version": "cacao-2.0",
  "id": "playbook--a0777575-5c4c-4710-9f01-15776103837f", "name": "Playbook 1",
  "created_by": "identity--5abe695c-7bd5-4c31-8824-2528696cdbf1",
  "created": "2022-05-18T11:31:31.319Z", "modified": "2022-05-18T11:31:31.319Z",
  "signatures": [{"type": "jss", "id": "jss--af892292-c4b4-47eb-9be6-4897ff4b9388",
    "created_by": "identity--5abe695c-7bd5-4c31-8824-2528696cdbf1", "created": "2023-01-10T17:39:31.319Z",
    "modified": "2023-01-10T17:39:31.319Z", "signee": "ACME Cyber Company", "valid_from": "2023-01-10T17:39:31.319Z",
    "valid_until": "2023-06-10T17:39:31.319Z", "related_to": "playbook--a0777575-5c4c-4710-9f01-15776103837f",
    "related_version": "2022-05-18T11:31:31.319Z", "hash_algorithm": "sha-256", "algorithm": "RS256",
    "public_key": "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAptKZyFPStvmOlb0WihOBhlHUr6wFDHC+tW7hJAudfTQ5mHZQpB8PoMz07udZA+dG8dhUIPkmXlp1TgREeYTHdhxhuf0y/GhbpZv5JPYHx3watO+HWO2qYkjRMEcrWhPMdaVkS/Xe/liaMcow4jYoWaFm8VobeYsyVD2bWWdyl4joTEETm1Z47RnnfR15kVhVudVrDzEFmM4nXV/6dmIg184RJE4httwBFxR8qZCQCwTiJmsoyJxfUR0Gs4ePKc5sB0NTkmFZc5klQSitd67RJn2ldhbqE7EpDl4XlIt+UyLJm1guCBltia8Agke7dXuhpB7hQ6LJwY4EjzthkJ8IPwIDAQAB",
    "value": "gXyPW--uUKvGXRh_oDC7IYlx13hGmkiQw6XX3YX_V_i4Y39OPilf0q0qf46aO3IrvG-5_fgeQ3dIunmizYneaVJKjsXo-gkJczvGDehlTjS7MBUIGyD9DRd41DnaxWWwzU-T4sZCur664_3J0C-WRCDgZxiB_ItFpeSnPJ8rR8GRFO6M9YS-ejEGJl-sd_hfZUqjZOE_S_UWp_Fd9QYlP2cWDvGH8vFhx2ek9KovEob5Bh2LX_Gaf7t237B34wKeN4B8aqapyTh3Q8v_Z61bDTNLyi6ZA8zcrUOgCVLVMx_EFizx31WIDZrePsSpX4bfRurcvRyvNNVdWLaS96JYog"}]}');

CREATE FUNCTION pg_temp.found(name text, variadic change text[] DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT opres.check_signatures(CASE cardinality(change) WHEN 0 THEN document WHEN 1 THEN document #- change[1]::text[]
    ELSE jsonb_set(document, change[1]::text[], change[2]::jsonb) END) -> 0 FROM example AS e WHERE e.name = found.name $$;
CREATE FUNCTION pg_temp.state(name text, variadic change text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(': ', f ->> 'state', f ->> 'reason') FROM pg_temp.found(name, variadic change) AS f $$;

SELECT is(pg_temp.found('x590'), jsonb_build_object('state', 'valid', 'algorithm', 'Ed25519', 'hash_algorithm', 'sha-256', 'trusted', false,
  'fingerprint', encode(sha256(decode('MCowBQYDK2VwAyEAubMonBfU9pvIbj5RCiWQLD45Jvu6mKr+kQXjvjW8ZkU=', 'base64')), 'hex')), 'the example of X.590');
SELECT is(pg_temp.state('cacao'), 'lapsed: the signature is no longer valid', 'the example of CACAO: right, and over');
SELECT is(pg_temp.found('cacao') - 'fingerprint', '{"state": "lapsed", "reason": "the signature is no longer valid",
  "id": "jss--af892292-c4b4-47eb-9be6-4897ff4b9388", "signee": "ACME Cyber Company", "algorithm": "RS256", "hash_algorithm": "sha-256",
  "trusted": false}'::jsonb, 'what it says of itself');
SELECT is(pg_temp.found('counter') ->> 'state', 'unchecked', 'a signature of no known algorithm');
SELECT is(pg_temp.found('counter') -> 'countersignature' ->> 'state', 'valid', 'its countersignature, as X.590 has it');
SELECT is(opres.check_signatures('{"a": 1}'), '[]', 'unsigned');
SELECT is(opres.check_signatures('[]'), '[]', 'no document');
SELECT is(opres.check_signatures('{"signatures": 1}'), '[]', 'signatures that are no array');
SELECT is(opres.check_signatures(NULL), NULL, 'nothing');
SELECT is(opres.check_signatures('{"signatures": [1]}'), '[{"state": "invalid", "reason": "the signature is no object", "trusted": false}]',
  'a signature that is no object');

-- Whatever is changed.
SELECT is(pg_temp.state('x590', '{statement}', '"Hello signed world?"'), 'invalid: the signature does not fit the document and the key', 'another text');
SELECT is(pg_temp.state('x590', '{new}', '1'), 'invalid: the signature does not fit the document and the key', 'a member more');
SELECT is(pg_temp.state('x590', '{otherProperties}'), 'invalid: the signature does not fit the document and the key', 'a member less');
SELECT is(pg_temp.state('x590', '{otherProperties,0}', '"Home"'), 'invalid: the signature does not fit the document and the key', 'something inside');
SELECT is(pg_temp.state('x590', '{signatures,0,signee}', '"me"'), 'invalid: the signature does not fit the document and the key', 'the signature''s own members');
SELECT is(pg_temp.state('x590', '{signatures,0,hash_algorithm}', '"sha-512"'), 'invalid: the signature does not fit the document and the key', 'another hash');
SELECT is(pg_temp.state('x590', '{signatures,0,value}', '"AAAA"'), 'invalid: the signature does not fit the document and the key', 'another value');
SELECT is(pg_temp.state('x590', '{signatures,0,value}', '"A"'), 'invalid: the value is no base64url', 'no base64');
SELECT is(pg_temp.state('x590', '{signatures,0,value}', '"!"'), 'invalid: the value is no base64url', 'no base64 either');
SELECT is(pg_temp.state('x590', '{signatures,0,value}'), 'invalid: algorithm, hash_algorithm or value is missing', 'no value');
SELECT is(pg_temp.state('x590', '{signatures,0,algorithm}', '"RS256"'), 'invalid: the key is of another kind than the algorithm', 'a key of another kind');
SELECT is(pg_temp.state('x590', '{signatures,0,algorithm}', '"none"'), 'unchecked: the algorithm is not known here', 'no algorithm');
SELECT is(pg_temp.state('x590', '{signatures,0,algorithm}', '"HS256"'), 'unchecked: the algorithm is not known here', 'a shared secret');
SELECT is(pg_temp.state('x590', '{signatures,0,hash_algorithm}', '"md5"'), 'unchecked: the hash_algorithm is not known here', 'MD5');
SELECT is(pg_temp.state('x590', '{signatures,0,public_key}', '"AAAA"'), 'unchecked: public_key is no key that can be read', 'no key');
SELECT is(pg_temp.state('x590', '{signatures,0,public_key}'), 'unchecked: the signature has no key', 'no member with a key');
SELECT is(pg_temp.state('cacao', '{signatures,0,related_to}', '"playbook--00000000-0000-4000-8000-000000000000"'),
  'invalid: the signature does not fit the document and the key', 'of another playbook');
SELECT is(opres.check_signatures(jsonb_set(document, '{signatures}', document -> 'signatures' || (document -> 'signatures'))) -> 1 ->> 'state',
  'valid', 'signatures do not disturb each other') FROM example WHERE name = 'x590';
SELECT is((SELECT f -> 'countersignature' ->> 'state' FROM pg_temp.found('counter', '{signatures,0,value}', '"-- another --"') AS f), 'invalid',
  'a countersignature holds the one around it fast');

-- Trusted keys.
SELECT is(opres.add_playbook_key('X.590', 'MCowBQYDK2VwAyEAubMonBfU9pvIbj5RCiWQLD45Jvu6mKr+kQXjvjW8ZkU'), pg_temp.found('x590') ->> 'fingerprint', 'a key is added');
SELECT is(pg_temp.found('x590') -> 'trusted', 'true', 'and trusted');
SELECT is(pg_temp.found('x590') ->> 'key', 'X.590', 'by its name');
SELECT is(pg_temp.found('x590', '{statement}', '""') -> 'trusted', 'false', 'but not what it did not sign');
SELECT is(pg_temp.found('counter') -> 'trusted', 'false', 'nor what somebody else did');
SELECT is(pg_temp.found('counter') #> '{countersignature,trusted}', 'true', 'a countersignature is trusted likewise');
SELECT throws_ok($$SELECT opres.add_playbook_key('X.590', E'-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAubMonBfU9pvIbj5RCiWQLD45Jvu6mKr+kQXjvjW8ZkU=\n-----END PUBLIC KEY-----\n')$$,
  '42710', 'the name X.590 or this key is taken', 'twice the same');
SELECT throws_ok($$SELECT opres.add_playbook_key('y', 'MCowBQYDK2VwAyEAubMonBfU9pvIbj5RCiWQLD45Jvu6mKr')$$, '22023', 'this is no public key', 'no key');
SELECT throws_ok($$SELECT opres.add_playbook_key('', 'MCowBQYDK2VwAyEAubMonBfU9pvIbj5RCiWQLD45Jvu6mKr+kQXjvjW8ZkU')$$, '22004', NULL, 'no name');
SELECT throws_ok($$SELECT opres.remove_playbook_key('y')$$, '42704', 'there is no trusted key y', 'a key that is not there');
SELECT lives_ok($$SELECT opres.remove_playbook_key('X.590')$$, 'a key is removed');
SELECT is(pg_temp.found('x590') ? 'key' OR (pg_temp.found('x590') -> 'trusted')::boolean, false, 'and trusted no longer');
SET LOCAL opres.reason = '';
SELECT throws_ok($$SELECT opres.remove_playbook_key('X.590')$$, '22023', 'removing a trusted key needs a reason', 'not without a reason');

-- Not everybody's.
CREATE ROLE opres_test_nobody;
SET LOCAL ROLE opres_test_nobody;
SELECT throws_ok($$SELECT opres.add_playbook_key('x', 'y', 'z')$$, '42501', NULL, 'not for everybody');
SET LOCAL opres.reason = 'x';
SELECT throws_ok('SET LOCAL opres.require_playbook_signature = off', '42501', NULL, 'nor is the setting');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
