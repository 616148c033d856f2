/* SPDX-License-Identifier: MIT
 *
 * Parsing and writing of single elements, and their names. Lengths only; no judgement of values.
 */
#include "wire/chunks.h"

bool hw_data_parse(struct hw_data *data, const struct hw_tlv *chunk) {
    if (chunk->whole.size < HW_DATA_HEADER)
        return false;
    const uint8_t *p = chunk->whole.data;
    data->flags = chunk->flags;
    data->tsn = hw_get32(p + 4);
    data->stream = hw_get16(p + 8);
    data->ssn = hw_get16(p + 10);
    data->ppid = hw_get32(p + 12);
    data->fsn = 0;
    data->payload = (struct hawser_span){p + HW_DATA_HEADER, chunk->whole.size - HW_DATA_HEADER};
    return true;
}

bool hw_i_data_parse(struct hw_data *data, const struct hw_tlv *chunk) {
    if (chunk->whole.size < HW_I_DATA_HEADER)
        return false;
    const uint8_t *p = chunk->whole.data;
    data->flags = chunk->flags;
    data->tsn = hw_get32(p + 4);
    data->stream = hw_get16(p + 8);
    data->ssn = hw_get32(p + 12);
    data->ppid = hw_get32(p + 16);
    data->fsn = chunk->flags & HW_FLAG_BEGIN ? 0 : data->ppid;
    data->payload = (struct hawser_span){p + HW_I_DATA_HEADER, chunk->whole.size - HW_I_DATA_HEADER};
    return true;
}

bool hw_init_parse(struct hw_init *init, const struct hw_tlv *chunk) {
    if (chunk->whole.size < HW_INIT_FIXED)
        return false;
    const uint8_t *p = chunk->whole.data;
    init->tag = hw_get32(p + 4);
    init->a_rwnd = hw_get32(p + 8);
    init->streams_out = hw_get16(p + 12);
    init->streams_in = hw_get16(p + 14);
    init->tsn = hw_get32(p + 16);
    init->params = (struct hawser_span){p + HW_INIT_FIXED, chunk->whole.size - HW_INIT_FIXED};
    return true;
}

bool hw_sack_parse(struct hw_sack *sack, const struct hw_tlv *chunk) {
    if (chunk->whole.size < HW_SACK_FIXED)
        return false;
    const uint8_t *p = chunk->whole.data;
    sack->cum_tsn = hw_get32(p + 4);
    sack->a_rwnd = hw_get32(p + 8);
    sack->gap_count = hw_get16(p + 12);
    sack->dup_count = hw_get16(p + 14);
    if (chunk->whole.size < HW_SACK_FIXED + 4u * ((size_t)sack->gap_count + sack->dup_count))
        return false;
    sack->gaps = p + HW_SACK_FIXED;
    sack->dups = sack->gaps + 4u * sack->gap_count;
    return true;
}

bool hw_shutdown_parse(uint32_t *cum_tsn, const struct hw_tlv *chunk) {
    if (chunk->value.size < 4)
        return false;
    *cum_tsn = hw_get32(chunk->value.data);
    return true;
}

bool hw_forward_parse(struct hw_forward *forward, const struct hw_tlv *chunk) {
    if (chunk->value.size < 4)
        return false;
    forward->cum_tsn = hw_get32(chunk->value.data);
    forward->interleaving = chunk->type == HW_I_FORWARD_TSN;
    forward->skips = chunk->value.data + 4;
    forward->count = (unsigned)((chunk->value.size - 4) / (forward->interleaving ? 8 : 4));
    return true;
}

bool hw_address_param_parse(struct hawser_address *address, const struct hw_tlv *param) {
    memset(address, 0, sizeof *address);
    size_t size = param->type == HW_PARAM_IPV4 ? 4 : param->type == HW_PARAM_IPV6 ? 16 : 0;
    if (size == 0 || param->value.size != size)
        return false;
    address->family = size == 4 ? HAWSER_IPV4 : HAWSER_IPV6;
    memcpy(address->ip, param->value.data, size);
    return true;
}

const char *hw_chunk_name(uint8_t type) {
    switch (type) {
    case HW_DATA: return "DATA";
    case HW_INIT: return "INIT";
    case HW_INIT_ACK: return "INIT ACK";
    case HW_SACK: return "SACK";
    case HW_HEARTBEAT: return "HEARTBEAT";
    case HW_HEARTBEAT_ACK: return "HEARTBEAT ACK";
    case HW_ABORT: return "ABORT";
    case HW_SHUTDOWN: return "SHUTDOWN";
    case HW_SHUTDOWN_ACK: return "SHUTDOWN ACK";
    case HW_ERROR: return "ERROR";
    case HW_COOKIE_ECHO: return "COOKIE ECHO";
    case HW_COOKIE_ACK: return "COOKIE ACK";
    case HW_ECNE: return "ECNE";
    case HW_CWR: return "CWR";
    case HW_SHUTDOWN_COMPLETE: return "SHUTDOWN COMPLETE";
    case HW_AUTH: return "AUTH";
    case 16: return "NR-SACK";        /* draft-tuexen-tsvwg-sctp-multipath */
    case HW_I_DATA: return "I-DATA";
    case HW_ASCONF_ACK: return "ASCONF-ACK";
    case 129: return "PKTDROP";       /* draft-stewart-tsvwg-sctp-pktdrprep */
    case HW_RE_CONFIG: return "RE-CONFIG";
    case HW_PAD: return "PAD";
    case HW_FORWARD_TSN: return "FORWARD-TSN";
    case HW_ASCONF: return "ASCONF";
    case HW_I_FORWARD_TSN: return "I-FORWARD-TSN";
    default: return NULL;
    }
}

const char *hw_param_name(uint16_t type) {
    switch (type) {
    case HW_PARAM_HEARTBEAT_INFO: return "Heartbeat Info";
    case HW_PARAM_IPV4: return "IPv4 Address";
    case HW_PARAM_IPV6: return "IPv6 Address";
    case HW_PARAM_COOKIE: return "State Cookie";
    case HW_PARAM_UNRECOGNIZED: return "Unrecognized Parameter";
    case HW_PARAM_COOKIE_PRESERVATIVE: return "Cookie Preservative";
    case HW_PARAM_HOST_NAME: return "Host Name Address";
    case HW_PARAM_ADDRESS_TYPES: return "Supported Address Types";
    case HW_PARAM_ECN: return "ECN Capable";
    case HW_PARAM_ZERO_CHECKSUM: return "Zero Checksum Acceptable";
    case HW_PARAM_RANDOM: return "Random";
    case HW_PARAM_CHUNKS: return "Chunk List";
    case HW_PARAM_HMACS: return "Requested HMAC Algorithm";
    case 0x8005: return "Padding";                  /* RFC 4820 */
    case HW_PARAM_EXTENSIONS: return "Supported Extensions";
    case HW_PARAM_FORWARD_TSN: return "Forward TSN Supported";
    case HW_PARAM_ADD_ADDRESS: return "Add IP Address";
    case HW_PARAM_DELETE_ADDRESS: return "Delete IP Address";
    case HW_PARAM_ERROR_INDICATION: return "Error Cause Indication";
    case HW_PARAM_SET_PRIMARY: return "Set Primary Address";
    case HW_PARAM_SUCCESS_INDICATION: return "Success Indication";
    case HW_PARAM_ADAPTATION: return "Adaptation Layer Indication";
    case HW_PARAM_OUTGOING_RESET: return "Outgoing SSN Reset Request";
    case HW_PARAM_INCOMING_RESET: return "Incoming SSN Reset Request";
    case HW_PARAM_ASSOCIATION_RESET: return "SSN/TSN Reset Request";
    case HW_PARAM_RECONFIG_RESPONSE: return "Re-configuration Response";
    case HW_PARAM_ADD_OUTGOING: return "Add Outgoing Streams Request";
    case HW_PARAM_ADD_INCOMING: return "Add Incoming Streams Request";
    default: return NULL;
    }
}

const char *hw_cause_name(uint16_t code) {
    switch (code) {
    case HW_CAUSE_INVALID_STREAM: return "Invalid Stream Identifier";
    case HW_CAUSE_MISSING_PARAMETER: return "Missing Mandatory Parameter";
    case HW_CAUSE_STALE_COOKIE: return "Stale Cookie";
    case HW_CAUSE_OUT_OF_RESOURCE: return "Out of Resource";
    case HW_CAUSE_UNRESOLVABLE_ADDRESS: return "Unresolvable Address";
    case HW_CAUSE_UNRECOGNIZED_CHUNK: return "Unrecognized Chunk Type";
    case HW_CAUSE_INVALID_PARAMETER: return "Invalid Mandatory Parameter";
    case HW_CAUSE_UNRECOGNIZED_PARAMETERS: return "Unrecognized Parameters";
    case HW_CAUSE_NO_USER_DATA: return "No User Data";
    case HW_CAUSE_COOKIE_WHILE_SHUTTING_DOWN: return "Cookie Received While Shutting Down";
    case HW_CAUSE_NEW_ADDRESSES: return "Restart of an Association with New Addresses";
    case HW_CAUSE_USER_ABORT: return "User-Initiated Abort";
    case HW_CAUSE_PROTOCOL_VIOLATION: return "Protocol Violation";
    case HW_CAUSE_DELETE_LAST_ADDRESS: return "Request to Delete Last Remaining IP Address";
    case HW_CAUSE_NO_RESOURCES: return "Operation Refused Due to Resource Shortage";
    case HW_CAUSE_DELETE_SOURCE_ADDRESS: return "Request to Delete Source IP Address";
    case HW_CAUSE_ILLEGAL_ASCONF_ACK: return "Association Aborted Due to Illegal ASCONF-ACK";
    case HW_CAUSE_NO_AUTHORIZATION: return "Request Refused - No Authorization";
    case HW_CAUSE_UNSUPPORTED_HMAC: return "Unsupported HMAC Identifier";
    default: return NULL;
    }
}

uint8_t *hw_write_reserve(struct hw_writer *writer, size_t size) {
    if (writer->full || size > hw_writer_room(writer)) {
        writer->full = true;
        return NULL;
    }
    uint8_t *at = writer->at;
    writer->at += size;
    writer->padding = 0;
    return at;
}

void hw_write_bytes(struct hw_writer *writer, const void *data, size_t size) {
    uint8_t *at = hw_write_reserve(writer, size);
    if (at && data && size) /* gcc 12 sees a copy from NULL otherwise, and warns */
        memcpy(at, data, size);
}

void hw_write8(struct hw_writer *writer, uint8_t value) { hw_write_bytes(writer, &value, 1); }

void hw_write16(struct hw_writer *writer, uint16_t value) {
    uint8_t *at = hw_write_reserve(writer, 2);
    if (at)
        hw_put16(at, value);
}

void hw_write32(struct hw_writer *writer, uint32_t value) {
    uint8_t *at = hw_write_reserve(writer, 4);
    if (at)
        hw_put32(at, value);
}

void hw_write64(struct hw_writer *writer, uint64_t value) {
    uint8_t *at = hw_write_reserve(writer, 8);
    if (at)
        hw_put64(at, value);
}

void hw_write_header(struct hw_writer *writer, uint16_t source_port, uint16_t destination_port, uint32_t tag) {
    uint8_t *at = hw_write_reserve(writer, HW_HEADER_SIZE);
    if (!at)
        return;
    hw_put16(at, source_port);
    hw_put16(at + 2, destination_port);
    hw_put32(at + 4, tag);
    hw_put32(at + 8, 0);
}

void hw_put_checksum(uint8_t *packet, uint32_t crc) {
    packet[8] = (uint8_t)crc;
    packet[9] = (uint8_t)(crc >> 8);
    packet[10] = (uint8_t)(crc >> 16);
    packet[11] = (uint8_t)(crc >> 24);
}

uint8_t *hw_write_chunk_begin(struct hw_writer *writer, uint8_t type, uint8_t flags) {
    uint8_t *at = hw_write_reserve(writer, HW_TLV_SIZE);
    if (at) {
        at[0] = type;
        at[1] = flags;
        hw_put16(at + 2, 0);
    }
    return at;
}

uint8_t *hw_write_param_begin(struct hw_writer *writer, uint16_t type) {
    uint8_t *at = hw_write_reserve(writer, HW_TLV_SIZE);
    if (at) {
        hw_put16(at, type);
        hw_put16(at + 2, 0);
    }
    return at;
}

void hw_write_end(struct hw_writer *writer, uint8_t *begin) {
    if (!begin || writer->full)
        return;
    size_t written = (size_t)(writer->at - begin), length = written - writer->padding;
    if (length > UINT16_MAX) {
        writer->full = true;
        return;
    }
    hw_put16(begin + 2, (uint16_t)length);
    size_t missing = hw_pad4(length) - written;
    uint8_t *at = hw_write_reserve(writer, missing);
    if (at && missing)
        memset(at, 0, missing);
    writer->padding = (uint8_t)(hw_pad4(length) - length);
}

void hw_write_chunk(struct hw_writer *writer, uint8_t type, uint8_t flags, struct hawser_span value) {
    uint8_t *begin = hw_write_chunk_begin(writer, type, flags);
    hw_write_bytes(writer, value.data, value.size);
    hw_write_end(writer, begin);
}

void hw_write_param(struct hw_writer *writer, uint16_t type, struct hawser_span value) {
    uint8_t *begin = hw_write_param_begin(writer, type);
    hw_write_bytes(writer, value.data, value.size);
    hw_write_end(writer, begin);
}

void hw_write_address(struct hw_writer *writer, const struct hawser_address *address) {
    if (address->family == HAWSER_IPV4)
        hw_write_param(writer, HW_PARAM_IPV4, (struct hawser_span){address->ip, 4});
    else if (address->family == HAWSER_IPV6)
        hw_write_param(writer, HW_PARAM_IPV6, (struct hawser_span){address->ip, 16});
}

size_t hw_address_param_size(const struct hawser_address *address) {
    return address->family == HAWSER_IPV4 ? 8 : address->family == HAWSER_IPV6 ? 20 : 0;
}
