-- Senders of webhooks: saved, refused, removed; their secrets; who is who. And messages within one transaction.
BEGIN;
SELECT plan(62);
SET LOCAL client_min_messages = error;
SET LOCAL opres.reason = 'a test';
SELECT opres.save_person('alice', 'Alice'), opres.save_person('gone', 'Gone');
SELECT FROM opres.erase_person('gone', 'left');

-- Saving -------------------------------------------------------------------------------------------------------------------------
SELECT throws_ok(format($$SELECT opres.save_webhook_sender(%s)$$, call), '22023', NULL, 'refused: ' || call)
FROM unnest(ARRAY[$$NULL, 'standard', '{status}'$$, $$'', 'standard', '{status}'$$, $$'Chat', 'standard', '{status}'$$, $$'a/b', 'standard', '{status}'$$,
  $$'a.b', 'standard', '{status}'$$, $$repeat('a', 64), 'standard', '{status}'$$, $$'chat', 'svix', '{status}'$$, $$'chat', NULL, '{status}'$$,
  $$'chat', 'standard', '{}'$$, $$'chat', 'standard', NULL$$, $$'chat', 'standard', '{abort_run}'$$, $$'chat', 'standard', '{status,NULL}'$$,
  $$'chat', 'standard', '{status}', role => 'CISO'$$, $$'chat', 'standard', '{status}', incidents => '{}'$$, $$'chat', 'standard', '{status}', incidents => '{NULL}'$$,
  $$'chat', 'standard', '{status}', attack_types => '{}'$$, $$'chat', 'standard', '{status}', options => '[]'$$, $$'chat', 'standard', '{status}', options => '{"x": 1}'$$,
  $$'chat', 'github', '{status}', options => '{"signature_header": "x"}'$$, $$'chat', 'generic', '{status}'$$, $$'chat', 'standard', '{status}', tolerance => '0'$$,
  $$'chat', 'standard', '{status}', tolerance => '61 min'$$, $$'chat', 'standard', '{status}', tolerance => NULL$$, $$'chat', 'standard', '{status}', keep => '1 hour'$$,
  $$'chat', 'standard', '{status}', keep => NULL$$, $$'chat', 'standard', '{status}', enabled => NULL$$, $$'chat', 'standard', '{status}', options => NULL$$]) AS call;
SELECT throws_ok($$SELECT opres.save_webhook_sender('chat', 'standard', '{status}', person => 'nobody')$$, '42704', NULL, 'refused: a person there is not');
SELECT throws_ok($$SELECT opres.save_webhook_sender('chat', 'standard', '{status}', person => 'gone')$$, '42704', NULL, 'refused: a person who was erased');
SET LOCAL opres.reason = '';
SELECT throws_ok($$SELECT opres.save_webhook_sender('chat', 'standard', '{status}')$$, '22023', NULL, 'refused: without a reason');
SELECT lives_ok($$SELECT opres.save_webhook_sender('chat', 'standard', '{status,annotate}', reason => 'a chat tool')$$, 'saved');
SET LOCAL opres.reason = 'a test';
SELECT results_eq($$SELECT scheme, tolerance, keep, person, role, actions, incidents, attack_types, enabled FROM opres.webhook_sender$$,
  $$VALUES ('standard', interval '5 min', interval '7 days', NULL COLLATE "C", NULL COLLATE "C", '{status,annotate}'::text[], NULL::bigint[], NULL::text[], true)$$, 'with defaults');
SELECT throws_ok($$SELECT opres.save_webhook_sender('bad', 'standard', '{status}', tolerance => 'NaN')$$, '22007', NULL, 'no interval is no tolerance');

-- Secrets ------------------------------------------------------------------------------------------------------------------------
SELECT throws_ok($$SELECT opres.add_webhook_secret('nobody', 'sixteen bytes of secret')$$, '42704', NULL, 'a sender there is not');
SELECT throws_ok($$SELECT opres.add_webhook_secret(NULL, 'sixteen bytes of secret')$$, '42704', NULL, 'no sender');
SELECT throws_ok($$SELECT opres.add_webhook_secret('chat', NULL)$$, '22023', NULL, 'no secret');
SELECT throws_ok($$SELECT opres.add_webhook_secret('chat', 'sixteen bytes of secret', NULL)$$, '22004', NULL, 'no end is said by infinity');
SELECT throws_ok($$SELECT opres.add_webhook_secret('chat', 'whpk_' || encode(decode(repeat('00', 31), 'hex'), 'base64'))$$, '22023', NULL, 'a key of 31 bytes');
SELECT is(opres.add_webhook_secret('chat', 'whpk_' || encode(decode(repeat('00', 32), 'hex'), 'base64')), 1, 'a public key');
SELECT is(opres.add_webhook_secret('chat', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', now() + interval '1 day'), 2, 'a secret');
SELECT results_eq($$SELECT id, kind, valid_until FROM opres.webhook_secret ORDER BY id$$,
  $$VALUES (1, 'ed25519', timestamptz 'infinity'), (2, 'hmac', now() + interval '1 day')$$, 'both are there');
SELECT lives_ok($$SELECT opres.save_webhook_sender('git', 'github', '{status}')$$, 'GitHub');
SELECT lives_ok($$SELECT opres.add_webhook_secret('git', 'whsec_is what it begins with')$$, 'its secrets are texts, whatever they begin with');
SELECT throws_ok($$SELECT opres.add_webhook_secret('git', 'fifteen bytes..')$$, '22023', NULL, 'not too short ones');
SELECT throws_ok($$SELECT opres.remove_webhook_secret('chat', 3)$$, '42704', NULL, 'a secret there is not');
SELECT lives_ok($$SELECT opres.remove_webhook_secret('chat', 1)$$, 'removed');

-- Who is who ---------------------------------------------------------------------------------------------------------------------
SELECT throws_ok($$SELECT opres.map_webhook_user('chat', ' ', 'alice')$$, '22023', NULL, 'no id');
SELECT throws_ok($$SELECT opres.map_webhook_user('chat', 'U1', 'nobody')$$, '42704', NULL, 'nobody');
SELECT throws_ok($$SELECT opres.unmap_webhook_user('chat', 'U1')$$, '42704', NULL, 'not mapped yet');
SELECT lives_ok($$SELECT opres.map_webhook_user('chat', 'alice@example.com', 'alice')$$, 'mapped');

-- Messages of one transaction ----------------------------------------------------------------------------------------------------
SELECT opres.open_incident('Test', 'ddos', 50) AS i \gset
CREATE FUNCTION pg_temp.request(id text, said text) RETURNS TABLE (headers jsonb, body bytea) LANGUAGE sql AS $$
  SELECT jsonb_build_object('webhook-id', id, 'webhook-timestamp', t.at, 'webhook-signature', 'v1,' || encode(opres.hmac_sha256(
    opres.read_webhook_secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'), convert_to(id || '.' || t.at || '.' || said, 'UTF8')), 'base64')), convert_to(said, 'UTF8')
  FROM (SELECT floor(extract(epoch FROM clock_timestamp()))::bigint::text AS at) AS t
$$;
CREATE FUNCTION pg_temp.send(id text, said text) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', r.status, r.response) FROM pg_temp.request(id, said) AS q, opres.receive_webhook(q.headers, q.body) AS r
$$;
SELECT is(pg_temp.send('m1', format('{"type": "annotate", "data": {"incident": %s, "note": "x"}, "user": "alice@example.com"}', :i)), '200 {"result": "recorded"}', 'done');
SELECT isnt(opres.acting_person(), 'alice', 'nobody speaks for her afterwards');
SELECT is(pg_temp.send('m1', format('{"type": "annotate", "data": {"incident": %s, "note": "x"}, "user": "alice@example.com"}', :i)), '200 {"result": "recorded"}', 'done already');
SELECT is((SELECT count(*) FROM opres.incident_event WHERE kind = 'annotate'), 1::bigint, 'once');
SELECT is((SELECT DISTINCT person || ' ' || login FROM opres.incident_event WHERE kind = 'annotate'), 'alice webhook chat', 'in her name');
SELECT is((SELECT string_agg(concat_ws(' ', r.status, r.response), ' ') FROM pg_temp.request('m3', format(
  '{"type": "annotate", "data": {"incident": %s, "note": "x"}, "user": "alice@example.com"}', :i)) AS q, generate_series(1, 2), opres.receive_webhook(q.headers, q.body) AS r),
  '200 {"result": "recorded"} 200 {"result": "recorded"}', 'twice in one statement');
SELECT is((SELECT count(*) FROM opres.incident_event WHERE kind = 'annotate'), 2::bigint, 'once');
SELECT is(pg_temp.send('m2', format('{"type": "annotate", "data": {"incident": %s, "note": " "}, "user": "alice@example.com"}', :i)), '400 {"error": "malformed"}', 'refused');

-- Removing -----------------------------------------------------------------------------------------------------------------------
SELECT throws_ok($$SELECT opres.remove_webhook_sender('nobody')$$, '42704', NULL, 'a sender there is not');
SELECT lives_ok($$SELECT opres.remove_webhook_sender('chat')$$, 'removed');
SELECT is((SELECT count(*) FROM opres.webhook_secret WHERE sender = 'chat') + (SELECT count(*) FROM opres.webhook_identity WHERE sender = 'chat'), 0::bigint, 'with all that was known of it');
SELECT is((SELECT string_agg(message_id, ' ' ORDER BY message_id) FROM opres.webhook_receipt), 'm1 m3', 'what it sent stays on record');
SELECT * FROM finish();
ROLLBACK;
