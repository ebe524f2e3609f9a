/*
 * signature.h - signatures in playbooks: CACAO 2.0's `signatures`, which are those of ITU-T X.590 (10/2023), JSON signature scheme.
 *
 * What is signed (X.590, 7.1 and 8.1): the document with this signature alone in `signatures`, and that without its `value`; in the
 * canonical form of RFC 8785; hashed by `hash_algorithm`; and the hash, written as hexadecimal digits in small letters, is the
 * message that `algorithm` signs (which hashes it once more as its name says). That the digits are signed and not the octets is
 * not said in X.590's text, but all published examples do it: those of X.590 (7.1.6, 7.2.6) and the RS256 one of CACAO.
 * A countersignature (`signature` inside a signature) signs the same, with the `value` of those around it in place.
 *
 * Nothing is fetched from anywhere (`cert_url`), and certificates are not followed to an authority: a key is trusted if the
 * institution has said so (opres.add_playbook_key), whatever a certificate says.
 */
#ifndef OPRES_SIGNATURE_H
#define OPRES_SIGNATURE_H

#include "common/compat.h"
#include "utils/jsonb.h"

/*
 * The signatures of a document, an array of one object per member of `signatures`:
 *
 *   state             valid; invalid; lapsed (valid, but revoked or outside valid_from to valid_until); unchecked (cannot be
 * checked) reason            why it is not valid id, signee, algorithm, hash_algorithm      as the signature says fingerprint of
 * the key: SHA-256 of its SubjectPublicKeyInfo, as hexadecimal digits key               the name under which the key is trusted
 *   trusted           whether it is valid, and by a trusted key
 *   countersignature  the same of the one inside
 *
 * Members of which nothing is known are missing. Reads opres.playbook_key; asks for no privilege on it.
 */
extern Jsonb *opres_check_signatures(Jsonb *document);

/*
 * For loading: an error if a signature of what opres_check_signatures found is invalid, or if the setting
 * opres.require_playbook_signature asks for a valid one by a trusted key and there is none.
 */
extern void opres_require_signatures(Jsonb *found);

#endif
