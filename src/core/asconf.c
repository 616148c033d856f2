/* SPDX-License-Identifier: MIT
 *
 * Our side of dynamic addresses (RFC 5061 5.1, 5.3): requests to add, remove or prefer local addresses wait in a queue; one
 * ASCONF chunk at a time carries as many as fit, and T-4 repeats it until its ASCONF-ACK comes. asconf_peer.c is the other side.
 *
 * An address is removed only while another one is usable, so a removal may wait for an addition that was asked for after it.
 */
#include "core/assoc.h"

#define REQUEST_SIZE(address) (HW_TLV_SIZE + 4u + (uint32_t)hw_address_param_size(address))

/* ---- requests -------------------------------------------------------------------------------------------------- */

static struct hw_asconf_request *request_of(struct hw_link *link) { return HW_OWNER(link, struct hw_asconf_request, link); }

#define EACH_REQUEST(assoc, link)                                                                                                \
    for (struct hw_link *link = (assoc)->asconf.requests.next, *after_##link = link->next; link != &(assoc)->asconf.requests;   \
         link = after_##link, after_##link = link->next)

void hw_asconf_request_free(struct hw_assoc *assoc, struct hw_asconf_request *request) {
    assoc->asconf.request_count--;
    hw_release(&assoc->account, request, sizeof *request);
}

/* A request that is still queued for this address, or NULL. */
static struct hw_asconf_request *waiting_for(struct hw_assoc *assoc, const struct hawser_address *address, uint8_t operation) {
    EACH_REQUEST(assoc, link) {
        struct hw_asconf_request *request = request_of(link);
        if (!request->correlation && request->operation == operation && hw_address_same(&request->address, address))
            return request;
    }
    return NULL;
}

/* Whether the peer is to be asked, or was and has not answered yet. */
static bool asked_for(struct hw_assoc *assoc, const struct hawser_address *address, uint8_t operation) {
    EACH_REQUEST(assoc, link) {
        const struct hw_asconf_request *request = request_of(link);
        if (request->operation == operation && hw_address_same(&request->address, address))
            return true;
    }
    return false;
}

static struct hw_left *left_find(const struct hw_asconf *asconf, const struct hawser_address *address) {
    for (unsigned i = 0; asconf->left && address->family != HAWSER_NONE && i < HW_LEFT_MAX; i++)
        if (hw_address_same(&asconf->left[i].address, address))
            return &asconf->left[i];
    return NULL;
}

/* The peer has agreed that it goes. It may be held for two RTO at most (5.3). */
static void local_leaves(struct hw_assoc *assoc, const struct hawser_address *given) {
    struct hw_asconf *asconf = &assoc->asconf;
    struct hawser_address address = *given; /* may lie in what is removed */
    hawser_time rto = assoc->paths[0]->rto;
    for (unsigned i = 1; i < assoc->path_count; i++)
        rto = assoc->paths[i]->rto < rto ? assoc->paths[i]->rto : rto;
    hw_local_remove(assoc, &address);
    if (!asconf->left)
        asconf->left = hw_allocate_zeroed(&assoc->account, HW_LEFT_MAX * sizeof *asconf->left);
    if (!asconf->left)
        return; /* it stays ours for what comes */
    struct hw_left *left = left_find(asconf, &address);
    if (!left) {
        left = &asconf->left[asconf->left_next];
        asconf->left_next = (uint8_t)((asconf->left_next + 1) % HW_LEFT_MAX);
    }
    *left = (struct hw_left){address, assoc->stack->now + 2 * rto};
}

bool hw_asconf_left(const struct hw_assoc *assoc, const struct hawser_address *address) {
    const struct hw_left *left = left_find(&assoc->asconf, address);
    return left && left->until <= assoc->stack->now && !hw_local_find(assoc, address);
}

bool hw_asconf_removes(struct hw_assoc *assoc, const struct hawser_address *address) {
    const struct hw_local *local = hw_local_find(assoc, address);
    if (!local && left_find(&assoc->asconf, address))
        return true;
    if (local && local->state == HW_LOCAL_DELETING)
        return true;
    /* Or it left, and comes back before the peer has said that it is gone. */
    return local && local->state == HW_LOCAL_ADDING && asked_for(assoc, address, HAWSER_ADDRESS_REMOVE);
}

static void request_drop(struct hw_assoc *assoc, struct hw_asconf_request *request) {
    hw_list_remove(&request->link);
    hw_asconf_request_free(assoc, request);
}

static int request_queue(struct hw_assoc *assoc, uint8_t operation, const struct hawser_address *address, bool automatic) {
    if (assoc->asconf.request_count == HW_REQUESTS_MAX)
        return HAWSER_ERR_LIMIT;
    struct hw_asconf_request *fresh = hw_allocate_zeroed(&assoc->account, sizeof *fresh);
    if (!fresh)
        return HAWSER_ERR_NO_MEMORY;
    fresh->operation = operation;
    fresh->address = *address;
    fresh->address.udp_port = 0;
    fresh->automatic = automatic;
    fresh->asked = assoc->stack->now;
    hw_list_append(&assoc->asconf.requests, &fresh->link);
    assoc->asconf.request_count++;
    assoc->asconf.owed |= !assoc->asconf.outstanding;
    hw_assoc_touch(assoc);
    return 0;
}

static bool unspecified(const struct hawser_address *address) {
    static const uint8_t zeros[16];
    return (address->family == HAWSER_IPV4 || address->family == HAWSER_IPV6) && memcmp(address->ip, zeros, sizeof zeros) == 0;
}

static bool confirmed(const struct hw_path *path) { return path->state != HAWSER_PATH_UNCONFIRMED; }

/* Local addresses in a state, or in one before it, from which the peer can be reached. */
static unsigned count_locals(const struct hw_assoc *assoc, enum hw_local_state most) {
    unsigned count = 0;
    for (unsigned i = 0; i < assoc->local_count; i++) {
        bool reaches = false;
        for (unsigned j = 0; j < assoc->path_count; j++)
            reaches |= assoc->paths[j]->remote.family == assoc->locals[i].address.family && confirmed(assoc->paths[j]);
        count += reaches && assoc->locals[i].state <= most;
    }
    return count;
}

static int ask_add(struct hw_assoc *assoc, const struct hawser_address *address, bool automatic) {
    struct hw_local *local = hw_local_find(assoc, address);
    if (local && local->state != HW_LOCAL_DELETING)
        return HAWSER_ERR_EXISTS;
    struct hw_asconf_request *removal = waiting_for(assoc, address, HAWSER_ADDRESS_REMOVE);
    if (local && removal) { /* the peer has not heard of its going */
        request_drop(assoc, removal);
        local->state = asked_for(assoc, address, HAWSER_ADDRESS_ADD) ? HW_LOCAL_ADDING : HW_LOCAL_USABLE; /* F1 */
        hw_locals_settle(assoc);
        return 0;
    }
    bool wild = unspecified(address);
    if (!wild && !local && !hw_local_add(assoc, address, HW_LOCAL_ADDING))
        return assoc->local_count == HW_LOCALS_MAX ? HAWSER_ERR_LIMIT : HAWSER_ERR_NO_MEMORY;
    int error = request_queue(assoc, HAWSER_ADDRESS_ADD, address, automatic);
    if (error && !wild && !local)
        hw_local_remove(assoc, address);
    else if (!wild && !local)
        hw_paths_unlearn_local(assoc, address);
    else if (local)
        local->state = HW_LOCAL_ADDING; /* its removal is under way: it comes back after that */
    return error;
}

static int ask_remove(struct hw_assoc *assoc, const struct hawser_address *address, bool automatic) {
    struct hw_local *local = hw_local_find(assoc, address);
    if (unspecified(address))
        return request_queue(assoc, HAWSER_ADDRESS_REMOVE, address, automatic);
    if (!local || local->state == HW_LOCAL_DELETING)
        return HAWSER_ERR_ADDRESS;
    uint8_t before = local->state;
    struct hw_asconf_request *addition = waiting_for(assoc, address, HAWSER_ADDRESS_ADD);
    if (addition) { /* the peer never heard of it, or hears first of its going */
        request_drop(assoc, addition);
        if (asked_for(assoc, address, HAWSER_ADDRESS_REMOVE))
            local->state = HW_LOCAL_DELETING;
        else
            hw_local_remove(assoc, address);
        return 0;
    }
    unsigned remaining = count_locals(assoc, HW_LOCAL_ADDING); /* when the peer has agreed to all */
    local->state = HW_LOCAL_DELETING;
    bool last = count_locals(assoc, HW_LOCAL_ADDING) == 0 && remaining;
    local->state = before;
    if (last && !automatic)
        return HAWSER_ERR_ADDRESS; /* 5.3 F5 */
    int error = request_queue(assoc, HAWSER_ADDRESS_REMOVE, address, automatic);
    if (!error && automatic) { /* it cannot be used any more, whatever the peer thinks of it */
        local->state = HW_LOCAL_DELETING;
        hw_locals_settle(assoc);
    }
    return error;
}

static int ask_primary(struct hw_assoc *assoc, const struct hawser_address *address) {
    const struct hw_local *local = hw_local_find(assoc, address);
    if (!unspecified(address) && (!local || local->state == HW_LOCAL_DELETING))
        return HAWSER_ERR_ADDRESS;
    return request_queue(assoc, HAWSER_ADDRESS_SET_PRIMARY, address, false);
}

/* ---- the user's calls ------------------------------------------------------------------------------------------ */

static int change_assoc(struct hw_assoc *assoc, uint8_t operation, const struct hawser_address *address) {
    const struct hw_asconf *asconf = &assoc->asconf;
    bool primary = operation == HAWSER_ADDRESS_SET_PRIMARY;
    if (!hw_assoc_sends_data(assoc) || assoc->closing || !(assoc->extensions & HW_EXT_ASCONF) ||
        (primary ? asconf->primary_refused : asconf->addresses_refused))
        return HAWSER_ERR_STATE;
    if (operation == HAWSER_ADDRESS_ADD)
        return ask_add(assoc, address, false);
    return primary ? ask_primary(assoc, address) : ask_remove(assoc, address, false);
}

/* The associations of the endpoint that can; the others stay as they are (RFC 6458 9.1). */
static void change_all(hawser *stack, const struct hw_endpoint *endpoint, uint8_t operation,
                       const struct hawser_address *address) {
    for (struct hw_link *link = stack->assocs.next; link != &stack->assocs; link = link->next) {
        struct hw_assoc *assoc = HW_OWNER(link, struct hw_assoc, link);
        if (!assoc->orphan && assoc->endpoint == endpoint->object.id)
            change_assoc(assoc, operation, address);
    }
}

static int change_address(hawser *stack, hawser_time now, hawser_id id, uint8_t operation, const struct hawser_address *given) {
    hw_now(stack, now);
    struct hw_object *object = hw_object_find(stack, id);
    struct hawser_address address;
    if (!object)
        return HAWSER_ERR_GONE;
    if (!given)
        return HAWSER_ERR_ARGUMENT;
    bool ip = hw_address_normalise(&address, given) && (address.family == HAWSER_IPV4 || address.family == HAWSER_IPV6);
    if (!ip || !(hw_address_unicast(&address) || (object->kind == HW_KIND_ASSOC && unspecified(&address))))
        return HAWSER_ERR_ADDRESS;
    if (object->kind == HW_KIND_ASSOC)
        return change_assoc(hw_assoc_of(object), operation, &address);
    struct hw_endpoint *endpoint = HW_OWNER(object, struct hw_endpoint, object);
    int error = hw_endpoint_change(stack, endpoint, operation, &address);
    if (!error)
        change_all(stack, endpoint, operation, &address);
    return error;
}

int hawser_add_address(hawser *stack, hawser_time now, hawser_id id, const struct hawser_address *address) {
    return change_address(stack, now, id, HAWSER_ADDRESS_ADD, address);
}

int hawser_remove_address(hawser *stack, hawser_time now, hawser_id id, const struct hawser_address *address) {
    return change_address(stack, now, id, HAWSER_ADDRESS_REMOVE, address);
}

int hawser_set_peer_primary(hawser *stack, hawser_time now, hawser_id id, const struct hawser_address *address) {
    return change_address(stack, now, id, HAWSER_ADDRESS_SET_PRIMARY, address);
}

/* ---- the machine's addresses (automatic ASCONF) ------------------------------------------------------------------ */

static bool follows(const struct hw_assoc *assoc) {
    return assoc->wild && hw_assoc_sends_data(assoc) && (assoc->extensions & HW_EXT_ASCONF) &&
           hw_setting(assoc, HAWSER_SET_AUTO_ASCONF) && !assoc->asconf.addresses_refused && !hw_setting(assoc, HAWSER_SET_NAT);
}

void hw_asconf_address_up(struct hw_assoc *assoc, const struct hawser_address *address) {
    if (!follows(assoc) || !hw_local_listable(address, assoc->settings, &assoc->paths[assoc->primary]->remote))
        return;
    struct hw_local *local = hw_local_find(assoc, address);
    if (!local || local->state == HW_LOCAL_DELETING)
        ask_add(assoc, address, true);
}

bool hw_asconf_address_down(struct hw_assoc *assoc, const struct hawser_address *address) {
    return follows(assoc) && hw_local_find(assoc, address) && ask_remove(assoc, address, true) == 0;
}

void hw_asconf_ask_again(struct hw_assoc *assoc, uint8_t family) {
    const hawser *stack = assoc->stack;
    for (unsigned i = 0; i < stack->local_count; i++)
        if (stack->locals[i].address.family == family)
            hw_asconf_address_up(assoc, &stack->locals[i].address);
}

/* Between the INIT and now some may have come or gone. */
static void catch_up(struct hw_assoc *assoc) {
    const hawser *stack = assoc->stack;
    if (!follows(assoc) || !stack->local_count)
        return;
    for (unsigned i = 0; i < stack->local_count; i++)
        hw_asconf_address_up(assoc, &stack->locals[i].address);
    for (unsigned i = 0; i < assoc->local_count; i++)
        if (assoc->locals[i].state == HW_LOCAL_USABLE && !hw_local_there(assoc, &assoc->locals[i].address))
            hw_asconf_address_down(assoc, &assoc->locals[i].address);
}

/* ---- the chunk --------------------------------------------------------------------------------------------------- */

static void wildcard(struct hawser_address *address, uint8_t family) { *address = (struct hawser_address){.family = family}; }

/* 4.1.1: an address of ours that the peer knows, so that it finds the association whatever the packet's source is. */
static void lookup_address(const struct hw_assoc *assoc, const struct hw_path *path, struct hawser_address *address) {
    const struct hw_local *current = hw_local_find(assoc, &path->local), *best = NULL;
    for (unsigned i = 0; i < assoc->local_count; i++) {
        const struct hw_local *local = &assoc->locals[i];
        if (local->state != HW_LOCAL_ADDING && (!best || local->state < best->state))
            best = local;
    }
    if (current && current->state == HW_LOCAL_USABLE)
        best = current;
    wildcard(address, path->remote.family);
    if (best && !hw_setting(assoc, HAWSER_SET_NAT))
        *address = best->address;
}

/* Whether a removal may go now: there must be another one left that the peer knows (5.3 F5), for the packet itself, too (F6). */
static bool may_go(struct hw_assoc *assoc, const struct hw_asconf_request *request) {
    if (request->operation != HAWSER_ADDRESS_REMOVE || unspecified(&request->address))
        return true;
    struct hw_local *local = hw_local_find(assoc, &request->address);
    uint8_t before = local ? local->state : 0;
    if (local)
        local->state = HW_LOCAL_DELETING;
    bool others = count_locals(assoc, HW_LOCAL_USABLE) != 0;
    if (local)
        local->state = before;
    return others;
}

static void write_request(struct hw_assoc *assoc, struct hw_asconf_request *request, struct hw_writer *writer) {
    static const uint16_t types[] = {0, HW_PARAM_ADD_ADDRESS, HW_PARAM_DELETE_ADDRESS, HW_PARAM_SET_PRIMARY};
    struct hawser_address address = request->address;
    if (hw_setting(assoc, HAWSER_SET_NAT))
        wildcard(&address, address.family); /* the peer would not know it by the name that it has here */
    while (!request->correlation)
        request->correlation = ++assoc->asconf.correlation;
    uint8_t *param = hw_write_param_begin(writer, types[request->operation]);
    hw_write32(writer, request->correlation);
    hw_write_address(writer, &address);
    hw_write_end(writer, param);
    struct hw_local *local = hw_local_find(assoc, &request->address);
    if (request->operation == HAWSER_ADDRESS_REMOVE && local && local->state == HW_LOCAL_USABLE)
        local->state = HW_LOCAL_DELETING; /* F4: no source for anything from now on */
}

/* Requests into the next chunk; false: none may go now. */
static bool build_chunk(struct hw_assoc *assoc, const struct hw_path *path) {
    struct hw_asconf *asconf = &assoc->asconf;
    struct hawser_address lookup;
    unsigned count = 0;
    if (!asconf->chunk)
        asconf->chunk = hw_allocate(&assoc->account, HW_ASCONF_SIZE_MAX);
    if (!asconf->chunk)
        return false;
    asconf->owed = false; /* until more is asked for, or answered, if none of it may go now */
    struct hw_writer writer = hw_writer_over(asconf->chunk, HW_ASCONF_SIZE_MAX);
    uint8_t *chunk = hw_write_chunk_begin(&writer, HW_ASCONF, 0);
    hw_write32(&writer, asconf->serial);
    lookup_address(assoc, path, &lookup);
    hw_write_address(&writer, &lookup);
    EACH_REQUEST(assoc, link) {
        struct hw_asconf_request *request = request_of(link);
        if (!may_go(assoc, request))
            continue;
        if (hw_writer_room(&writer) < REQUEST_SIZE(&request->address))
            break;
        write_request(assoc, request, &writer);
        count++;
    }
    hw_write_end(&writer, chunk);
    asconf->chunk_size = (uint16_t)hw_writer_size(&writer);
    if (count)
        hw_locals_settle(assoc);
    asconf->owed = count != 0;
    return count != 0;
}

/* ---- which way ------------------------------------------------------------------------------------------------- */

/* 5.3 F1: while nothing else can be, an address that is being added is the source. */
static const struct hw_local *new_source(const struct hw_assoc *assoc, uint8_t family) {
    for (unsigned i = 0; i < assoc->local_count; i++)
        if (assoc->locals[i].state == HW_LOCAL_ADDING && assoc->locals[i].address.family == family)
            return &assoc->locals[i];
    return NULL;
}

/* The path for the chunk, and its source: `wanted` if it can be. */
static struct hw_path *choose_path(struct hw_assoc *assoc, struct hw_path *wanted, struct hawser_address *local) {
    struct hw_path *chosen = confirmed(wanted) && !wanted->silent ? wanted : NULL;
    for (unsigned i = 0; !chosen && i < assoc->path_count; i++)
        if (hw_path_usable(assoc->paths[i]))
            chosen = assoc->paths[i];
    if (chosen) {
        *local = chosen->local;
        return chosen;
    }
    for (unsigned i = 0; i <= assoc->path_count; i++) {
        struct hw_path *path = i == 0 ? wanted : assoc->paths[i - 1];
        const struct hw_local *source = new_source(assoc, path->remote.family);
        if (!source || !confirmed(path))
            continue;
        *local = source->address;
        return path;
    }
    return NULL;
}

/* F4: what the wildcard takes back, which is all but the source, is no source for anything from now on. The chunk goes again from
 * the same one, for the peer may have heard the first. */
static void leave_others(struct hw_assoc *assoc, const struct hawser_address *source) {
    bool leaves = false;
    EACH_REQUEST(assoc, link) {
        const struct hw_asconf_request *request = request_of(link);
        leaves |= request->correlation && request->operation == HAWSER_ADDRESS_REMOVE && unspecified(&request->address);
    }
    if (!leaves || !hw_local_find(assoc, source)) /* the carrier has chosen: nobody knows which stays */
        return;
    for (unsigned i = 0; i < assoc->local_count; i++)
        if (assoc->locals[i].state == HW_LOCAL_USABLE && !hw_address_same(&assoc->locals[i].address, source))
            assoc->locals[i].state = HW_LOCAL_DELETING;
    hw_locals_settle(assoc);
}

struct hw_path *hw_asconf_write(struct hw_assoc *assoc, struct hw_writer *writer, struct hawser_address *local) {
    struct hw_asconf *asconf = &assoc->asconf;
    /* 5.1.1 C4; nothing new once the shutdown is under way */
    if (!asconf->owed || !(hw_assoc_sends_data(assoc) || (asconf->outstanding && assoc->state == HAWSER_SHUTDOWN_SENT)))
        return NULL;
    struct hw_path *path = choose_path(assoc, asconf->outstanding ? assoc->paths[asconf->path] : hw_path_for_data(assoc), local);
    if (!path || (!asconf->outstanding && !build_chunk(assoc, path)))
        return NULL;
    asconf->outstanding = true;
    assoc->timers[HW_T4] = assoc->stack->now + path->rto; /* 5.1 A4 */
    path = choose_path(assoc, path, local); /* what the chunk removes may have been its source */
    if (!path)
        return NULL;
    asconf->owed = false;
    asconf->path = path->index;
    asconf->source = *local;
    leave_others(assoc, local);
    hw_write_bytes(writer, asconf->chunk, asconf->chunk_size);
    HW_COUNT_OF(assoc, OutAsconfs);
    HW_COUNT_OF(assoc, OutCtrlChunks);
    return path;
}

void hw_t4_expired(struct hw_assoc *assoc) {
    struct hw_path *path = assoc->paths[assoc->asconf.path];
    if (assoc->state == HAWSER_SHUTDOWN_ACK_SENT) /* 5.1.1 C4 */
        return;
    hw_path_back_off(path); /* 5.1 B3 */
    if (hw_path_error(path, true)) /* B1, B2 */
        return;
    path = hw_path_alternate(assoc, path); /* B4 */
    assoc->asconf.path = path->index;
    assoc->asconf.owed = true;
    assoc->timers[HW_T4] = assoc->stack->now + path->rto; /* B5; anew when it leaves */
}

/* ---- the answer ------------------------------------------------------------------------------------------------ */

static bool asked_to_go(struct hw_assoc *assoc, const struct hawser_address *address) {
    EACH_REQUEST(assoc, link) {
        const struct hw_asconf_request *request = request_of(link);
        if (request->operation == HAWSER_ADDRESS_REMOVE && (request->correlation || request->automatic) &&
            hw_address_same(&request->address, address))
            return true;
    }
    return false;
}

/* What the peer took the wildcard for: the source of the packet (4.2.1), or all others (4.2.2) but those that are to come. */
static void settle_wild(struct hw_assoc *assoc, const struct hw_asconf_request *request) {
    const struct hawser_address *source = &assoc->asconf.source;
    bool known = hw_local_find(assoc, source) != NULL;
    for (unsigned i = assoc->local_count; i-- > 0;) {
        struct hw_local *local = &assoc->locals[i];
        bool same = hw_address_same(&local->address, source);
        if (request->operation == HAWSER_ADDRESS_ADD && same && local->state == HW_LOCAL_ADDING && !request->refused)
            local->state = HW_LOCAL_USABLE;
        if (request->operation != HAWSER_ADDRESS_REMOVE || same || local->state == HW_LOCAL_ADDING)
            continue;
        if (!request->refused && known)
            local_leaves(assoc, &local->address);
        else if (request->refused && !asked_to_go(assoc, &local->address))
            local->state = HW_LOCAL_USABLE;
    }
}

static void request_settle(struct hw_assoc *assoc, struct hw_asconf_request *request) {
    struct hw_local *local = hw_local_find(assoc, &request->address);
    bool again = waiting_for(assoc, &request->address, HAWSER_ADDRESS_ADD) != NULL;
    if (request->operation == HAWSER_ADDRESS_ADD && local && local->state == HW_LOCAL_ADDING) {
        if (request->refused) /* F10 */
            hw_local_remove(assoc, &request->address);
        else
            local->state = HW_LOCAL_USABLE; /* F2 */
    } else if (unspecified(&request->address)) {
        settle_wild(assoc, request);
    } else if (request->operation == HAWSER_ADDRESS_REMOVE && local && !again) {
        if (!request->refused)
            local_leaves(assoc, &request->address);
        else if (!request->automatic)
            local->state = HW_LOCAL_USABLE;
    }
    hw_list_remove(&request->link);
    if (request->automatic)
        hw_asconf_request_free(assoc, request);
    else
        hw_change_raise(assoc, &request->change, HW_CHANGE_REQUEST);
}

/* F3a, F3b: what the peer does not know it is not asked again. */
static void learn_refusal(struct hw_asconf *asconf, const struct hw_asconf_request *request) {
    if (request->cause != HW_CAUSE_UNRECOGNIZED_PARAMETERS)
        return;
    if (request->operation == HAWSER_ADDRESS_SET_PRIMARY)
        asconf->primary_refused = true;
    else
        asconf->addresses_refused = true;
}

/* The response to a request, if there is one: true; its first cause, 0 for a success. */
static bool response_to(struct hw_cursor cursor, uint32_t correlation, uint16_t *cause) {
    struct hw_tlv param, inner;
    while (hw_cursor_param(&cursor, &param) == HW_CURSOR_ITEM) {
        if (param.value.size < 4 || hw_get32(param.value.data) != correlation)
            continue;
        *cause = 0;
        if (param.type == HW_PARAM_SUCCESS_INDICATION)
            return true;
        if (param.type != HW_PARAM_ERROR_INDICATION)
            continue;
        struct hw_cursor causes = hw_cursor_over((struct hawser_span){param.value.data + 4, param.value.size - 4});
        *cause = hw_cursor_param(&causes, &inner) == HW_CURSOR_ITEM ? inner.type : 0;
        if (*cause == 0)
            *cause = HW_CAUSE_NO_AUTHORIZATION; /* refused, and no word why */
        return true;
    }
    return false;
}

/* A6 to A8 */
static void judge_requests(struct hw_assoc *assoc, struct hw_cursor responses) {
    bool failed = false;
    EACH_REQUEST(assoc, link) {
        struct hw_asconf_request *request = request_of(link);
        if (!request->correlation)
            continue;
        uint16_t cause = 0;
        bool told = response_to(responses, request->correlation, &cause);
        request->refused = told ? cause != 0 : failed;
        request->cause = cause;
        failed |= request->refused;
        learn_refusal(&assoc->asconf, request);
        request_settle(assoc, request);
    }
}

static void conclude(struct hw_assoc *assoc) {
    struct hw_asconf *asconf = &assoc->asconf;
    EACH_REQUEST(assoc, link) { /* F3a, F3b: what waits is not asked any more */
        struct hw_asconf_request *request = request_of(link);
        bool primary = request->operation == HAWSER_ADDRESS_SET_PRIMARY;
        request->refused = primary ? asconf->primary_refused : asconf->addresses_refused;
        if (request->refused)
            request_settle(assoc, request);
    }
    asconf->outstanding = false;
    asconf->serial++;
    asconf->owed = !hw_list_empty(&asconf->requests);
    assoc->timers[HW_T4] = HAWSER_NEVER;
    hw_release(&assoc->account, asconf->chunk, HW_ASCONF_SIZE_MAX);
    asconf->chunk = NULL;
    hw_locals_settle(assoc);
}

static bool whole(struct hw_cursor cursor) {
    struct hw_tlv param;
    enum hw_cursor_result result;
    while ((result = hw_cursor_param(&cursor, &param)) == HW_CURSOR_ITEM)
        continue;
    return result == HW_CURSOR_END;
}

void hw_asconf_acked(struct hw_assoc *assoc, const struct hw_tlv *chunk) {
    struct hw_asconf *asconf = &assoc->asconf;
    if (chunk->value.size < 4) {
        HW_COUNT_OF(assoc, Unexpected);
        return;
    }
    uint32_t serial = hw_get32(chunk->value.data), next = asconf->serial + asconf->outstanding;
    struct hw_cursor responses = hw_cursor_over((struct hawser_span){chunk->value.data + 4, chunk->value.size - 4});
    if (hw_tsn_at_most(next, serial)) { /* F0, 4.3.4 */
        hw_assoc_abort(assoc, HAWSER_END_VIOLATION, HW_CAUSE_ILLEGAL_ASCONF_ACK, hw_nothing);
        return;
    }
    if (!asconf->outstanding || serial != asconf->serial || !whole(responses)) {
        HW_COUNT_OF(assoc, Unexpected);
        return;
    }
    assoc->error_count = 0; /* A5 */
    hw_path_alive(assoc->paths[asconf->path]);
    judge_requests(assoc, responses);
    conclude(assoc);
}

void hw_asconf_not_understood(struct hw_assoc *assoc) {
    struct hw_asconf *asconf = &assoc->asconf;
    asconf->addresses_refused = asconf->primary_refused = true; /* 5.1 A9 */
    if (asconf->outstanding)
        conclude(assoc);
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

/* Nothing is under way any more, either way. */
static void asconf_stop(struct hw_assoc *assoc) {
    struct hw_asconf *asconf = &assoc->asconf;
    hw_asconf_acks_free(assoc);
    hw_release(&assoc->account, asconf->chunk, HW_ASCONF_SIZE_MAX);
    asconf->chunk = NULL;
    asconf->outstanding = asconf->owed = false;
    assoc->timers[HW_T4] = HAWSER_NEVER;
}

/* The peer has restarted and knows the addresses of our INIT ACK: those that it was to forget are not among them, and all else is
 * asked anew. */
static void ask_anew(struct hw_assoc *assoc, hawser_time told) {
    EACH_REQUEST(assoc, link) {
        struct hw_asconf_request *request = request_of(link);
        const struct hw_local *local = hw_local_find(assoc, &request->address);
        bool done = request->operation == HAWSER_ADDRESS_REMOVE && request->asked < told && !unspecified(&request->address) &&
                    (request->correlation || (local && local->state == HW_LOCAL_DELETING));
        request->correlation = 0;
        request->refused = !done && !(assoc->extensions & HW_EXT_ASCONF);
        if (done || request->refused)
            request_settle(assoc, request);
    }
    assoc->asconf.owed = !hw_list_empty(&assoc->asconf.requests);
    hw_locals_settle(assoc);
}

void hw_asconf_start(struct hw_assoc *assoc, uint32_t initial_tsn, uint32_t peer_initial_tsn, hawser_time told) {
    struct hw_asconf *asconf = &assoc->asconf;
    asconf_stop(assoc);
    asconf->serial = initial_tsn; /* 5.1 A2 */
    asconf->peer_serial = peer_initial_tsn - 1;
    asconf->addresses_refused = asconf->primary_refused = false;
    if (!hw_list_empty(&asconf->requests))
        ask_anew(assoc, told);
}

void hw_asconf_established(struct hw_assoc *assoc) { catch_up(assoc); }

void hw_asconf_free(struct hw_assoc *assoc) {
    asconf_stop(assoc);
    hw_release(&assoc->account, assoc->asconf.left, HW_LEFT_MAX * sizeof *assoc->asconf.left);
    assoc->asconf.left = NULL;
    while (!hw_list_empty(&assoc->asconf.requests))
        request_drop(assoc, request_of(assoc->asconf.requests.next));
}
