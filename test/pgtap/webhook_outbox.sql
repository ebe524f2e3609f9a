-- The outbox: who is told what, claimed, signed, recorded, tried again, given up, told once.
BEGIN;
SELECT plan(56);
SET LOCAL client_min_messages = error;
SET LOCAL opres.reason = 'a test';

SELECT opres.open_incident('Before anybody listens', 'ddos', 90);
SELECT is((SELECT count(*) FROM opres.outbox), 0::bigint, 'without an endpoint nothing is written');
SELECT throws_ok($$SELECT opres.save_webhook_endpoint('a', 'ftp://x/')$$, '22023', NULL, 'no URL');
SELECT throws_ok($$SELECT opres.save_webhook_endpoint('a', 'https://user:pass@x/')$$, '22023', NULL, 'no password in a URL');
SELECT throws_ok($$SELECT opres.save_webhook_endpoint('a', NULL)$$, '22023', NULL, 'none at all');
SELECT throws_ok($$SELECT opres.save_webhook_endpoint('a', 'http://x/')$$, '22023', NULL, 'plain http must be allowed');
SELECT throws_ok($$SELECT opres.save_webhook_endpoint('a', 'https://x/', events => '{}')$$, '22023', NULL, 'no events');
SELECT throws_ok($$SELECT opres.save_webhook_endpoint('a', 'https://x/', events => '{RUN}')$$, '22023', NULL, 'no such events');
SELECT throws_ok($$SELECT opres.add_endpoint_secret('nobody', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')$$, '42704', NULL, 'no such endpoint');
SELECT lives_ok($$SELECT opres.save_webhook_endpoint('all', 'https://all.example/in?token=s3cret', concurrency => 2)$$, 'an endpoint for all');
SELECT lives_ok($$SELECT opres.save_webhook_endpoint('opened', 'https://opened.example/', events => '{incident.open}', min_severity => 50)$$, 'one for some');
SELECT lives_ok($$SELECT opres.save_webhook_endpoint('ransom', 'https://ransom.example/', events => '{incident.*}', attack_types => '{ransomware}', confidential => true)$$, 'one for one type of attack');
SELECT throws_ok(format('SELECT opres.add_endpoint_secret(%L, %L)', 'all', s), '22023', NULL, format('secret "%s" is refused', s)) FROM unnest('{"",whsec_,short,whsec_!!!!,whsec_YWJj}'::text[]) AS s;
SELECT throws_ok($$SELECT opres.add_endpoint_secret('all', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', NULL)$$, '22004', NULL, 'a secret is valid until something');
SELECT throws_ok($$SELECT opres.remove_endpoint_secret('all', NULL)$$, '42704', 'endpoint all has no secret NULL', 'none to remove');
SELECT is(opres.add_endpoint_secret('all', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'), 1, 'a secret');

SELECT opres.open_incident('Servers slow', 'ddos', 40) AS i \gset
SELECT opres.open_incident('Encrypted', 'ransomware', 80) AS j \gset
SELECT opres.open_incident('Quiet', 'ransomware', 80, confidential => true) AS k \gset
SELECT results_eq($$SELECT endpoint COLLATE "default", type, count(*) FROM opres.outbox GROUP BY 1, 2 ORDER BY 1, 2$$,
  $$VALUES ('all', 'incident.open', 2::bigint), ('opened', 'incident.open', 1), ('ransom', 'incident.open', 2)$$, 'told by filters');
SELECT is(body::jsonb - 'timestamp' #- '{data,occurred_at}' #- '{data,recorded_at}', jsonb_build_object('type', 'incident.open', 'data', jsonb_build_object('incident', :i, 'attack_type', 'ddos', 'severity', 40,
  'exercise', false, 'number', 1, 'person', opres.acting_person(), 'state', 'open')), 'what is told') FROM opres.outbox WHERE endpoint = 'all' ORDER BY id LIMIT 1;
SELECT opres.annotate_incident(:i, 'Mr Suzuki, 090-1111-2222, called');
SELECT is((SELECT count(*) FROM opres.outbox WHERE body LIKE '%Suzuki%'), 0::bigint, 'no notes: there may be personal data in them');

-- Claiming -----------------------------------------------------------------------------------------------------------------------
SELECT throws_ok($$SELECT opres.claim_deliveries(NULL)$$, '22023', NULL, 'a worker has a name');
SELECT throws_ok($$SELECT opres.claim_deliveries('w', 0)$$, '22023', NULL, 'and takes at least one');
CREATE TEMP TABLE first AS SELECT * FROM opres.claim_deliveries('w1');
SELECT is((SELECT count(*) FROM first), 2::bigint, 'as many as may be under way; of endpoints without a secret none');
SELECT is((SELECT count(*) FROM opres.claim_deliveries('w2')), 0::bigint, 'nothing twice');
-- The published vector of the Standard Webhooks specification.
SELECT is(encode(opres.hmac_sha256(opres.read_webhook_secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'),
  convert_to('msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}', 'UTF8')), 'base64'), 'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=', 'signed as the specification says');
SELECT is(headers ->> 'webhook-signature', 'v1,' || encode(opres.hmac_sha256(opres.read_webhook_secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'),
  convert_to((headers ->> 'webhook-id') || '.' || (headers ->> 'webhook-timestamp') || '.' || body, 'UTF8')), 'base64'), 'headers are of this body') FROM first LIMIT 1;
SELECT opres.add_endpoint_secret('all', 'another secret of sixteen bytes', now() + interval '1 day');
SELECT is((SELECT count(*) FROM first WHERE position(' ' IN headers ->> 'webhook-signature') = 0), 2::bigint, 'one signature with one secret');
SELECT is(opres.record_delivery((SELECT min(id) FROM first), 'w2', 200), NULL, 'only whose claim it is');
SELECT is(opres.record_delivery((SELECT min(id) FROM first), 'w1', 204), 'delivered', 'delivered');
SELECT is(opres.record_delivery((SELECT min(id) FROM first), 'w1', 204), NULL, 'once');
SELECT is(opres.record_delivery((SELECT max(id) FROM first), 'w1', 500, 'internal server error'), 'pending', 'to be tried again');
SELECT is((SELECT next_attempt_at - clock_timestamp() BETWEEN '4 s' AND '8 s' FROM opres.outbox WHERE id = (SELECT max(id) FROM first)), true, 'soon at first');
CREATE TEMP TABLE second AS SELECT * FROM opres.claim_deliveries('w1');
SELECT is((SELECT count(*) FROM second), 1::bigint, 'the next one; the failed one waits');
SELECT isnt((SELECT position(' v1,' IN headers ->> 'webhook-signature') FROM second), 0, 'two secrets, two signatures');
UPDATE opres.outbox SET claimed_until = now() - interval '1 s', next_attempt_at = now() - interval '1 s' WHERE id = (SELECT id FROM second);
SELECT is((SELECT string_agg(c.id::text || (c.headers ->> 'webhook-id'), '') FROM opres.claim_deliveries('w2') AS c), (SELECT id::text || (headers ->> 'webhook-id') FROM second), 'a claim that is over is due again, under the same id');
SELECT is(opres.record_delivery((SELECT id FROM second), 'w1', 200), NULL, 'and no longer w1''s');
SELECT is(opres.record_delivery((SELECT id FROM second), 'w2', 0, 'timeout', '1 hour'), 'pending', 'no answer');
SELECT is((SELECT next_attempt_at - clock_timestamp() > '59 min' FROM opres.outbox WHERE id = (SELECT id FROM second)), true, 'not before the receiver wants');
UPDATE opres.outbox SET next_attempt_at = now() - interval '1 s', created_at = now() - interval '4 days' WHERE id = (SELECT id FROM second);
SELECT is((SELECT count(*) FROM opres.claim_deliveries('w1') AS c WHERE c.id = (SELECT id FROM second)), 1::bigint, 'once more');
SELECT is(opres.record_delivery((SELECT id FROM second), 'w1', 503), 'dead', 'given up after days');
SELECT is((opres.webhook_health() ->> 'dead')::int, 1, 'health tells of it');
SELECT lives_ok(format('SELECT opres.replay_delivery(%s)', (SELECT id FROM second)), 'sent again');
SELECT throws_ok(format('SELECT opres.replay_delivery(%s)', (SELECT id FROM second)), '55000', NULL, 'not what is pending');
SELECT is((SELECT count(*) FROM opres.claim_deliveries('w1') AS c WHERE c.id = (SELECT id FROM second)), 1::bigint, 'claimed');
SELECT is(opres.record_delivery((SELECT id FROM second), 'w1', 410), 'dead', 'gone for good');
SELECT opres.remove_endpoint_secret('all', 1);
UPDATE opres.webhook_endpoint_secret SET valid_until = now() - interval '1 s';
SELECT is((SELECT count(*) FROM opres.claim_deliveries('w1')), 0::bigint, 'without a valid secret nothing is sent');
UPDATE opres.outbox SET delivered_at = now() - interval '40 days' WHERE state = 'delivered';
SELECT is(opres.purge_outbox(), 1::bigint, 'what was delivered long ago goes');
SELECT is((SELECT count(*) FROM opres.audit_trail WHERE content LIKE '%s3cret%' OR content LIKE '%MfKQ9%'), 0::bigint, 'no secret in the trail');

-- What time brings about ------------------------------------------------------------------------------------------------------------
INSERT INTO opres.node (code, kind) VALUES ('op', 'operation'), ('sys', 'system');
INSERT INTO opres.requirement (node, name, needed) VALUES ('op', 'sys', 1);
INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'sys', 'sys');
INSERT INTO opres.tolerance (operation, tolerance) VALUES ('op', '100% within 2h');
SET CONSTRAINTS ALL IMMEDIATE;
DELETE FROM opres.outbox;
SELECT opres.open_incident('Down', 'ransomware', 80, '{sys}', now() - interval '70 minutes', now() - interval '60 minutes') AS n \gset
SELECT is(opres.raise_events(), 1::bigint, 'half of the tolerance is used');
SELECT results_eq($$SELECT type, body::jsonb #>> '{data,operation}' FROM opres.outbox WHERE endpoint = 'all' AND type LIKE 'tolerance%'$$, $$VALUES ('tolerance.half', 'op')$$, 'told');
SELECT is(opres.raise_events(), 0::bigint, 'once');
SELECT opres.update_incident(:n, jsonb_build_object('occurred_at', now() - interval '3 hours'), 'it began earlier');
SELECT is(opres.raise_events(), 3::bigint, 'another breach time: half, near and breached, none lost');
SELECT lives_ok($$SELECT opres.remove_webhook_endpoint('all')$$, 'an endpoint goes');
SELECT is((SELECT count(*) FROM opres.outbox WHERE endpoint = 'all') + (SELECT count(*) FROM opres.webhook_endpoint_secret), 0::bigint, 'with its messages and secrets');
SELECT * FROM finish();
ROLLBACK;
