/* SPDX-License-Identifier: MIT
 *
 * Whose packet is it? Two tables with secret keys: own tag to association, checked against ports and peer address; and ports
 * and peer address to path, for INIT, reflected tags and quotes of our own packets. Also the choice of tags (RFC 9260 5.3.1).
 */
#include "core/assoc.h"

uint64_t hw_peer_key(const hawser *stack, uint16_t local_port, uint16_t peer_port, const struct hawser_address *peer) {
    uint8_t bytes[25] = {(uint8_t)(local_port >> 8), (uint8_t)local_port, (uint8_t)(peer_port >> 8), (uint8_t)peer_port,
                         peer->family};
    memcpy(bytes + 5, &peer->scope, 4);
    memcpy(bytes + 9, peer->ip, 16); /* a route lies in the first eight */
    return hw_siphash(stack->hash_key, bytes, sizeof bytes);
}

enum fit { OTHER, PERHAPS, EXACT };

/* Whether the path's association has this local address. One that never learned its own may have any. */
static enum fit local_fit(const struct hw_path *path, const struct hawser_address *local) {
    const struct hw_assoc *assoc = path->assoc;
    if (local->family == HAWSER_NONE)
        return PERHAPS;
    bool has = hw_address_same(&path->local, local) || hw_local_find(assoc, local);
    return has ? EXACT : assoc->local_count ? OTHER : PERHAPS;
}

struct hw_assoc *hw_find_by_tag(const hawser *stack, const struct hw_packet *packet, uint8_t *path, struct hw_assoc **foreign) {
    const struct hw_header *header = &packet->header;
    struct hw_node *node = hw_table_find(&stack->by_tag, header->tag);
    for (; node; node = hw_table_find_next(node)) {
        struct hw_assoc *assoc = HW_OWNER(node, struct hw_assoc, by_tag);
        if (assoc->port != header->destination_port || assoc->peer_port != header->source_port)
            continue;
        struct hw_path *found = hw_path_by_address(assoc, &packet->remote);
        if (found) {
            *path = found->index;
            return assoc;
        }
        *foreign = assoc;
    }
    return NULL;
}

struct hw_assoc *hw_find_by_peer(const hawser *stack, uint16_t local_port, uint16_t peer_port, const struct hawser_address *peer,
                                 const struct hawser_address *local, uint8_t *path) {
    struct hw_assoc *best = NULL;
    enum fit best_fit = OTHER;
    struct hw_node *node = hw_table_find(&stack->by_peer, hw_peer_key(stack, local_port, peer_port, peer));
    for (; node && best_fit != EXACT; node = hw_table_find_next(node)) {
        struct hw_path *found = HW_OWNER(node, struct hw_path, by_peer);
        struct hw_assoc *assoc = found->assoc;
        if (assoc->port != local_port || assoc->peer_port != peer_port || !hw_address_same(&found->remote, peer))
            continue;
        enum fit fit = local_fit(found, local);
        if (fit > best_fit) {
            best = assoc;
            best_fit = fit;
            *path = found->index;
        }
    }
    return best;
}

struct hw_assoc *hw_find_by_init(const hawser *stack, const struct hw_packet *packet, struct hawser_span params, uint8_t *path) {
    uint16_t port = packet->header.destination_port, peer_port = packet->header.source_port;
    struct hw_assoc *assoc = hw_find_by_peer(stack, port, peer_port, &packet->remote, &packet->local, path);
    struct hw_cursor cursor = hw_cursor_over(params);
    struct hw_tlv param;
    for (unsigned i = 0; !assoc && i < HW_INIT_PARAMS_LOOKUPS_MAX && hw_cursor_param(&cursor, &param) == HW_CURSOR_ITEM;) {
        struct hawser_address address;
        if (!hw_address_param_parse(&address, &param))
            continue;
        i++;
        if (hw_offer_address(&address, &packet->remote))
            assoc = hw_find_by_peer(stack, port, peer_port, &address, &packet->local, path);
    }
    return assoc;
}

/* Cookies of a collision are made for several tags of ours but for one of the peer's: what one of them settled is not to be
 * had again by another that comes late. One that was made afterwards is a beginning of its own, even with the same tag. */
bool hw_tag_spent(const hawser *stack, uint64_t peer, uint32_t tag, uint32_t peer_tag, hawser_time made) {
    for (unsigned i = 0; i < HW_RECENT_TAGS; i++) {
        const struct hw_recent_tag *recent = &stack->recent_tags[i];
        if (recent->tag == tag && (recent->peer == peer || made != HAWSER_NEVER)) /* it may have moved since (RFC 5061) */
            return true;
        if (recent->peer == peer && recent->peer_tag == peer_tag && made < recent->ended)
            return true;
    }
    return false;
}

uint32_t hw_tag_draw(hawser *stack, uint64_t peer) {
    for (;;) {
        uint32_t tag = hw_random32(stack);
        if (stack->shard_bits)
            tag = tag >> stack->shard_bits | (uint32_t)stack->shard << (32 - stack->shard_bits);
        if (tag && !hw_table_find(&stack->by_tag, tag) && !hw_tag_spent(stack, peer, tag, 0, HAWSER_NEVER))
            return tag;
    }
}

void hw_tag_retire(hawser *stack, uint64_t peer, uint32_t tag, uint32_t peer_tag) {
    stack->recent_tags[stack->recent_next] = (struct hw_recent_tag){peer, tag, peer_tag, stack->now};
    stack->recent_next = (stack->recent_next + 1) % HW_RECENT_TAGS;
}
