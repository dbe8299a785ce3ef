/* Values across the type boundary: Lua value → parameter cell, result cell → Lua value, by SQL type
 * and dialect.
 *
 * A type whose conversion is closed and hot is done here in C; one that needs user code
 * (TypeDecorator, UserDefinedType, a Lua JSON library) has Lua functions in its hooks
 * (lua/alchemoon/types). */
#ifndef AM_BIND_CODEC_H
#define AM_BIND_CODEC_H

#include "bind/compile.h"
#include "bind/dbconn.h"

/* Adds one parameter cell for the Lua value at `index`. Raises StatementError for a value that the
 * type does not take. May call a TypeDecorator's function, which must not wait. */
void am_codec_encode(lua_State *L, am_params *params, int index, am_node *type,
                     const am_dialect *dialect);
/* The same for a bound value held by a statement; scalars take no detour through Lua. */
void am_codec_encode_bound(lua_State *L, am_params *params, const am_bound *value, am_node *type,
                           const am_dialect *dialect);
/* Are strings and numbers of the type bound as they are? Then am_params_add_value with the hint
 * does for them what am_codec_encode would. */
bool am_codec_is_plain(am_node *type, const am_dialect *dialect, unsigned *out_hint);
/* Hint for the driver: what the parameter is at the server (codec_hint.c); of a kind that needs no
 * look at its options, and of any type. */
unsigned am_codec_kind_hint(am_type_kind kind);
unsigned am_codec_hint(const am_node *type);

/* core.decoders: constants for shapes and populate programs, by name (codec_decode.c). The core
 * table is on top of the stack. */
void am_codec_decoders(lua_State *L);

/* Parameters outside a cursor: a userdata that frees them. */
typedef struct am_scratch_params {
  am_params params;
} am_scratch_params;
am_scratch_params *am_scratch_params_new(lua_State *L);
void am_scratch_params_class(lua_State *L);

/* tostring() of the value at `index` as text that stays valid while the value is on the stack: a
 * string as it is, anything else pushed. */
const char *am_text_of(lua_State *L, int index, size_t *out_size);

#endif
