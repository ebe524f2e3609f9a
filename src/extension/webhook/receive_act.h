/*
 * receive_act.h - what a message asks for: read, checked against what the sender may do, done in the name of a person.
 */
#ifndef OPRES_RECEIVE_ACT_H
#define OPRES_RECEIVE_ACT_H

#include "common/compat.h"
#include "webhook/receive_receipt.h"
#include "webhook/sender.h"

/*
 * Does what a message asks for, whose signature is good, in a subtransaction, and keeps receipts of its key. Whatever is wrong with
 * the message or in the way of the act is an answer; only what is the matter with the database itself is an error, and what a later
 * try may get past: serialization failures, deadlocks, lock_timeout, cancelling.
 */
extern OpresAnswer opres_webhook_act(const OpresSender *sender, const OpresRequest *request);

/* {"error": error, "message": message, "detail": detail}; NULL = left out. */
extern OpresAnswer opres_webhook_refusal(int status, const char *error, const char *message, const char *detail);

#endif
