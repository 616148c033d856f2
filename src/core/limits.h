/* SPDX-License-Identifier: MIT
 *
 * Every limit of the core that is not a setting, in one place.
 */
#ifndef HW_LIMITS_H
#define HW_LIMITS_H

#include <hawser/hawser.h>

enum {
    HW_PATHS_MAX = HAWSER_ADDRESSES_MAX,      /* remote addresses of an association */
    HW_LOCALS_MAX = HAWSER_ADDRESSES_MAX,     /* local addresses of an endpoint or association */
    HW_INIT_PARAMS_LOOKUPS_MAX = 64,          /* addresses of an INIT by which an association is looked for (5.1.2 D) */
    HW_WINDOW_TSNS_MAX = 65535,               /* TSNs past the cumulative point, both ways: gap offsets have 16 bits */
    HW_STREAM_MESSAGES_MAX = 65535,           /* ordered messages of a stream in the window (6.1) */
    HW_ANSWERS = 32,                          /* answers without an association that wait to go */
    HW_ANSWER_SIZE_MAX = 1280,                /* bytes of one */
    HW_ECHO_BYTES_MAX = 8192,                 /* HEARTBEAT ACK and ERROR chunks that wait; one packet's worth if less */
    HW_DUPS_MAX = 32,                         /* duplicate TSNs that a SACK reports */
    HW_SACK_MARKS = 8,                        /* SACKs that one batch of input may owe beyond the last */
    HW_RENEGE_BUDGET = 65536,                 /* TSNs that a peer may take back; refilled by what it acknowledges for good */
    HW_STALE_COOKIES_MAX = 3,                 /* set-up attempts after a Stale Cookie (5.2.6) */
    HW_COOKIE_EXTENSION_MS_MAX = 5000,        /* what a Cookie Preservative can add (3.3.2.1.3) */
    HW_RECENT_TAGS = 256,                     /* tags that are not drawn again so soon (5.3.1) */
    HW_FORWARD_RECORDS_MAX = 4096,            /* TSNs that one FORWARD TSN skips: what building it may cost */
    HW_FAST_RETRANSMIT_MISSES = 3,            /* 7.2.4 */
    HW_BLACK_HOLE_TIMEOUTS = 3,               /* time-outs in a row of large packets before a size that did pass is given up */
    HW_PATH_ERRORS = 10,                      /* times path_max_retrans and one: so far errors of a path are counted */
    HW_MAX_PROBES = 3,                        /* probes in a row without an answer (RFC 8899 5.1.2) */
    HW_MTU_SAFE = 1280,                       /* BASE_PLPMTU: what every path is taken to carry (the least MTU of IPv6) */
    HW_MTU_ROUTE = 1200,                      /* where no report of a smaller one can come: carriers without addresses */
    HW_MTU_MIN = 576,
    HW_RWND_MIN = 1500,                       /* the least a_rwnd of an INIT (3.3.2) */
    HW_BLOCK_SIZE = 16384,                    /* receive block; less for small windows */
    HW_BLOCK_SIZE_MIN = 2048,
    HW_ERROR_DATA_MAX = 128,                  /* bytes of a peer's ERROR or ABORT cause kept for the user */
    HW_AUTH_HMACS_MAX = 16,                   /* HMAC Identifiers that a peer may list */
    HW_AUTH_VECTOR_MAX = 36 + 260 + 4 + 2 * HW_AUTH_HMACS_MAX, /* RANDOM, CHUNKS, HMAC-ALGO of one side (RFC 4895 3) */
    HW_OUTCOMES_MAX = 32,                     /* reconfigurations whose outcome is unread or yet to come (RFC 6525) */
    HW_REQUESTS_MAX = 32,                     /* ASCONF requests of ours that wait or whose outcome is not read (RFC 5061) */
    HW_LEFT_MAX = 4,                          /* local addresses that were removed and are known as such (RFC 5061 5.3) */
    HW_ASCONF_SIZE_MAX = HW_MTU_MIN - 100,    /* bytes of an ASCONF chunk of ours: any path carries it (RFC 5061 5.1.1 C5),
                                                 behind IPv6, UDP and SCTP headers and AUTH */
    HW_ASCONF_ACK_SIZE_MAX = 1024,            /* bytes of an ASCONF-ACK chunk: what does not fit is not done (5.1 A7) */
    HW_ASCONF_ACKS_MAX = 4,                   /* ASCONF-ACK chunks kept for one packet's ASCONFs (5.2 E1-ext) */
    HW_EPHEMERAL_FIRST = 49152,               /* SCTP ports that hawser_open chooses from (RFC 6335) */
    HW_EPHEMERAL_COUNT = 16384
};

/* The two bits of the IP header (RFC 3168 5). */
#define HW_ECN_ECT 2u
#define HW_ECN_CE 3u

#define HW_SEGMENT_LIFE ((hawser_time)30 * 1000000) /* between two SSN/TSN resets (RFC 6525 5.1.4) */
#define HW_KEY_LIFE ((hawser_time)3600 * 1000000) /* cookie keys rotate hourly (5.1.3) */

#endif
