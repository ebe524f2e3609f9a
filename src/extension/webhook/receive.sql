-- The way in: messages received, checked, done once. Senders and their secrets: sender.sql.

CREATE FUNCTION opres.receive_webhook(headers jsonb, body bytea) RETURNS TABLE (status int, response jsonb)
LANGUAGE c SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'opres_receive_webhook';
COMMENT ON FUNCTION opres.receive_webhook(jsonb, bytea) IS
  'deals with a webhook; returns the HTTP status and what to answer. headers: {"name": "value"}, names in any case; ":path" /webhook/SENDER names the sender, without it those are tried whose headers are there. body: as received, byte by byte. Done at most once: the same message (by its signed id, else by its body; and by its key, if it has one) gets the same answer. 200 done; 400 malformed; 401 not signed by a sender (or too long ago, or by one that is disabled); 403 not allowed; 404 no such incident, run or step; 409 not possible as things stand; 413 larger than 1 MiB. Refused messages are judged anew when they are sent again. Errors are only those of the database itself: a serialization failure, a deadlock, a timeout; to be tried again later.';

-- A message without a signed time can be sent again for ever by whoever has seen it: its receipt is all that stops that, and stays.
CREATE FUNCTION opres.purge_webhook_receipts() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  moment CONSTANT timestamptz := clock_timestamp(); -- a value, not a function: the index can be asked for it
  gone bigint;
BEGIN
  DELETE FROM opres.webhook_receipt AS r USING (
    SELECT o.sender, o.message_id FROM opres.webhook_receipt AS o LEFT JOIN opres.webhook_sender AS s ON s.name = o.sender
    WHERE o.received_at < moment - interval '1 day' AND o.received_at < moment - coalesce(s.keep, '1 day')
      AND CASE s.scheme WHEN 'github' THEN false WHEN 'generic' THEN s.options ->> 'content' LIKE '%{timestamp}%'
        WHEN 'standard' THEN true WHEN 'slack' THEN true ELSE o.message_id NOT LIKE 'body.%' END
    ORDER BY o.received_at LIMIT 10000 FOR UPDATE OF o SKIP LOCKED) AS old
  WHERE r.sender = old.sender AND r.message_id = old.message_id;
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END
$$;
COMMENT ON FUNCTION opres.purge_webhook_receipts() IS
  'deletes receipts older than their sender''s keep; returns how many, 10,000 at most. Those of senders whose messages bear no signed time are kept. raise_events calls it.';
