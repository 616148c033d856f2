/* SPDX-License-Identifier: MIT
 *
 * The peer's half of RFC 4895 for scripts: its parameters, association keys after 6.1, AUTH chunks before what it says, and the
 * judgement of those of the stack. Written apart from the core, with the loop's HMAC (test_loop_host.c) and nothing else.
 */
#ifndef SCRIPT_AUTH_H
#define SCRIPT_AUTH_H

#include "script.h"

#define SHA1 HAWSER_HMAC_SHA1
#define SHA256 HAWSER_HMAC_SHA256

/* What the peer says of AUTH. */
struct auth_plan {
    struct hawser_span chunks, hmacs;  /* no data: no CHUNKS; SHA-256, SHA-1 */
    struct hawser_span requires;       /* chunk types that the stack shall require */
    size_t random;                     /* bytes of RANDOM */
    int fill;                          /* of RANDOM */
    struct plan plan;
    bool last_;
};
/* start() with AUTH on, on both sides; the endpoint is open. */
#define auth_start(...) AUTH_START_(__VA_ARGS__, .last_ = false)
#define AUTH_START_(s_, ...) \
    script_auth_start(s_, &(struct auth_plan){.random = 32, .fill = 0x9c, .plan = {PLAN_DEFAULTS}, __VA_ARGS__})
void script_auth_start(struct script *s, const struct auth_plan *plan);
/* The peer's parameters anew. */
struct hawser_span script_auth_params(struct script *s, const struct auth_plan *plan);
/* The stack's parameters are those of the last INIT or INIT ACK that it sent; the openings of script.h have read it. */
void auth_learn(struct script *s);
void auth_establish_active(struct script *s);
void auth_establish_passive(struct script *s);

/* How the peer authenticates. */
struct auth_spec {
    int64_t id, hmac;
    struct hawser_span secret;
    int64_t size;                      /* bytes of HMAC; ANY: all */
    uint8_t spoil;                     /* xored into its last byte */
    bool last_;
};
/* AUTH, and the chunks that it proves; by key 0, or PROVED_BY(HOW(.id = 1, .secret = TEXT("...")), chunks). */
#define PROVED(...) script_proved(s, &(struct auth_spec){.hmac = SHA256, .size = ANY}, JOIN(__VA_ARGS__))
#define PROVED_BY(spec, ...) script_proved(s, spec, JOIN(__VA_ARGS__))
#define HOW(...) (&(struct auth_spec){.hmac = SHA256, .size = ANY, __VA_ARGS__})
struct hawser_span script_proved(struct script *s, const struct auth_spec *spec, struct hawser_span chunks);

/* The next packet begins with AUTH, or goes on with it; it is right by this. */
#define expect_auth(...) EXPECT_AUTH_(true, __VA_ARGS__, .last_ = false)
#define expect_also_auth(...) EXPECT_AUTH_(false, __VA_ARGS__, .last_ = false)
#define EXPECT_AUTH_(first, s_, ...) script_expect_auth(s_, __FILE__, __LINE__, first, HOW(__VA_ARGS__))
void script_expect_auth(struct script *s, const char *file, int line, bool first, const struct auth_spec *spec);

#define REQUIRE(type) check_equal(hawser_auth_require(s->stack, s->endpoint, type, 1), 0)

#endif
