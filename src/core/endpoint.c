/* SPDX-License-Identifier: MIT
 *
 * Endpoints: a port, a set of local addresses or whatever the carrier has, a backlog, defaults. They own no packets;
 * associations that arrived wait in them until they are taken.
 */
#include "core/assoc.h"

static bool names(const struct hw_endpoint *endpoint, const struct hawser_address *local) {
    for (unsigned i = 0; i < endpoint->address_count; i++)
        if (hw_address_same(&endpoint->addresses[i], local))
            return true;
    return false;
}

bool hw_endpoint_has(const struct hw_endpoint *endpoint, const struct hawser_address *local) {
    return !endpoint->address_count || local->family == HAWSER_NONE || names(endpoint, local);
}

unsigned hw_endpoint_addresses(const hawser *stack, const struct hw_endpoint *endpoint,
                               struct hawser_address addresses[HW_LOCALS_MAX]) {
    unsigned count = endpoint->address_count ? endpoint->address_count : stack->local_count;
    for (unsigned i = 0; i < count; i++)
        addresses[i] = endpoint->address_count ? endpoint->addresses[i] : stack->locals[i].address;
    return count;
}

static struct hw_endpoint *first_on(const hawser *stack, uint16_t port, struct hw_node **node) {
    *node = hw_table_find(&stack->by_port, port);
    return *node ? HW_OWNER(*node, struct hw_endpoint, by_port) : NULL;
}

static struct hw_endpoint *next_on(struct hw_node **node) {
    *node = hw_table_find_next(*node);
    return *node ? HW_OWNER(*node, struct hw_endpoint, by_port) : NULL;
}

struct hw_endpoint *hw_endpoint_for(const hawser *stack, uint16_t port, const struct hawser_address *local) {
    struct hw_endpoint *best = NULL;
    int best_rank = -1;
    struct hw_node *node;
    for (struct hw_endpoint *endpoint = first_on(stack, port, &node); endpoint; endpoint = next_on(&node)) {
        bool exact = endpoint->address_count && local->family != HAWSER_NONE && names(endpoint, local);
        if (endpoint->address_count && local->family != HAWSER_NONE && !exact)
            continue;
        int rank = (endpoint->backlog ? 2 : 0) + (exact ? 1 : 0);
        if (rank > best_rank) {
            best = endpoint;
            best_rank = rank;
        }
    }
    return best;
}

/* Whether two endpoints on one port would be confused. */
static bool overlaps(const struct hw_endpoint *endpoint, const struct hawser_endpoint_options *options) {
    if (!endpoint->address_count || !options->address_count)
        return endpoint->address_count == options->address_count;
    for (unsigned i = 0; i < options->address_count; i++)
        if (names(endpoint, &options->addresses[i]))
            return true;
    return false;
}

static bool port_taken(const hawser *stack, uint16_t port, const struct hawser_endpoint_options *options) {
    struct hw_node *node;
    for (struct hw_endpoint *endpoint = first_on(stack, port, &node); endpoint; endpoint = next_on(&node))
        if (overlaps(endpoint, options))
            return true;
    return false;
}

static uint16_t choose_port(hawser *stack, const struct hawser_endpoint_options *options) {
    uint32_t start = hw_random32(stack) % HW_EPHEMERAL_COUNT; /* RFC 6056: not to be guessed */
    for (uint32_t i = 0; i < HW_EPHEMERAL_COUNT; i++) {
        uint16_t port = (uint16_t)(HW_EPHEMERAL_FIRST + (start + i) % HW_EPHEMERAL_COUNT);
        if (!port_taken(stack, port, options))
            return port;
    }
    return 0;
}

/* Copies of the user's addresses, each in the one form that can be compared. */
static int clean_addresses(struct hawser_address clean[HAWSER_ADDRESSES_MAX], const struct hawser_address *addresses,
                           unsigned count) {
    if (count && !addresses)
        return HAWSER_ERR_ARGUMENT;
    if (count > HAWSER_ADDRESSES_MAX)
        return HAWSER_ERR_ADDRESS;
    for (unsigned i = 0; i < count; i++) {
        if (!hw_address_normalise(&clean[i], &addresses[i]) || !hw_address_unicast(&clean[i]))
            return HAWSER_ERR_ADDRESS;
        for (unsigned j = 0; j < i; j++)
            if (hw_address_same(&clean[i], &clean[j]))
                return HAWSER_ERR_ADDRESS;
    }
    return 0;
}

static struct hw_endpoint *create(hawser *stack, const struct hawser_endpoint_options *options) {
    struct hw_endpoint *endpoint = hw_allocate_zeroed(&stack->account, sizeof *endpoint);
    if (!endpoint)
        return NULL;
    if (options->address_count) {
        endpoint->addresses = hw_allocate(&stack->account, options->address_count * sizeof *endpoint->addresses);
        if (!endpoint->addresses) {
            hw_release(&stack->account, endpoint, sizeof *endpoint);
            return NULL;
        }
        endpoint->address_count = options->address_count;
        memcpy(endpoint->addresses, options->addresses, options->address_count * sizeof *endpoint->addresses);
    }
    hw_list_init(&endpoint->link);
    hw_list_init(&endpoint->arrivals);
    endpoint->settings = hw_settings_share(stack->settings);
    return endpoint;
}

static void destroy(hawser *stack, struct hw_endpoint *endpoint) {
    hw_keys_free(&stack->account, &endpoint->keys);
    hw_settings_drop(&stack->account, endpoint->settings);
    hw_release(&stack->account, endpoint->addresses, endpoint->address_count * sizeof *endpoint->addresses);
    hw_release(&stack->account, endpoint, sizeof *endpoint);
}

int hawser_open(hawser *stack, const struct hawser_endpoint_options *given, hawser_id *id) {
    if (!given || given->size < sizeof *given || !id)
        return HAWSER_ERR_ARGUMENT;
    struct hawser_address addresses[HAWSER_ADDRESSES_MAX];
    struct hawser_endpoint_options clean = *given, *options = &clean;
    int error = clean_addresses(addresses, given->addresses, given->address_count);
    if (error)
        return error;
    options->addresses = addresses;
    uint16_t port = options->port;
    if (port && port_taken(stack, port, options))
        return HAWSER_ERR_IN_USE;
    if (!port && (port = choose_port(stack, options)) == 0)
        return HAWSER_ERR_PORT;
    struct hw_endpoint *endpoint = create(stack, options);
    if (!endpoint)
        return HAWSER_ERR_NO_MEMORY;
    endpoint->port = port;
    if (!hw_table_add(&stack->by_port, &endpoint->by_port, port)) {
        destroy(stack, endpoint);
        return HAWSER_ERR_NO_MEMORY;
    }
    if (!hw_object_add(stack, &endpoint->object, HW_KIND_ENDPOINT, options->user)) {
        hw_table_remove(&stack->by_port, &endpoint->by_port);
        destroy(stack, endpoint);
        return stack->object_count >= stack->objects_max ? HAWSER_ERR_LIMIT : HAWSER_ERR_NO_MEMORY;
    }
    hw_list_append(&stack->endpoints, &endpoint->link);
    *id = endpoint->object.id;
    return 0;
}

static int endpoint_add(hawser *stack, struct hw_endpoint *endpoint, const struct hawser_address *address) {
    const struct hawser_endpoint_options options = {.address_count = 1, .addresses = address};
    if (names(endpoint, address))
        return HAWSER_ERR_EXISTS;
    if (port_taken(stack, endpoint->port, &options))
        return HAWSER_ERR_IN_USE;
    if (endpoint->address_count == HAWSER_ADDRESSES_MAX)
        return HAWSER_ERR_LIMIT;
    size_t size = endpoint->address_count * sizeof *endpoint->addresses;
    struct hawser_address *more = hw_allocate(&stack->account, size + sizeof *more);
    if (!more)
        return HAWSER_ERR_NO_MEMORY;
    memcpy(more, endpoint->addresses, size);
    more[endpoint->address_count++] = *address;
    hw_release(&stack->account, endpoint->addresses, size);
    endpoint->addresses = more;
    return 0;
}

static int endpoint_remove(hawser *stack, struct hw_endpoint *endpoint, const struct hawser_address *address) {
    if (endpoint->address_count < 2 || !names(endpoint, address))
        return HAWSER_ERR_ADDRESS;
    size_t size = (endpoint->address_count - 1u) * sizeof *endpoint->addresses;
    struct hawser_address *fewer = hw_allocate(&stack->account, size);
    if (!fewer)
        return HAWSER_ERR_NO_MEMORY;
    unsigned count = 0;
    for (unsigned i = 0; i < endpoint->address_count; i++)
        if (!hw_address_same(&endpoint->addresses[i], address))
            fewer[count++] = endpoint->addresses[i];
    hw_release(&stack->account, endpoint->addresses, size + sizeof *fewer);
    endpoint->addresses = fewer;
    endpoint->address_count = (uint16_t)count;
    return 0;
}

int hw_endpoint_change(hawser *stack, struct hw_endpoint *endpoint, uint8_t operation, const struct hawser_address *address) {
    if (!endpoint->address_count)
        return HAWSER_ERR_STATE;
    if (operation == HAWSER_ADDRESS_ADD)
        return endpoint_add(stack, endpoint, address);
    if (operation == HAWSER_ADDRESS_REMOVE)
        return endpoint_remove(stack, endpoint, address);
    return names(endpoint, address) ? 0 : HAWSER_ERR_ADDRESS;
}

void hw_arrival_leave(hawser *stack, struct hw_assoc *assoc) {
    if (!hw_list_linked(&assoc->arrival_link))
        return;
    struct hw_endpoint *endpoint = hw_endpoint_find(stack, assoc->endpoint);
    hw_list_remove(&assoc->arrival_link);
    if (!endpoint)
        return;
    endpoint->arrival_count--;
    endpoint->shown = 0; /* what was shown is no longer what is there */
    if (!endpoint->arrival_count)
        endpoint->object.told = false;
}

void hw_endpoint_free(hawser *stack, struct hw_endpoint *endpoint) {
    while (!hw_list_empty(&endpoint->arrivals)) {
        struct hw_assoc *assoc = HW_OWNER(endpoint->arrivals.next, struct hw_assoc, arrival_link);
        hw_list_remove(&assoc->arrival_link);
        hawser_close(stack, stack->now, assoc->object.id);
    }
    hw_table_remove(&stack->by_port, &endpoint->by_port);
    hw_list_remove(&endpoint->link);
    hw_object_remove(stack, &endpoint->object);
    destroy(stack, endpoint);
}

int hawser_listen(hawser *stack, hawser_id id, uint32_t backlog) {
    struct hw_endpoint *endpoint = hw_endpoint_find(stack, id);
    if (!endpoint)
        return HAWSER_ERR_GONE;
    endpoint->backlog = backlog;
    return 0;
}

uint16_t hawser_port(hawser *stack, hawser_id id) {
    struct hw_endpoint *endpoint = hw_endpoint_find(stack, id);
    return endpoint ? endpoint->port : 0;
}

static int check_peer(const struct hw_endpoint *endpoint, const struct hawser_connect_options *options,
                      struct hawser_address clean[HAWSER_ADDRESSES_MAX]) {
    if (!options->port)
        return HAWSER_ERR_PORT;
    if (!options->address_count)
        return HAWSER_ERR_ADDRESS;
    int error = clean_addresses(clean, options->addresses, options->address_count);
    for (unsigned i = 0; !error && i < options->address_count; i++) {
        int setting = clean[i].family == HAWSER_IPV4 ? HAWSER_SET_IPV4 : clean[i].family == HAWSER_IPV6 ? HAWSER_SET_IPV6 : 0;
        if (setting && !endpoint->settings->value[setting])
            error = HAWSER_ERR_ADDRESS;
    }
    return error;
}

/* From one of the endpoint's addresses, or from any if it has none of its own. */
static bool associated(hawser *stack, const struct hw_endpoint *endpoint, uint16_t port, const struct hawser_address *peer) {
    static const struct hawser_address none;
    const struct hawser_address *locals = endpoint->address_count ? endpoint->addresses : &none;
    uint8_t path;
    bool found = false;
    for (unsigned i = 0; !found && i < (endpoint->address_count ? endpoint->address_count : 1u); i++)
        found = hw_find_by_peer(stack, endpoint->port, port, peer, &locals[i], &path) != NULL;
    return found;
}

int hawser_connect(hawser *stack, hawser_time now, hawser_id id, const struct hawser_connect_options *options,
                   hawser_id *association) {
    hw_now(stack, now);
    struct hw_endpoint *endpoint = hw_endpoint_find(stack, id);
    if (!endpoint)
        return HAWSER_ERR_GONE;
    if (!options || options->size < sizeof *options || !association)
        return HAWSER_ERR_ARGUMENT;
    struct hawser_address addresses[HAWSER_ADDRESSES_MAX];
    int error = check_peer(endpoint, options, addresses);
    if (error)
        return error;
    for (unsigned i = 0; i < options->address_count; i++)
        if (associated(stack, endpoint, options->port, &addresses[i]))
            return HAWSER_ERR_EXISTS;
    struct hw_assoc *assoc = hw_assoc_create(stack, endpoint, options->port, options->user);
    if (!assoc)
        return stack->object_count >= stack->objects_max ? HAWSER_ERR_LIMIT : HAWSER_ERR_NO_MEMORY;
    assoc->outgoing = true;
    bool fits = hw_locals_set(assoc, endpoint, HAWSER_NEVER, NULL, addresses, options->address_count);
    for (unsigned i = 0; fits && i < options->address_count; i++)
        fits = hw_path_add(assoc, &addresses[i], NULL, true) != NULL; /* 5.4: the user vouches for them */
    if (fits) {
        assoc->tag = hw_tag_draw(stack, assoc->paths[0]->by_peer.key);
        assoc->setup.initial_tsn = hw_random32(stack);
        hw_send_start(&assoc->send, assoc->setup.initial_tsn, 0, 0);
        fits = hw_assoc_list(assoc);
    }
    if (!fits) {
        hw_assoc_free(assoc);
        return HAWSER_ERR_NO_MEMORY;
    }
    hw_setup_start(assoc);
    *association = assoc->object.id;
    hw_assoc_touch(assoc);
    return 0;
}
