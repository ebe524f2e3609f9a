/*
 * serve_address.h - where messages may go.
 */
#ifndef OPRES_SERVE_ADDRESS_H
#define OPRES_SERVE_ADDRESS_H

#include <stdbool.h>

/* Whether an address is one that must not be reached unless allowed: private, loopback, link-local, multicast, reserved. */
struct sockaddr;
bool opres_address_private(const struct sockaddr *address);
/* The same of an address as text; of what is none, true. */
bool opres_address_text_private(const char *text);
/* Whether a host is in a list of names and patterns "*.example.com", separated by commas or spaces; NULL allows all. */
bool opres_host_allowed(const char *host, const char *patterns);

#endif
