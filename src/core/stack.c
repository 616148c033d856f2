/* SPDX-License-Identifier: MIT
 *
 * The stack's own life and its four doors: input, output, deadline, and the check of each packet before it finds its association.
 */
#include "core/assoc.h"

#define MEMORY_MAX_STANDARD ((uint64_t)1 << 30)
#define OBJECTS_MAX_STANDARD 1000000u
#define SHARD_BITS_MAX 8u
#define HOST_SIZE_LEAST offsetof(struct hawser_host, hmac) /* before there was AUTH */

static void stack_init(hawser *stack, const struct hawser_options *options, const struct hawser_host *host) {
    memset(stack, 0, sizeof *stack);
    memcpy(&stack->host, host, host->size < sizeof stack->host ? host->size : sizeof stack->host);
    hw_account_init(&stack->account, &stack->host, NULL, options->memory_max ? options->memory_max : MEMORY_MAX_STANDARD);
    stack->faults.host = &stack->host;
    stack->objects_max = options->objects_max ? options->objects_max : OBJECTS_MAX_STANDARD;
    stack->shard_bits = options->shard_bits;
    stack->shard = options->shard;
    stack->crc32c = hw_crc32c_choose(host->cpu);
    host->random(host->user, stack->hash_key, sizeof stack->hash_key);
    hw_table_init(&stack->by_tag, &stack->account, hw_random64(stack));
    hw_table_init(&stack->by_peer, &stack->account, hw_random64(stack));
    hw_table_init(&stack->by_port, &stack->account, hw_random64(stack));
    hw_heap_init(&stack->deadlines, &stack->account);
    hw_list_init(&stack->ready);
    hw_list_init(&stack->output);
    hw_list_init(&stack->endpoints);
    hw_list_init(&stack->assocs);
}

int hawser_new(hawser **stack, const struct hawser_options *given, const struct hawser_host *host) {
    struct hawser_options options = {.size = sizeof options};
    if (given)
        hw_copy(&options, given, given->size < sizeof options ? given->size : sizeof options);
    if (!stack || !host || host->size < HOST_SIZE_LEAST || !host->allocate || !host->release || !host->random ||
        !host->hmac_sha256 || options.shard_bits > SHARD_BITS_MAX || options.shard >> options.shard_bits)
        return HAWSER_ERR_ARGUMENT;
    hawser *fresh = host->allocate(host->user, sizeof *fresh);
    if (!fresh)
        return HAWSER_ERR_NO_MEMORY;
    stack_init(fresh, &options, host);
    fresh->settings = hw_settings_standard(&fresh->account);
    fresh->answers = hw_allocate_zeroed(&fresh->account, sizeof *fresh->answers);
    if (!fresh->settings || !fresh->answers) {
        hawser_free(fresh);
        return HAWSER_ERR_NO_MEMORY;
    }
    *stack = fresh;
    return 0;
}

void hawser_free(hawser *stack) {
    if (!stack)
        return;
    stack->trace = NULL;
    while (!hw_list_empty(&stack->assocs))
        hw_assoc_free(HW_OWNER(stack->assocs.next, struct hw_assoc, link));
    while (!hw_list_empty(&stack->endpoints))
        hw_endpoint_free(stack, HW_OWNER(stack->endpoints.next, struct hw_endpoint, link));
    hw_settings_drop(&stack->account, stack->settings);
    hw_release(&stack->account, stack->answers, sizeof *stack->answers);
    hw_release(&stack->account, stack->slots, stack->slot_count * sizeof *stack->slots);
    hw_table_free(&stack->by_tag);
    hw_table_free(&stack->by_peer);
    hw_table_free(&stack->by_port);
    hw_heap_free(&stack->deadlines);
    struct hawser_host host = stack->host;
    host.release(host.user, stack, sizeof *stack);
}

/* ---- input ----------------------------------------------------------------------------------------------------- */

/* A packet with an INIT: alone in it, and with tag 0 (8.5.1 A). */
static void init_packet(hawser *stack, struct hw_packet *packet, const struct hw_tlv *chunk, const struct hw_cursor *rest) {
    if (chunk->type != HW_INIT || packet->header.tag != 0 || rest->at != rest->end)
        hw_packet_drop(stack, packet, HAWSER_COUNT_Malformed);
    else
        hw_init_received(stack, packet, chunk);
}

/* An association may also be meant by a reflected tag: ABORT and SHUTDOWN COMPLETE with the T bit (8.5.1 B, C). */
static struct hw_assoc *find_reflected(hawser *stack, struct hw_packet *packet, struct hw_cursor cursor) {
    struct hw_tlv chunk;
    while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM) {
        if ((chunk.type != HW_ABORT && chunk.type != HW_SHUTDOWN_COMPLETE) || !(chunk.flags & HW_FLAG_T))
            continue;
        struct hw_assoc *assoc = hw_find_by_peer(stack, packet->header.destination_port, packet->header.source_port,
                                                 &packet->remote, &packet->local, &packet->path);
        return assoc && assoc->peer_tag == packet->header.tag ? assoc : NULL;
    }
    return NULL;
}

/* The packet's tag and ports fit but it came from an address that is not the association's. An INIT ACK may list one that is
 * (5.1.2). */
static bool foreign_init_ack(const struct hw_assoc *assoc, const struct hw_tlv *chunk, struct hw_packet *packet) {
    struct hw_offer offer = {.address_count = 0};
    if (!assoc || assoc->state != HAWSER_COOKIE_WAIT || chunk->type != HW_INIT_ACK || !hw_init_parse(&offer.init, chunk))
        return false;
    hw_offer_read(assoc->stack, &offer, &packet->remote); /* just those that will be believed */
    for (unsigned i = 0; i < offer.address_count; i++) {
        struct hw_path *path = hw_path_by_address(assoc, &offer.addresses[i]);
        if (path) {
            packet->path = path->index;
            return true;
        }
    }
    return false;
}

static bool summed(const hawser *stack, const struct hw_packet *packet) {
    return hw_crc32c_packet(stack->crc32c, packet->whole.data, packet->whole.size) == packet->header.checksum;
}

/* RFC 9653 5.3: a zero is taken for a checksum if we told this peer that it would be (`may`); else the packet needs the true
 * one, which may be zero by chance. */
static bool wrongly_unsummed(hawser *stack, const struct hw_packet *packet, bool may) {
    if (!packet->unsummed || (!may && summed(stack, packet)))
        return false;
    if (may)
        HW_COUNT(stack, ZeroChecksums);
    else
        hw_packet_drop(stack, packet, HAWSER_COUNT_ChecksumErrors);
    return !may;
}

/* RFC 4895 6.3: COOKIE ECHO with nothing but an AUTH before it. */
static void look_behind_auth(struct hw_packet *packet, struct hw_tlv *chunk, struct hw_cursor *rest) {
    struct hw_cursor cursor = *rest;
    struct hw_tlv second;
    if (chunk->type != HW_AUTH || hw_cursor_chunk(&cursor, &second) != HW_CURSOR_ITEM || second.type != HW_COOKIE_ECHO)
        return;
    packet->auth = *chunk;
    *chunk = second;
    *rest = cursor;
}

static void packet_for(hawser *stack, struct hw_packet *packet, struct hw_cursor first, const struct hw_tlv *chunk) {
    struct hw_assoc *foreign = NULL;
    struct hw_assoc *assoc = hw_find_by_tag(stack, packet, &packet->path, &foreign);
    if (!assoc && foreign_init_ack(foreign, chunk, packet))
        assoc = foreign;
    if (!assoc && foreign && hw_asconf_finds(foreign, packet, first))
        assoc = foreign;
    if (!assoc)
        assoc = find_reflected(stack, packet, first);
    /* Out of the blue it may be so, too: it can be the SHUTDOWN ACK of a peer that missed our last word. */
    if (wrongly_unsummed(stack, packet, !assoc || (assoc->extensions & HW_EXT_ZERO_IN)))
        return;
    if (assoc && HW_UNLIKELY(assoc->asconf.left != NULL) && hw_asconf_left(assoc, &packet->local)) {
        /* RFC 5061 5.3: as out of the blue; but an ABORT from an address that the peer still has would end the association. */
        hw_packet_drop(stack, packet, HAWSER_COUNT_OutOfBlues);
        return;
    }
    if (assoc) {
        hw_dispatch(assoc, packet, first);
        return;
    }
    uint8_t path;
    assoc = hw_find_by_peer(stack, packet->header.destination_port, packet->header.source_port, &packet->remote, &packet->local,
                            &path);
    bool forming = assoc && hw_assoc_forming(assoc);
    /* 8.5.1 E: of an association before this one, perhaps behind an ERROR that says why (5.2.4 A). */
    if (!assoc || (forming && hw_packet_has(packet, HW_SHUTDOWN_ACK)))
        hw_ootb(stack, packet);
    else
        hw_packet_drop(stack, packet, HAWSER_COUNT_BadTags); /* 8.5: silently */
}

static void packet_in(hawser *stack, struct hw_packet *packet) {
    HW_COUNT(stack, InSCTPPacks);
    hw_trace_packet(stack, HAWSER_TRACE_PACKET_IN, 0, packet->whole, &packet->remote, &packet->local, 0);
    if (!hw_header_parse(&packet->header, packet->whole) || packet->whole.size < HW_HEADER_SIZE + HW_TLV_SIZE) {
        hw_packet_drop(stack, packet, HAWSER_COUNT_Tiny);
        return;
    }
    packet->unsummed = packet->header.checksum == 0 && (packet->carrier & HAWSER_CARRIER_INTEGRITY); /* judged after look-up */
    if (!packet->unsummed && !summed(stack, packet)) {
        hw_packet_drop(stack, packet, HAWSER_COUNT_ChecksumErrors);
        return;
    }
    struct hw_cursor cursor =
        hw_cursor_over((struct hawser_span){packet->whole.data + HW_HEADER_SIZE, packet->whole.size - HW_HEADER_SIZE});
    struct hw_cursor first = cursor;
    struct hw_tlv chunk;
    bool local_wrong = packet->local.family != HAWSER_NONE && !hw_address_unicast(&packet->local);
    if (!packet->header.source_port || !packet->header.destination_port || !hw_address_unicast(&packet->remote) || local_wrong ||
        hw_cursor_chunk(&cursor, &chunk) != HW_CURSOR_ITEM) {
        hw_packet_drop(stack, packet, HAWSER_COUNT_Malformed);
        return;
    }
    look_behind_auth(packet, &chunk, &cursor);
    if ((packet->header.tag == 0 || chunk.type == HW_INIT || chunk.type == HW_COOKIE_ECHO) &&
             wrongly_unsummed(stack, packet, false))
        return; /* RFC 9653 5.2: these always have one */
    else if (packet->header.tag == 0 || chunk.type == HW_INIT)
        init_packet(stack, packet, &chunk, &cursor);
    else if (chunk.type == HW_COOKIE_ECHO) {
        struct hw_assoc *assoc = hw_cookie_echo_received(stack, packet, &chunk);
        if (assoc)
            hw_dispatch(assoc, packet, cursor);
    } else
        packet_for(stack, packet, first, &chunk);
}

static void timers(hawser *stack) {
    struct hw_heap_node *top;
    while ((top = hw_heap_top(&stack->deadlines)) != NULL && top->key <= stack->now)
        hw_assoc_timers(HW_OWNER(top, struct hw_assoc, deadline));
}

void hawser_input(hawser *stack, hawser_time now, const struct hawser_arrival *arrival) {
    hw_now(stack, now);
    if (!arrival || !arrival->data || !arrival->length) {
        timers(stack);
        return;
    }
    struct hawser_address remote, local = {.family = HAWSER_NONE};
    if (arrival->size < sizeof *arrival || !hw_address_normalise(&remote, &arrival->remote) ||
        (arrival->local.family != HAWSER_NONE && !hw_address_normalise(&local, &arrival->local))) {
        HW_COUNT(stack, Malformed);
        return;
    }
    const uint8_t *at = arrival->data;
    size_t step = arrival->segment_size ? arrival->segment_size : arrival->length;
    for (size_t left = arrival->length; left;) {
        size_t size = left < step ? left : step;
        struct hw_packet packet = {
            .whole = {at, size}, .remote = remote, .local = local, .ecn = arrival->ecn & 3, .carrier = arrival->carrier};
        packet_in(stack, &packet);
        at += size;
        left -= size;
    }
}

/* ---- output ---------------------------------------------------------------------------------------------------- */

static size_t output_answer(hawser *stack, struct hawser_departure *departure) {
    size_t length = hw_answer_next(stack, departure);
    if (length)
        hw_trace_packet(stack, HAWSER_TRACE_PACKET_OUT, 0, (struct hawser_span){departure->buffer, length}, &departure->remote,
                        &departure->local, 0);
    return length;
}

size_t hawser_output(hawser *stack, hawser_time now, struct hawser_departure *departure) {
    hw_now(stack, now);
    timers(stack);
    departure->length = 0;
    if (departure->capacity < HW_MTU_MIN)
        return 0;
    departure->send_at = stack->now;
    departure->ecn = departure->dscp = 0;
    /* Farewells before answers: an ABORT that answers a packet of an association that is over would tell its peer no reason. */
    bool farewell = !hw_list_empty(&stack->output) && hw_assoc_over(HW_OWNER(stack->output.next, struct hw_assoc, output_link));
    size_t length = farewell ? 0 : output_answer(stack, departure);
    if (length)
        return length;
    while (!hw_list_empty(&stack->output)) {
        /* One train a turn; whoever had something goes to the end, whoever had nothing leaves. */
        struct hw_assoc *assoc = HW_OWNER(stack->output.next, struct hw_assoc, output_link);
        hw_list_remove(&assoc->output_link);
        stack->starved = false;
        length = hw_output_assoc(assoc, departure);
        if (length || stack->starved) /* starved: it stays, for a larger buffer */
            return length;
        if (hw_list_empty(&stack->output))
            timers(stack); /* only now their deadlines are told (hw_assoc_touch): some may be due */
    }
    return farewell ? output_answer(stack, departure) : 0; /* it had nothing to say after all */
}

hawser_time hawser_deadline(const hawser *stack) {
    if (!hw_list_empty(&stack->output) || stack->answers->count)
        return 0;
    struct hw_heap_node *top = hw_heap_top(&stack->deadlines);
    return top ? top->key : HAWSER_NEVER;
}

uint64_t hawser_memory(const hawser *stack) { return stack->account.used; }
