/*
 * document_text.h - the text of a playbook's document becomes jsonb.
 */
#ifndef OPRES_DOCUMENT_TEXT_H
#define OPRES_DOCUMENT_TEXT_H

#include "playbook/check.h"

/*
 * What jsonb would pass over is a problem: keys that stand twice in an object. So is what is no JSON. Problems are noted in
 * `check`; NULL if there are any.
 */
extern Jsonb *opres_document_parse(const text *document, OpresCheck *check);

#endif
