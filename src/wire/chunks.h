/* SPDX-License-Identifier: MIT
 *
 * The chunks, parameters and causes of RFC 9260 as small structs: parsing fills one from a view that the cursor gave and borrows
 * the packet; false means that the element is too short for what it must hold. Judging values is the core's business.
 */
#ifndef HW_CHUNKS_H
#define HW_CHUNKS_H

#include "base/bytes.h"
#include "wire/packet.h"

/* 3.3.1 */
#define HW_DATA_HEADER 16u
struct hw_data {
    uint32_t tsn, ppid; /* I-DATA that does not begin a message: the FSN, too */
    uint32_t ssn, fsn;  /* I-DATA: the MID in place of the SSN */
    uint16_t stream;
    uint8_t flags;
    struct hawser_span payload; /* may be empty: the core answers that */
};
bool hw_data_parse(struct hw_data *data, const struct hw_tlv *chunk);

/* RFC 8260 2.1 */
#define HW_I_DATA_HEADER 20u
bool hw_i_data_parse(struct hw_data *data, const struct hw_tlv *chunk);

/* 3.3.2, 3.3.3 */
#define HW_INIT_FIXED 20u
struct hw_init {
    uint32_t tag, a_rwnd, tsn;
    uint16_t streams_out, streams_in;
    struct hawser_span params;
};
bool hw_init_parse(struct hw_init *init, const struct hw_tlv *chunk);

/* 3.3.4 */
#define HW_SACK_FIXED 16u
struct hw_sack {
    uint32_t cum_tsn, a_rwnd;
    uint16_t gap_count, dup_count;
    const uint8_t *gaps, *dups;
};
struct hw_gap {
    uint16_t start, end; /* offsets from cum_tsn */
};
bool hw_sack_parse(struct hw_sack *sack, const struct hw_tlv *chunk);
static inline struct hw_gap hw_sack_gap(const struct hw_sack *sack, unsigned index) {
    return (struct hw_gap){hw_get16(sack->gaps + 4 * index), hw_get16(sack->gaps + 4 * index + 2)};
}
static inline uint32_t hw_sack_dup(const struct hw_sack *sack, unsigned index) { return hw_get32(sack->dups + 4 * index); }

/* 3.3.8 */
bool hw_shutdown_parse(uint32_t *cum_tsn, const struct hw_tlv *chunk);

/* FORWARD TSN (RFC 3758 3.2) and I-FORWARD-TSN (RFC 8260 2.3.1) */
struct hw_forward {
    uint32_t cum_tsn;
    unsigned count;
    bool interleaving;
    const uint8_t *skips;
};
struct hw_skip {
    uint32_t ssn;   /* or MID */
    uint16_t stream;
    bool unordered; /* I-FORWARD-TSN: which MIDs are meant */
};
bool hw_forward_parse(struct hw_forward *forward, const struct hw_tlv *chunk);
static inline struct hw_skip hw_forward_skip(const struct hw_forward *forward, unsigned index) {
    const uint8_t *at = forward->skips + (forward->interleaving ? 8 : 4) * (size_t)index;
    if (forward->interleaving)
        return (struct hw_skip){hw_get32(at + 4), hw_get16(at), hw_get16(at + 2) & 1};
    return (struct hw_skip){hw_get16(at + 2), hw_get16(at), false};
}

/* 3.3.2.1.1, 3.3.2.1.2: the address of an address parameter, without UDP port; false: wrong length or not an address. */
bool hw_address_param_parse(struct hawser_address *address, const struct hw_tlv *param);

/* ---- names ---------------------------------------------------------------------------------------------------- */

/* As the RFC spells them ("COOKIE ECHO", "State Cookie", "Stale Cookie"), or NULL. Also those of extensions, for traces. */
const char *hw_chunk_name(uint8_t type);
const char *hw_param_name(uint16_t type);
const char *hw_cause_name(uint16_t code);

/* ---- writing -------------------------------------------------------------------------------------------------- */

/* Bytes go to `at`; when there is no room `full` is set and nothing more is written. */
struct hw_writer {
    uint8_t *start, *at, *end;
    bool full;
    uint8_t padding; /* how many of the last bytes are padding: no part of what ends with them (3.2) */
};

static inline struct hw_writer hw_writer_over(void *buffer, size_t size) {
    uint8_t *end = size ? (uint8_t *)buffer + size : buffer; /* C does not know NULL + 0 */
    return (struct hw_writer){.start = buffer, .at = buffer, .end = end};
}
static inline size_t hw_writer_size(const struct hw_writer *writer) { return (size_t)(writer->at - writer->start); }
static inline size_t hw_writer_room(const struct hw_writer *writer) { return (size_t)(writer->end - writer->at); }

/* Room for `size` bytes, or NULL and `full`. */
uint8_t *hw_write_reserve(struct hw_writer *writer, size_t size);
void hw_write_bytes(struct hw_writer *writer, const void *data, size_t size);
void hw_write8(struct hw_writer *writer, uint8_t value);
void hw_write16(struct hw_writer *writer, uint16_t value);
void hw_write32(struct hw_writer *writer, uint32_t value);
void hw_write64(struct hw_writer *writer, uint64_t value);

/* Common header with a zero checksum. */
void hw_write_header(struct hw_writer *writer, uint16_t source_port, uint16_t destination_port, uint32_t tag);
/* Puts the CRC32c, least significant byte first, into a finished packet. */
void hw_put_checksum(uint8_t *packet, uint32_t crc);

/* Begins a chunk or a parameter/cause and returns where it begins; end fills in the length and pads with zeros. The length counts
 * the padding of parameters inside but the last one's (3.2). */
uint8_t *hw_write_chunk_begin(struct hw_writer *writer, uint8_t type, uint8_t flags);
uint8_t *hw_write_param_begin(struct hw_writer *writer, uint16_t type);
void hw_write_end(struct hw_writer *writer, uint8_t *begin);

/* Whole elements. */
void hw_write_chunk(struct hw_writer *writer, uint8_t type, uint8_t flags, struct hawser_span value);
void hw_write_param(struct hw_writer *writer, uint16_t type, struct hawser_span value);
/* IPv4 or IPv6 address parameter; nothing for other families. */
void hw_write_address(struct hw_writer *writer, const struct hawser_address *address);
/* Bytes that hw_write_address takes. */
size_t hw_address_param_size(const struct hawser_address *address);

#endif
