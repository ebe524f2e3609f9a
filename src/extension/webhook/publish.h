/*
 * publish.h - telling the systems that subscribed: rows of the outbox, written with the event itself.
 */
#ifndef OPRES_PUBLISH_H
#define OPRES_PUBLISH_H

#include "common/compat.h"

/* Whether anybody is to be told of anything: cheap, for asking before building what is told. */
extern bool opres_anybody_listens(void);

/* A row for every endpoint whose filters let this event of the incident pass. data: a JSON object. SPI is connected. */
extern void opres_publish(const char *type, int64 incident, const char *data);

#endif
