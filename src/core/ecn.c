/* SPDX-License-Identifier: MIT
 *
 * Explicit congestion notification as it is deployed (RFC 4960 appendix A, RFC 3168): a packet that came marked CE is told of by
 * ECNE with each SACK until CWR says that the sender has heard; the sender reduces its window at most once for a window of data.
 * Which packets may be marked is output's to say.
 */
#include "core/assoc.h"

void hw_ecn_marked(struct hw_assoc *assoc, struct hw_packet *packet) {
    struct hw_ecn *ecn = &assoc->ecn;
    HW_COUNT_OF(assoc, CongestionSeen);
    if (!(assoc->extensions & HW_EXT_ECN))
        return; /* who did not agree to it should not have been marked */
    if (!ecn->echoing)
        packet->urgent = true; /* the sooner the sender hears of it, the shorter the queue */
    ecn->echoing = true;
    ecn->echo_tsn = packet->lowest_tsn;
}

/* The path that a TSN was sent to; where new data goes if it is acknowledged already, for the ECNE travels before its SACK. */
static struct hw_path *path_of_tsn(struct hw_assoc *assoc, uint32_t tsn) {
    const struct hw_send *send = &assoc->send;
    if (hw_tsn_at_most(tsn, send->cum_tsn))
        return hw_path_for_data(assoc);
    return assoc->paths[hw_flight_at(send, tsn - send->cum_tsn - 1)->path];
}

/* Of a window that has been reduced for a mark or a loss already. */
static bool reduced(const struct hw_path *path, uint32_t tsn) {
    return hw_ecn_covers(path, tsn) || path->single || (path->recovery && hw_tsn_at_most(tsn, path->recovery_tsn));
}

/* RFC 3168 6.1.2: as for a loss, once a window. */
static void reduce(struct hw_assoc *assoc, uint32_t tsn) {
    struct hw_path *path = path_of_tsn(assoc, tsn);
    if (reduced(path, tsn))
        return;
    path->congestion->lost(path);
    path->ecn_reduced = true;
    path->ecn_tsn = assoc->send.next_tsn - 1;
    HW_COUNT_OF(assoc, EcnReductions);
    hw_path_trace(path);
}

/* Usrsctp's ECNE counts packets behind the TSN. */
static bool read_tsn(const struct hw_tlv *chunk, uint32_t *tsn) {
    if (chunk->value.size < 4)
        return false;
    *tsn = hw_get32(chunk->value.data);
    return true;
}

void hw_ecne_received(struct hw_assoc *assoc, const struct hw_tlv *chunk) {
    uint32_t tsn;
    if (!read_tsn(chunk, &tsn) || !hw_tsn_before(tsn, assoc->send.next_tsn)) {
        HW_COUNT_OF(assoc, Unexpected);
        return;
    }
    /* One that was heard of is told again because its CWR was lost: it is answered, and reduces nothing. */
    struct hw_ecn *ecn = &assoc->ecn;
    bool newer = !ecn->cwr_known || hw_tsn_before(ecn->cwr_tsn, tsn) || hw_tsn_before(assoc->send.cum_tsn, tsn);
    if (newer) {
        reduce(assoc, tsn);
        ecn->cwr_tsn = tsn;
        ecn->cwr_known = true;
    }
    ecn->cwr_owed = true;
}

void hw_cwr_received(struct hw_assoc *assoc, const struct hw_tlv *chunk) {
    uint32_t tsn;
    if (read_tsn(chunk, &tsn) && assoc->ecn.echoing && hw_tsn_at_most(assoc->ecn.echo_tsn, tsn))
        assoc->ecn.echoing = false;
}

static void write_tsn(struct hw_assoc *assoc, struct hw_writer *writer, uint8_t type, uint32_t tsn) {
    uint8_t value[4];
    hw_put32(value, tsn);
    hw_write_chunk(writer, type, 0, (struct hawser_span){value, sizeof value});
    HW_COUNT_OF(assoc, OutCtrlChunks);
}

void hw_ecne_write(struct hw_assoc *assoc, struct hw_writer *writer) {
    if (assoc->ecn.echoing && hw_writer_room(writer) >= HW_ECN_CHUNK_SIZE)
        write_tsn(assoc, writer, HW_ECNE, assoc->ecn.echo_tsn);
}

void hw_cwr_write(struct hw_assoc *assoc, struct hw_writer *writer) {
    if (!assoc->ecn.cwr_owed || hw_writer_room(writer) < HW_ECN_CHUNK_SIZE)
        return;
    write_tsn(assoc, writer, HW_CWR, assoc->ecn.cwr_tsn);
    assoc->ecn.cwr_owed = false;
}
