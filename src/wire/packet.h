/* SPDX-License-Identifier: MIT
 *
 * The door: the one audited cursor over type-length-value, for chunks, parameters and causes alike. Everything is a view that
 * borrows the packet; lengths are checked here and nowhere else. No state, no allocation, no opinion about what is allowed when.
 */
#ifndef HW_PACKET_H
#define HW_PACKET_H

#include <hawser/types.h>
#include <stdbool.h>

#define HW_HEADER_SIZE 12u /* RFC 9260 3.1 */
#define HW_TLV_SIZE 4u     /* chunk header, parameter header, cause header */

enum hw_chunk_type { /* RFC 9260 3.2 */
    HW_DATA = 0,
    HW_INIT = 1,
    HW_INIT_ACK = 2,
    HW_SACK = 3,
    HW_HEARTBEAT = 4,
    HW_HEARTBEAT_ACK = 5,
    HW_ABORT = 6,
    HW_SHUTDOWN = 7,
    HW_SHUTDOWN_ACK = 8,
    HW_ERROR = 9,
    HW_COOKIE_ECHO = 10,
    HW_COOKIE_ACK = 11,
    HW_ECNE = 12, /* RFC 4960 appendix A */
    HW_CWR = 13,
    HW_SHUTDOWN_COMPLETE = 14,
    HW_AUTH = 15,              /* RFC 4895 */
    HW_I_DATA = 64,            /* RFC 8260 */
    HW_ASCONF_ACK = 128,       /* RFC 5061 */
    HW_RE_CONFIG = 130,        /* RFC 6525 */
    HW_PAD = 132,              /* RFC 4820 */
    HW_FORWARD_TSN = 192,      /* RFC 3758 */
    HW_ASCONF = 193,           /* RFC 5061 */
    HW_I_FORWARD_TSN = 194     /* RFC 8260 */
};

#define HW_FLAG_END 1u       /* DATA */
#define HW_FLAG_BEGIN 2u     /* DATA */
#define HW_FLAG_UNORDERED 4u /* DATA */
#define HW_FLAG_IMMEDIATE 8u /* DATA */
#define HW_FLAG_T 1u         /* ABORT, SHUTDOWN COMPLETE: the tag is reflected */

enum hw_param_type { /* RFC 9260 3.3.2.1, 3.3.3.1, 3.3.5; the extensions as said */
    HW_PARAM_HEARTBEAT_INFO = 1,
    HW_PARAM_IPV4 = 5,
    HW_PARAM_IPV6 = 6,
    HW_PARAM_COOKIE = 7,
    HW_PARAM_UNRECOGNIZED = 8,
    HW_PARAM_COOKIE_PRESERVATIVE = 9,
    HW_PARAM_HOST_NAME = 11,
    HW_PARAM_ADDRESS_TYPES = 12,
    HW_PARAM_OUTGOING_RESET = 13,        /* RFC 6525 4 */
    HW_PARAM_INCOMING_RESET = 14,
    HW_PARAM_ASSOCIATION_RESET = 15,
    HW_PARAM_RECONFIG_RESPONSE = 16,
    HW_PARAM_ADD_OUTGOING = 17,
    HW_PARAM_ADD_INCOMING = 18,
    HW_PARAM_ECN = 0x8000,               /* RFC 4960 appendix A */
    HW_PARAM_ZERO_CHECKSUM = 0x8001,     /* RFC 9653 */
    HW_PARAM_RANDOM = 0x8002,            /* RFC 4895 3 */
    HW_PARAM_CHUNKS = 0x8003,
    HW_PARAM_HMACS = 0x8004,
    HW_PARAM_EXTENSIONS = 0x8008,        /* RFC 5061 4.2.7 */
    HW_PARAM_FORWARD_TSN = 0xC000,       /* RFC 3758 3.1 */
    HW_PARAM_ADD_ADDRESS = 0xC001,       /* RFC 5061 4.2 */
    HW_PARAM_DELETE_ADDRESS = 0xC002,
    HW_PARAM_ERROR_INDICATION = 0xC003,
    HW_PARAM_SET_PRIMARY = 0xC004,
    HW_PARAM_SUCCESS_INDICATION = 0xC005,
    HW_PARAM_ADAPTATION = 0xC006
};

#define HW_EDMID_DTLS 1u /* RFC 9653 6: the one way of finding errors that is registered */

enum hw_cause { /* RFC 9260 3.3.10 */
    HW_CAUSE_INVALID_STREAM = 1,
    HW_CAUSE_MISSING_PARAMETER = 2,
    HW_CAUSE_STALE_COOKIE = 3,
    HW_CAUSE_OUT_OF_RESOURCE = 4,
    HW_CAUSE_UNRESOLVABLE_ADDRESS = 5,
    HW_CAUSE_UNRECOGNIZED_CHUNK = 6,
    HW_CAUSE_INVALID_PARAMETER = 7,
    HW_CAUSE_UNRECOGNIZED_PARAMETERS = 8,
    HW_CAUSE_NO_USER_DATA = 9,
    HW_CAUSE_COOKIE_WHILE_SHUTTING_DOWN = 10,
    HW_CAUSE_NEW_ADDRESSES = 11,
    HW_CAUSE_USER_ABORT = 12,
    HW_CAUSE_PROTOCOL_VIOLATION = 13,
    HW_CAUSE_DELETE_LAST_ADDRESS = 0xA0, /* RFC 5061 4.3 */
    HW_CAUSE_NO_RESOURCES = 0xA1,
    HW_CAUSE_DELETE_SOURCE_ADDRESS = 0xA2,
    HW_CAUSE_ILLEGAL_ASCONF_ACK = 0xA3,
    HW_CAUSE_NO_AUTHORIZATION = 0xA4,
    HW_CAUSE_UNSUPPORTED_HMAC = 0x105    /* RFC 4895 4 */
};

/* What to do with a type that is not known, by its two high bits (3.2, 3.2.1): stop or skip, and report or not. */
#define HW_UNKNOWN_SKIP 2u
#define HW_UNKNOWN_REPORT 1u
static inline unsigned hw_chunk_unknown_action(uint8_t type) { return type >> 6; }
static inline unsigned hw_param_unknown_action(uint16_t type) { return type >> 14; }

struct hw_header {
    uint16_t source_port, destination_port;
    uint32_t tag, checksum;
};

/* Reads the common header; false: fewer than 12 bytes. `checksum` is the number that crc32c.h computes. */
bool hw_header_parse(struct hw_header *header, struct hawser_span packet);

/* A type-length-value element. `value` lacks the header and the padding; `whole` has the header, not the padding. */
struct hw_tlv {
    uint16_t type; /* of a chunk: 0 to 255 */
    uint8_t flags; /* of a chunk */
    struct hawser_span value, whole;
};

enum hw_cursor_result {
    HW_CURSOR_END,    /* nothing is left */
    HW_CURSOR_ITEM,   /* here is one */
    HW_CURSOR_PARTIAL /* what is left is not a whole element: fewer than 4 bytes, a length below 4, or beyond the end */
};

/* Where reading stands: copy it to look ahead. */
struct hw_cursor {
    const uint8_t *at, *end;
};

static inline struct hw_cursor hw_cursor_over(struct hawser_span bytes) {
    return (struct hw_cursor){bytes.data, bytes.size ? bytes.data + bytes.size : bytes.data}; /* C does not know NULL + 0 */
}

/* The next chunk. The last one's padding may be missing (3.2). After END or PARTIAL the cursor stays where it is. */
enum hw_cursor_result hw_cursor_chunk(struct hw_cursor *cursor, struct hw_tlv *chunk);
/* The next parameter or cause of a chunk. */
enum hw_cursor_result hw_cursor_param(struct hw_cursor *cursor, struct hw_tlv *param);

#endif
