/* SPDX-License-Identifier: MIT
 *
 * The parameters of a RE-CONFIG chunk (RFC 6525 4): lengths are checked here, nothing else is.
 */
#include "wire/reconfig.h"

static void streams(struct hw_reconfig_param *out, const struct hw_tlv *param, size_t fixed) {
    out->streams = param->whole.data + fixed;
    out->stream_count = (uint32_t)(param->whole.size - fixed) / 2;
}

bool hw_reconfig_parse(struct hw_reconfig_param *out, const struct hw_tlv *param) {
    const uint8_t *at = param->value.data;
    size_t size = param->whole.size;
    *out = (struct hw_reconfig_param){.type = param->type};
    if (size < HW_INCOMING_RESET_SIZE || size % 2)
        return false;
    out->number = hw_get32(at);
    switch (param->type) {
    case HW_PARAM_OUTGOING_RESET:
        if (size < HW_OUTGOING_RESET_SIZE)
            return false;
        out->response_number = hw_get32(at + 4);
        out->last_tsn = hw_get32(at + 8);
        streams(out, param, HW_OUTGOING_RESET_SIZE);
        return true;
    case HW_PARAM_INCOMING_RESET:
        streams(out, param, HW_INCOMING_RESET_SIZE);
        return true;
    case HW_PARAM_ASSOCIATION_RESET:
        return size == HW_ASSOCIATION_RESET_SIZE;
    case HW_PARAM_RECONFIG_RESPONSE:
        out->has_tsns = size == HW_RECONFIG_RESPONSE_TSNS_SIZE;
        if (!out->has_tsns && size != HW_RECONFIG_RESPONSE_SIZE)
            return false;
        out->result = hw_get32(at + 4);
        if (out->has_tsns) {
            out->sender_tsn = hw_get32(at + 8);
            out->receiver_tsn = hw_get32(at + 12);
        }
        return true;
    case HW_PARAM_ADD_OUTGOING:
    case HW_PARAM_ADD_INCOMING:
        if (size != HW_ADD_STREAMS_SIZE)
            return false;
        out->added = hw_get16(at + 4);
        return true;
    default:
        return false;
    }
}

const char *hw_reconfig_result_name(uint32_t result) {
    static const char *const names[] = {"Success - Nothing to do",       "Success - Performed",
                                        "Denied",                        "Error - Wrong SSN",
                                        "Error - Request already in progress", "Error - Bad Sequence Number",
                                        "In progress"};
    return result < sizeof names / sizeof names[0] ? names[result] : NULL;
}

size_t hw_reconfig_size(const struct hw_reconfig_param *param) {
    switch (param->type) {
    case HW_PARAM_OUTGOING_RESET: return hw_pad4(HW_OUTGOING_RESET_SIZE + 2 * (size_t)param->stream_count);
    case HW_PARAM_INCOMING_RESET: return hw_pad4(HW_INCOMING_RESET_SIZE + 2 * (size_t)param->stream_count);
    case HW_PARAM_ASSOCIATION_RESET: return HW_ASSOCIATION_RESET_SIZE;
    case HW_PARAM_RECONFIG_RESPONSE: return param->has_tsns ? HW_RECONFIG_RESPONSE_TSNS_SIZE : HW_RECONFIG_RESPONSE_SIZE;
    default: return HW_ADD_STREAMS_SIZE;
    }
}

void hw_reconfig_write(struct hw_writer *writer, const struct hw_reconfig_param *param, const uint16_t *list) {
    uint8_t *begin = hw_write_param_begin(writer, param->type);
    hw_write32(writer, param->number);
    switch (param->type) {
    case HW_PARAM_OUTGOING_RESET:
        hw_write32(writer, param->response_number);
        hw_write32(writer, param->last_tsn);
        break;
    case HW_PARAM_RECONFIG_RESPONSE:
        hw_write32(writer, param->result);
        if (param->has_tsns) {
            hw_write32(writer, param->sender_tsn);
            hw_write32(writer, param->receiver_tsn);
        }
        break;
    case HW_PARAM_ADD_OUTGOING:
    case HW_PARAM_ADD_INCOMING:
        hw_write16(writer, param->added);
        hw_write16(writer, 0);
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < param->stream_count; i++)
        hw_write16(writer, list[i]);
    hw_write_end(writer, begin);
}
