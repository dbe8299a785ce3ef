/* Objects of mapped classes as C meets them: tables whose array part is laid out by the mapper.
 *
 * { [1] = context, [2] = identity key, [3 ..] = slots, one per attribute }; NULL is the NULL light
 * userdata, nil is "not loaded" or "not set" (lua/alchemoon/orm/README.md). */
#ifndef AM_BIND_OBJECT_H
#define AM_BIND_OBJECT_H

enum { AM_CONTEXT_SLOT = 1, AM_KEY_SLOT, AM_FIRST_SLOT };

#endif
