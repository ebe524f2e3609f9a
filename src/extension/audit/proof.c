/*
 * proof.c - opres.audit_inclusion_proof and opres.audit_consistency_proof.
 *
 * Made from the stored subtrees, O(log size) rows, under the caller's snapshot; also on a hot standby. They show hashes alone, so
 * who may execute them needs no privilege on the table. A proof made from subtrees that were tampered with does not hold, which is
 * what its verifier is for: nothing is checked here.
 */
#include "audit/proof.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/snapmgr.h"

OPRES_FUNCTION(opres_audit_inclusion_proof);
OPRES_FUNCTION(opres_audit_consistency_proof);

void
opres_require_entries(OpresTrail *trail, int64 size)
{
	int64 last;

	if (size < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the number of entries must not be negative")));
	last = opres_trail_last(trail);
	if (size > last)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the audit trail has fewer than %lld entries", (long long) size),
				 errdetail("It has %lld.", (long long) last)));
}

void
opres_require_hashes(bool had)
{
	if (!had)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("the audit trail is damaged: hashes of its tree are missing"),
						errhint("SELECT * FROM opres.verify_audit() tells what is wrong.")));
}

static Datum
bytea_array(const OpresHash *hashes, int count)
{
	Datum elements[OPRES_PROOF_MAX];

	for (int i = 0; i < count; i++)
	{
		bytea *element = palloc(VARHDRSZ + OPRES_HASH_BYTES);

		SET_VARSIZE(element, VARHDRSZ + OPRES_HASH_BYTES);
		memcpy(VARDATA(element), hashes[i].bytes, OPRES_HASH_BYTES);
		elements[i] = PointerGetDatum(element);
	}
	return PointerGetDatum(construct_array(elements, count, BYTEAOID, -1, false, TYPALIGN_INT));
}

Datum
opres_audit_inclusion_proof(PG_FUNCTION_ARGS)
{
	int64 entry = PG_GETARG_INT64(0);
	int64 size = PG_GETARG_INT64(1);
	OpresTrail trail = opres_trail_open(AccessShareLock, GetActiveSnapshot());
	OpresHash proof[OPRES_PROOF_MAX];
	int count = 0;

	opres_require_entries(&trail, size);
	if (entry < 1 || entry > size)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("entry %lld is not among the first %lld", (long long) entry, (long long) size),
						errdetail("Entries are numbered from 1.")));
	opres_require_hashes(opres_inclusion_proof((uint64_t) entry - 1, (uint64_t) size, opres_trail_subtree, &trail, proof, &count));
	opres_trail_close(&trail);
	return bytea_array(proof, count);
}

Datum
opres_audit_consistency_proof(PG_FUNCTION_ARGS)
{
	int64 old_size = PG_GETARG_INT64(0);
	int64 new_size = PG_GETARG_INT64(1);
	OpresTrail trail = opres_trail_open(AccessShareLock, GetActiveSnapshot());
	OpresHash proof[OPRES_PROOF_MAX];
	int count = 0;

	opres_require_entries(&trail, old_size);
	opres_require_entries(&trail, new_size);
	if (old_size > new_size)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("old_size %lld is greater than new_size %lld", (long long) old_size, (long long) new_size)));
	opres_require_hashes(
		opres_consistency_proof((uint64_t) old_size, (uint64_t) new_size, opres_trail_subtree, &trail, proof, &count));
	opres_trail_close(&trail);
	return bytea_array(proof, count);
}
