/* SPDX-License-Identifier: MIT
 *
 * The peer's side of dynamic addresses (RFC 5061 5.2, 5.3): its ASCONF chunks are carried out in the order of their serial
 * numbers, and answered; an answer is kept, to be given again. Which addresses there may be is judged as for an INIT.
 *
 * After the first request that is refused every one is answered, so that what is not answered counts as refused (5.1 A7): when
 * there is no more room for answers, nothing more is done.
 */
#include "core/assoc.h"

/* ---- whose packet (5.2 D2) ------------------------------------------------------------------------------------- */

static bool unspecified_address(const struct hawser_address *address) {
    static const uint8_t zeros[16];
    return memcmp(address->ip, zeros, sizeof zeros) == 0;
}

/* The path to the address of an Address Parameter; the wildcard stands for any, for the tag has said enough (4.1.1). */
static const struct hw_path *path_of_lookup(const struct hw_assoc *assoc, const struct hw_tlv *chunk,
                                            const struct hw_packet *packet) {
    struct hw_tlv param;
    struct hawser_address address;
    if (chunk->value.size < 4)
        return NULL;
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){chunk->value.data + 4, chunk->value.size - 4});
    if (hw_cursor_param(&cursor, &param) != HW_CURSOR_ITEM || !hw_address_param_parse(&address, &param))
        return NULL;
    if (unspecified_address(&address))
        return assoc->paths[assoc->primary];
    return hw_offer_address(&address, &packet->remote) ? hw_path_by_address(assoc, &address) : NULL;
}

bool hw_asconf_finds(const struct hw_assoc *assoc, struct hw_packet *packet, struct hw_cursor cursor) {
    struct hw_tlv chunk;
    uint8_t index;
    if (!(assoc->extensions & HW_EXT_ASCONF) || hw_assoc_forming(assoc) || packet->remote.family == HAWSER_ROUTE ||
        hw_find_by_peer(assoc->stack, assoc->port, assoc->peer_port, &packet->remote, &packet->local, &index))
        return false; /* D1: another association's by its source */
    while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM && (chunk.type == HW_AUTH || chunk.type == HW_ASCONF)) {
        const struct hw_path *path = chunk.type == HW_ASCONF ? path_of_lookup(assoc, &chunk, packet) : NULL;
        if (!path)
            continue; /* D2-ext: the next may name one */
        packet->path = path->index;
        packet->foreign = true;
        return true;
    }
    return false;
}

/* ---- answers --------------------------------------------------------------------------------------------------- */

void hw_asconf_acks_free(struct hw_assoc *assoc) {
    struct hw_asconf *asconf = &assoc->asconf;
    while (asconf->acks) {
        struct hw_asconf_ack *ack = asconf->acks;
        asconf->acks = ack->next;
        hw_release(&assoc->account, ack, sizeof *ack + ack->room);
    }
    asconf->ack_count = 0;
    asconf->replies_owed = false;
}

size_t hw_asconf_answer_size(const struct hw_assoc *assoc) {
    const struct hw_asconf_ack *ack = assoc->asconf.acks;
    while (ack && !ack->owed)
        ack = ack->next;
    return ack ? ack->size : 0;
}

void hw_asconf_acks_write(struct hw_assoc *assoc, struct hw_writer *writer) {
    for (struct hw_asconf_ack *ack = assoc->asconf.acks; ack; ack = ack->next) {
        if (ack->owed && ack->size <= hw_writer_room(writer)) { /* E7: what does not fit will be asked for again */
            hw_write_bytes(writer, ack + 1, ack->size);
            HW_COUNT_OF(assoc, OutCtrlChunks);
        }
        ack->owed = false;
    }
    assoc->asconf.replies_owed = false;
}

/* E6: to the source of the packet, be it the association's or not. */
static void reply(struct hw_assoc *assoc, const struct hw_packet *packet, struct hw_asconf_ack *ack) {
    ack->owed = assoc->asconf.replies_owed = true;
    assoc->asconf.reply_to = packet->remote;
    assoc->asconf.reply_from = packet->local;
}

/* ---- carrying out ------------------------------------------------------------------------------------------------ */

struct work {
    struct hw_assoc *assoc;
    struct hw_packet *packet;
    struct hw_writer answer;
    bool failed;           /* a request was refused: all that follow are answered */
    bool addresses_failed; /* F11: no more additions and removals */
    bool stop;
};

static bool has_family(const struct hw_assoc *assoc, uint8_t family) {
    for (unsigned i = 0; i < assoc->path_count; i++)
        if (assoc->paths[i]->remote.family == family)
            return true;
    return false;
}

static uint16_t do_add(struct work *work, struct hawser_address *address) {
    struct hw_assoc *assoc = work->assoc;
    const struct hw_packet *packet = work->packet;
    bool on = assoc->settings->value[address->family == HAWSER_IPV4 ? HAWSER_SET_IPV4 : HAWSER_SET_IPV6] != 0;
    uint8_t index;
    if (!on || !hw_offer_address(address, &packet->remote) || !hw_offer_in_scope(assoc->stack, address, &packet->remote))
        return HW_CAUSE_UNRESOLVABLE_ADDRESS; /* of a family that we have none of it may be: we may have one later */
    if (hw_path_by_address(assoc, address))
        return 0;
    /* Whoever has this address has an association of its own with us: it is not for this peer to take. */
    if (hw_find_by_peer(assoc->stack, assoc->port, assoc->peer_port, address, &packet->local, &index))
        return HW_CAUSE_NO_AUTHORIZATION;
    bool family = has_family(assoc, address->family);
    address->udp_port = packet->remote.udp_port;
    struct hw_path *path = hw_path_add(assoc, address, NULL, false); /* F14 */
    if (!path)
        return HW_CAUSE_NO_RESOURCES; /* F9 */
    path->known = false;
    if (!hw_paths_list(assoc)) {
        hw_path_remove(path);
        return HW_CAUSE_NO_RESOURCES;
    }
    hw_heartbeat_schedule(path);
    hw_change_raise(assoc, &path->changes[HW_CHANGE_ADDED], HW_CHANGE_ADDED);
    HW_COUNT_OF(assoc, AddressesAdded);
    if (!family)
        hw_asconf_ask_again(assoc, address->family);
    return 0;
}

static void remove_path(struct hw_assoc *assoc, struct hw_path *path) {
    hw_path_remove(path);
    HW_COUNT_OF(assoc, AddressesRemoved);
}

/* All but the source of the packet (4.2.2). */
static uint16_t do_delete_others(struct work *work) {
    struct hw_assoc *assoc = work->assoc;
    if (!hw_path_by_address(assoc, &work->packet->remote))
        return HW_CAUSE_DELETE_LAST_ADDRESS; /* none would be left */
    for (unsigned i = assoc->path_count; i-- > 0;)
        if (!hw_address_same(&assoc->paths[i]->remote, &work->packet->remote))
            remove_path(assoc, assoc->paths[i]);
    return 0;
}

static uint16_t do_delete(struct work *work, struct hawser_address *address) {
    struct hw_assoc *assoc = work->assoc;
    if (unspecified_address(address))
        return do_delete_others(work);
    if (!hw_offer_address(address, &work->packet->remote))
        return HW_CAUSE_UNRESOLVABLE_ADDRESS;
    struct hw_path *path = hw_path_by_address(assoc, address);
    if (!path)
        return 0; /* it is as the peer wants it */
    if (assoc->path_count == 1)
        return HW_CAUSE_DELETE_LAST_ADDRESS; /* F7 */
    if (hw_address_same(address, &work->packet->remote))
        return HW_CAUSE_DELETE_SOURCE_ADDRESS; /* F8 */
    remove_path(assoc, path);
    return 0;
}

static uint16_t do_prefer(struct work *work, struct hawser_address *address) {
    struct hw_assoc *assoc = work->assoc;
    if (!hw_offer_address(address, &work->packet->remote))
        return HW_CAUSE_UNRESOLVABLE_ADDRESS;
    struct hw_path *path = hw_path_by_address(assoc, address);
    if (!path)
        return HW_CAUSE_UNRESOLVABLE_ADDRESS; /* 5.4 */
    assoc->primary = path->index;
    (void)hw_path_for_data(assoc);
    hw_change_raise(assoc, &path->changes[HW_CHANGE_PRIMARY], HW_CHANGE_PRIMARY);
    return 0;
}

/* Returns 0, or the cause for which it is refused. */
static uint16_t carry_out(struct work *work, const struct hw_tlv *request) {
    struct hawser_address address;
    struct hw_tlv param;
    bool addresses = request->type != HW_PARAM_SET_PRIMARY;
    if (addresses && work->addresses_failed)
        return HW_CAUSE_NO_RESOURCES; /* F11 */
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){request->value.data + 4, request->value.size - 4});
    if (hw_cursor_param(&cursor, &param) != HW_CURSOR_ITEM || !hw_address_param_parse(&address, &param))
        return HW_CAUSE_UNRESOLVABLE_ADDRESS;
    if (request->type == HW_PARAM_DELETE_ADDRESS)
        return do_delete(work, &address);
    if (unspecified_address(&address))
        address = work->packet->remote;
    return addresses ? do_add(work, &address) : do_prefer(work, &address);
}

/* ---- one request and its answer -------------------------------------------------------------------------------- */

#define ERROR_ANSWER(request) (2 * HW_TLV_SIZE + 4 + hw_pad4((request)->whole.size))
#define SUCCESS_ANSWER (HW_TLV_SIZE + 4u)

static void answer_error(struct work *work, const struct hw_tlv *request, uint16_t cause) {
    uint8_t *param = hw_write_param_begin(&work->answer, HW_PARAM_ERROR_INDICATION);
    hw_write32(&work->answer, request->value.size >= 4 ? hw_get32(request->value.data) : 0); /* V3 */
    hw_write_param(&work->answer, cause, request->whole);
    hw_write_end(&work->answer, param);
    work->failed = true;
    HW_COUNT_OF(work->assoc, AsconfRefusals);
}

static void answer_success(struct work *work, const struct hw_tlv *request) {
    uint8_t *param = hw_write_param_begin(&work->answer, HW_PARAM_SUCCESS_INDICATION);
    hw_write32(&work->answer, hw_get32(request->value.data));
    hw_write_end(&work->answer, param);
}

static bool known_request(uint16_t type) {
    return type == HW_PARAM_ADD_ADDRESS || type == HW_PARAM_DELETE_ADDRESS || type == HW_PARAM_SET_PRIMARY;
}

static void one(struct work *work, const struct hw_tlv *request) {
    size_t room = hw_writer_room(&work->answer);
    if (room < ERROR_ANSWER(request)) {
        struct hw_tlv bare = *request; /* one answer stands for it and all behind it; the first has always room */
        bare.whole.size = 0;
        if (!work->failed)
            answer_error(work, &bare, HW_CAUSE_NO_RESOURCES);
        work->stop = true;
        return;
    }
    if (!known_request(request->type)) { /* V2 */
        unsigned action = hw_param_unknown_action(request->type);
        HW_COUNT_OF(work->assoc, UnknownParameters);
        if (action & HW_UNKNOWN_REPORT)
            answer_error(work, request, HW_CAUSE_UNRECOGNIZED_PARAMETERS);
        work->stop = !(action & HW_UNKNOWN_SKIP);
        return;
    }
    uint16_t cause = carry_out(work, request);
    if (cause == 0) {
        if (work->failed) /* A7 */
            answer_success(work, request);
        return;
    }
    work->addresses_failed |= request->type != HW_PARAM_SET_PRIMARY;
    answer_error(work, request, cause);
}

/* ---- the chunk --------------------------------------------------------------------------------------------------- */

/* The requests of a chunk; false: it is not of the form that it must have. `room`: what the answers may take at most. */
static bool requests_of(const struct hw_tlv *chunk, struct hw_cursor *requests, size_t *room) {
    struct hw_tlv param;
    enum hw_cursor_result result;
    if (chunk->value.size < 4)
        return false;
    *requests = hw_cursor_over((struct hawser_span){chunk->value.data + 4, chunk->value.size - 4});
    if (hw_cursor_param(requests, &param) != HW_CURSOR_ITEM ||
        (param.type != HW_PARAM_IPV4 && param.type != HW_PARAM_IPV6 && param.type != HW_PARAM_HOST_NAME))
        return false; /* 4.1.1: the Address Parameter; a Host Name says nothing but is no reason to refuse */
    struct hw_cursor cursor = *requests;
    *room = HW_TLV_SIZE + 4;
    while ((result = hw_cursor_param(&cursor, &param)) == HW_CURSOR_ITEM) {
        if (known_request(param.type) && param.value.size < 4)
            return false; /* no correlation id */
        *room += ERROR_ANSWER(&param);
    }
    return result == HW_CURSOR_END;
}

/* Room for an answer behind the others; NULL: no memory, or too many in one packet. */
static struct hw_asconf_ack *ack_make(struct hw_assoc *assoc, uint32_t serial, size_t room) {
    struct hw_asconf *asconf = &assoc->asconf;
    struct hw_asconf_ack **end = &asconf->acks;
    while (*end)
        end = &(*end)->next;
    struct hw_asconf_ack *ack =
        asconf->ack_count < HW_ASCONF_ACKS_MAX ? hw_allocate(&assoc->account, sizeof *ack + room) : NULL;
    if (!ack)
        return NULL;
    *ack = (struct hw_asconf_ack){.serial = serial, .room = (uint16_t)room};
    *end = ack;
    asconf->ack_count++;
    return ack;
}

static void process(struct hw_assoc *assoc, struct hw_packet *packet, uint32_t serial, struct hw_cursor requests, size_t room) {
    struct hw_asconf_ack *ack = ack_make(assoc, serial, room < HW_ASCONF_ACK_SIZE_MAX ? room : HW_ASCONF_ACK_SIZE_MAX);
    if (!ack) {
        HW_COUNT_OF(assoc, MemoryDrops);
        return; /* it will come again */
    }
    struct work work = {.assoc = assoc, .packet = packet, .answer = hw_writer_over(ack + 1, ack->room)};
    uint8_t *chunk = hw_write_chunk_begin(&work.answer, HW_ASCONF_ACK, 0);
    hw_write32(&work.answer, serial);
    struct hw_tlv request;
    while (!work.stop && hw_cursor_param(&requests, &request) == HW_CURSOR_ITEM) /* V1: in order */
        one(&work, &request);
    hw_write_end(&work.answer, chunk);
    ack->size = (uint16_t)hw_writer_size(&work.answer);
    assoc->asconf.peer_serial = serial; /* V5 */
    HW_COUNT_OF(assoc, InAsconfs);
    /* Indices of paths have changed; the source may have become one. */
    const struct hw_path *path = hw_path_by_address(assoc, &packet->remote);
    packet->foreign = !path;
    packet->path = path ? path->index : assoc->primary;
    reply(assoc, packet, ack);
}

void hw_asconf_received(struct hw_assoc *assoc, struct hw_packet *packet, const struct hw_tlv *chunk) {
    struct hw_asconf *asconf = &assoc->asconf;
    struct hw_cursor requests;
    size_t room;
    if (!requests_of(chunk, &requests, &room)) {
        if (packet->foreign)
            HW_COUNT_OF(assoc, Unexpected);
        else
            hw_assoc_abort(assoc, HAWSER_END_VIOLATION, HW_CAUSE_PROTOCOL_VIOLATION, hw_nothing);
        return;
    }
    uint32_t serial = hw_get32(chunk->value.data);
    bool first = !packet->asconf;
    packet->asconf = true;
    if (serial == asconf->peer_serial + 1) {
        if (first)
            hw_asconf_acks_free(assoc); /* E1 */
        process(assoc, packet, serial, requests, room);
        return;
    }
    HW_COUNT_OF(assoc, Unexpected);
    if (!hw_tsn_at_most(serial, asconf->peer_serial))
        return; /* E5 */
    for (struct hw_asconf_ack *ack = asconf->acks; ack; ack = ack->next)
        if (ack->serial == serial)
            reply(assoc, packet, ack); /* E2 */
}
