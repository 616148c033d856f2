/* SPDX-License-Identifier: MIT
 *
 * The parameters of a RE-CONFIG chunk (RFC 6525 4) as small structs, which borrow the packet. Judging values is the core's
 * business.
 */
#ifndef HW_WIRE_RECONFIG_H
#define HW_WIRE_RECONFIG_H

#include "wire/chunks.h"

enum hw_reconfig_result { /* RFC 6525 4.4, table 3 */
    HW_RECONFIG_NOTHING_TO_DO = 0,
    HW_RECONFIG_PERFORMED = 1,
    HW_RECONFIG_DENIED = 2,
    HW_RECONFIG_WRONG_SSN = 3,
    HW_RECONFIG_ALREADY = 4,
    HW_RECONFIG_BAD_NUMBER = 5,
    HW_RECONFIG_IN_PROGRESS = 6
};

struct hw_reconfig_param {
    uint16_t type;                    /* enum hw_param_type */
    uint16_t added;                   /* Add Outgoing, Add Incoming Streams: how many */
    uint32_t number;                  /* of the request, or of the request that the response is for */
    uint32_t response_number;         /* Outgoing SSN Reset: the request of ours that it answers */
    uint32_t last_tsn;                /* Outgoing SSN Reset: Sender's Last Assigned TSN */
    uint32_t result;                  /* Response */
    uint32_t sender_tsn, receiver_tsn;
    bool has_tsns;                    /* the two before are there */
    const uint8_t *streams;           /* stream_count numbers as in the packet */
    uint32_t stream_count;
};

/* False: no parameter of RE-CONFIG, or of a length that it cannot have. */
bool hw_reconfig_parse(struct hw_reconfig_param *out, const struct hw_tlv *param);
static inline uint16_t hw_reconfig_stream(const struct hw_reconfig_param *param, uint32_t index) {
    return hw_get16(param->streams + (size_t)2 * index);
}
/* "Success - Performed" and so on, or NULL. */
const char *hw_reconfig_result_name(uint32_t result);

/* Bytes of the fixed parts. */
#define HW_OUTGOING_RESET_SIZE 16u
#define HW_INCOMING_RESET_SIZE 8u
#define HW_ASSOCIATION_RESET_SIZE 8u
#define HW_RECONFIG_RESPONSE_SIZE 12u
#define HW_RECONFIG_RESPONSE_TSNS_SIZE 20u
#define HW_ADD_STREAMS_SIZE 12u

/* Bytes that hw_reconfig_write takes, padding included. */
size_t hw_reconfig_size(const struct hw_reconfig_param *param);
/* Writes a parameter; its streams are `list` in host byte order, stream_count of them. */
void hw_reconfig_write(struct hw_writer *writer, const struct hw_reconfig_param *param, const uint16_t *list);

#endif
