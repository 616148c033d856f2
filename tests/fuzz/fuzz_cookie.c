/* SPDX-License-Identifier: MIT
 *
 * The state cookie as hostile input (RFC 9260 5.1.3, 5.1.5, 5.2.4). Peers ask a listening stack for cookies and bring back what
 * the input says: the cookie itself, too late, too often, from elsewhere, under other ports and tags; a damaged one; any bytes;
 * and, as one who stole the key would, any contents under a right signature.
 *
 * An INIT and a COOKIE ECHO that is not ours must cost no memory; one that is not ours, or not for these ports, this tag and this
 * address, changes nothing; a stale one makes nothing. What is signed may say anything, and the stack must still hold together.
 */
#include "fuzz.h"

#include <stdlib.h>

#define MOVES_MAX 200u
#define SLOTS 6u
#define IDS 12u
#define COOKIE_MAX 600u
#define STORM 300u
#define PEER_PORT 6000u

/* Where a cookie has what (core/cookie.c). */
enum { MAC = 32, AT_MADE = 34, AT_TAG = 46, AT_PEER_TAG = 50, AT_PORTS = 84, AT_REMOTE = 88 };

struct slot {
    uint8_t cookie[COOKIE_MAX];
    size_t size;
    struct hawser_address remote, local;
    hawser_time made, life;
};

struct known {
    hawser_id id;
    uint32_t state, local_tag, peer_tag;
};

static struct fuzz_host host;
static struct fuzz_input input;
static hawser *stack;
static hawser_time now;
static hawser_id endpoint;
static enum fuzz_world world;
static struct slot slots[SLOTS];
static struct slot *waiting; /* the slot that the next INIT ACK is for */
static struct known known[IDS];
static uint8_t outgoing[HAWSER_PACKET_MAX], packet[4096];

/* How a packet comes. */
struct way {
    uint16_t port, peer_port;
    uint32_t tag;
    struct hawser_address remote, local;
};

static struct hawser_address place(unsigned side, unsigned number) { return fuzz_address_in(world, side, number, 0); }

/* ---- the stack -------------------------------------------------------------------------------------------------- */

static void observe(void *user, const uint8_t *bytes, size_t size, const struct hawser_departure *departure) {
    (void)user, (void)departure;
    struct hw_cursor cursor = hw_cursor_over((struct hawser_span){bytes + HW_HEADER_SIZE, size - HW_HEADER_SIZE});
    struct hw_tlv chunk, param;
    struct hw_init init;
    while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM) {
        if (chunk.type != HW_INIT_ACK || !waiting || !hw_init_parse(&init, &chunk))
            continue;
        struct hw_cursor params = hw_cursor_over(init.params);
        while (hw_cursor_param(&params, &param) == HW_CURSOR_ITEM)
            if (param.type == HW_PARAM_COOKIE && param.value.size <= COOKIE_MAX) {
                memcpy(waiting->cookie, param.value.data, param.value.size);
                waiting->size = param.value.size;
                waiting->made = now;
            }
        waiting = NULL;
    }
}

/* Returns how many packets went out. */
static unsigned drain(void) {
    struct hawser_departure departure = HAWSER_INIT(departure);
    departure.buffer = outgoing;
    departure.capacity = sizeof outgoing;
    unsigned packets = fuzz_depart(stack, now, &departure, STORM, observe, NULL);
    FUZZ_MUST(hawser_deadline(stack) > now);
    return packets;
}

static void take_arrivals(void) {
    struct hawser_item item;
    while (hawser_receive(stack, endpoint, &item, 1)) {
        FUZZ_MUST(item.type == HAWSER_ARRIVED && hawser_consume(stack, now, endpoint, 1, 0) == 0);
        unsigned place_of = (unsigned)(item.association % IDS);
        if (known[place_of].id)
            (void)hawser_close(stack, now, known[place_of].id);
        known[place_of] = (struct known){.id = item.association};
    }
}

/* What each association is; `judge`: it must be what it was. */
static void look(bool judge) {
    for (unsigned i = 0; i < IDS; i++) {
        struct hawser_status status = HAWSER_INIT(status);
        if (!known[i].id || hawser_status(stack, known[i].id, &status) < 0)
            continue;
        FUZZ_MUST(!judge || (known[i].state == status.state && known[i].local_tag == status.local_tag &&
                             known[i].peer_tag == status.peer_tag));
        known[i].state = status.state;
        known[i].local_tag = status.local_tag;
        known[i].peer_tag = status.peer_tag;
    }
}

static void arrive(const struct way *way, size_t size) {
    struct hawser_arrival arrival = HAWSER_INIT(arrival);
    fuzz_seal(packet, size);
    arrival.data = packet;
    arrival.length = size;
    arrival.remote = way->remote;
    arrival.local = way->local;
    fuzz_arrive(&host, stack, now, &arrival);
}

static struct hw_writer begin(const struct way *way) {
    struct hw_writer writer = hw_writer_over(packet, sizeof packet);
    hw_write_header(&writer, way->peer_port, way->port, way->tag);
    return writer;
}

/* ---- moves ------------------------------------------------------------------------------------------------------ */

/* Asks for a cookie. */
static void ask(void) {
    uint8_t choice = fuzz_8(&input), which = fuzz_8(&input);
    unsigned number = choice & 3u;
    struct way way = {.port = 5000, .peer_port = (uint16_t)(PEER_PORT + (choice >> 2 & 1)), .remote = place(2, number),
                      .local = place(1, choice >> 3 & 1)};
    struct hw_writer writer = begin(&way);
    uint8_t *chunk = hw_write_chunk_begin(&writer, HW_INIT, 0);
    hw_write32(&writer, which & 0x80 ? fuzz_32(&input) | 1 : 0x1000u + (which & 3u)); /* few tags, so that they meet again */
    hw_write32(&writer, 65536);
    hw_write16(&writer, which & 0x40 ? 1 : 10);
    hw_write16(&writer, 10);
    hw_write32(&writer, 100u * which);
    for (unsigned i = 0; world != FUZZ_ROUTES && choice & 16 && i < (choice & 32 ? 15u : 3u); i++) {
        struct hawser_address address = fuzz_address_in(world == FUZZ_MAPPED ? FUZZ_IPV4 : world, 2, i, 0);
        hw_write_address(&writer, &address);
    }
    struct slot *slot = &slots[(choice >> 6 | (which >> 3 & 4u)) % SLOTS];
    slot->life = 60 * 1000000u;
    if (which & 8) {
        uint8_t more[4];
        hw_put32(more, fuzz_16(&input));
        hw_write_param(&writer, HW_PARAM_COOKIE_PRESERVATIVE, (struct hawser_span){more, sizeof more});
        uint32_t extension = hw_get32(more);
        slot->life += (extension < 5000 ? extension : 5000) * 1000u;
    }
    hw_write_end(&writer, chunk);
    hawser_input(stack, now, NULL); /* what only time does is done */
    look(false);
    uint64_t given = host.given;
    slot->size = 0;
    slot->remote = way.remote;
    slot->local = way.local;
    waiting = slot;
    arrive(&way, hw_writer_size(&writer));
    FUZZ_MUST(host.given == given && "an INIT costs no memory");
    look(true);
    drain();
    waiting = NULL;
}

static struct hawser_address read_address(const uint8_t *at) {
    struct hawser_address address = {.family = at[0], .udp_port = hw_get16(at + 1), .scope = hw_get32(at + 3)};
    memcpy(address.ip, at + 7, address.family == HAWSER_IPV4 ? 4 : 16);
    return address;
}

/* The way that a cookie asks for. */
static struct way way_of(const struct slot *slot, const uint8_t *cookie, size_t size) {
    struct way way = {.port = 5000, .peer_port = PEER_PORT, .remote = slot->remote, .local = slot->local};
    if (size >= AT_REMOTE) {
        way.port = hw_get16(cookie + AT_PORTS);
        way.peer_port = hw_get16(cookie + AT_PORTS + 2);
        way.tag = hw_get32(cookie + AT_TAG);
    }
    return way;
}

static void echo(const struct way *way, const uint8_t *cookie, size_t size, bool more) {
    struct hw_writer writer = begin(way);
    hw_write_chunk(&writer, HW_COOKIE_ECHO, 0, (struct hawser_span){cookie, size});
    if (more) { /* what may be bundled with it */
        uint8_t *chunk = hw_write_chunk_begin(&writer, HW_DATA, HW_FLAG_BEGIN | HW_FLAG_END);
        hw_write32(&writer, size >= AT_PORTS ? hw_get32(cookie + AT_PEER_TAG + 8) : 0);
        hw_write32(&writer, 0);
        hw_write32(&writer, 7);
        hw_write_bytes(&writer, cookie, size & 63);
        hw_write_end(&writer, chunk);
    }
    arrive(way, hw_writer_size(&writer));
}

/* It must have been as if it had not come. */
static void echo_in_vain(const struct way *way, const uint8_t *cookie, size_t size, bool more) {
    hawser_input(stack, now, NULL);
    drain();
    look(false);
    uint32_t objects = hawser_check_objects(stack);
    uint64_t given = host.given, bad = hawser_counter(stack, 0, HAWSER_COUNT_BadCookies);
    echo(way, cookie, size, more);
    FUZZ_MUST(host.given == given && hawser_check_objects(stack) == objects);
    FUZZ_MUST(hawser_counter(stack, 0, HAWSER_COUNT_BadCookies) == bad + 1);
    look(true);
    FUZZ_MUST(drain() == 0);
}

static void echo_right(const struct slot *slot, bool more) {
    struct way way = way_of(slot, slot->cookie, slot->size);
    uint32_t objects = hawser_check_objects(stack);
    bool stale = now - slot->made > slot->life;
    FUZZ_MUST(way.port == 5000 && way.peer_port - PEER_PORT <= 1 && "core/cookie.c has it elsewhere");
    echo(&way, slot->cookie, slot->size, more);
    FUZZ_MUST(!stale || hawser_check_objects(stack) <= objects);
    FUZZ_MUST(hawser_check_objects(stack) <= objects + 1);
}

/* From another address, to another one, between other ports, with another tag. */
static void echo_astray(const struct slot *slot, uint8_t choice) {
    struct way way = way_of(slot, slot->cookie, slot->size);
    switch (choice >> 4 & 3) {
    case 0:
        way.remote = place(3, choice & 15);
        break;
    case 1:
        way.port ^= (uint16_t)(1u << (choice & 15));
        break;
    case 2:
        way.peer_port ^= (uint16_t)(1u << (choice & 15));
        break;
    default:
        way.tag ^= 1u << (choice & 15);
    }
    if (!way.port || !way.peer_port || !way.tag)
        return;
    echo_in_vain(&way, slot->cookie, slot->size, choice & 0x80);
}

static void echo_damaged(const struct slot *slot, uint8_t choice) {
    static uint8_t cookie[COOKIE_MAX + 64];
    size_t size = slot->size;
    memcpy(cookie, slot->cookie, size);
    switch (choice >> 6) {
    case 0: /* bits */
        for (unsigned i = 0; i <= (choice & 3u); i++)
            cookie[fuzz_16(&input) % size] ^= (uint8_t)(1u << (choice >> 2 & 7));
        break;
    case 1: /* the end */
        size -= 1 + (choice & 63u) % size;
        break;
    case 2:
        memset(cookie + size, choice, 1 + (choice & 63u));
        size += 1 + (choice & 63u);
        break;
    default: /* the first half of one and the second of another */
        memcpy(cookie + size / 2, slots[choice % SLOTS].cookie + size / 2, size - size / 2);
    }
    if (size == slot->size && hw_equal(cookie, slot->cookie, size))
        return;
    for (unsigned i = 0; i < SLOTS; i++)
        if (size == slots[i].size && hw_equal(cookie, slots[i].cookie, size))
            return;
    struct way way = way_of(slot, slot->cookie, slot->size);
    echo_in_vain(&way, cookie, size, choice & 1);
}

/* Changed where the input says, and signed. */
static void echo_forged(const struct slot *slot, uint8_t choice) {
    static uint8_t cookie[COOKIE_MAX + 64];
    size_t size = slot->size;
    memcpy(cookie, slot->cookie, size);
    for (unsigned i = 0; i <= (choice & 3u); i++) {
        size_t at = MAC + fuzz_8(&input) % (size - MAC);
        struct hawser_span fresh = fuzz_span(&input, choice >> 2 & 7);
        if (choice & 0x20) /* a field of another */
            fresh = (struct hawser_span){slots[choice % SLOTS].cookie + at, 4};
        for (size_t j = 0; j < fresh.size && at + j < size; j++)
            cookie[at + j] = fresh.data[j];
    }
    if (choice & 0x40)
        size = MAC + fuzz_8(&input) % (size - MAC);
    fuzz_sign(&host, (struct hawser_span){cookie + MAC, size - MAC}, cookie);
    struct way way = way_of(slot, cookie, size);
    if (choice & 0x80 && size > AT_REMOTE + 23)
        way.remote = read_address(cookie + AT_REMOTE);
    echo(&way, cookie, size, choice & 1);
}

static void echo_bytes(uint8_t choice) {
    static uint8_t cookie[COOKIE_MAX];
    struct hawser_span bytes = fuzz_span(&input, choice);
    struct way way = {.port = 5000, .peer_port = PEER_PORT, .tag = 1, .remote = place(2, 0), .local = place(1, 0)};
    if (choice & 1 || bytes.size <= MAC) {
        echo_in_vain(&way, bytes.data, bytes.size, choice & 2);
        return;
    }
    memcpy(cookie, bytes.data, bytes.size);
    fuzz_sign(&host, (struct hawser_span){cookie + MAC, bytes.size - MAC}, cookie);
    way = way_of(&slots[0], cookie, bytes.size);
    echo(&way, cookie, bytes.size, choice & 2);
}

static void use(uint8_t choice) {
    struct hawser_item items[4];
    hawser_id id = known[choice % IDS].id, made;
    struct hawser_address remote = place(2, choice & 3);
    struct hawser_connect_options options = HAWSER_INIT(options);
    struct hawser_span words = {(const uint8_t *)"hold fast", 9};
    struct hawser_message message = HAWSER_INIT(message);
    switch (choice >> 4 & 7) {
    case 0:
        take_arrivals();
        break;
    case 1:
        (void)hawser_shutdown(stack, now, id);
        break;
    case 2:
        (void)hawser_close(stack, now, id);
        break;
    case 3:
        (void)hawser_abort(stack, now, id, words);
        break;
    case 4: /* so that INITs meet */
        options.port = PEER_PORT;
        options.addresses = &remote;
        options.address_count = 1;
        if (hawser_connect(stack, now, endpoint, &options, &made) == 0) {
            if (known[made % IDS].id)
                (void)hawser_close(stack, now, known[made % IDS].id);
            known[made % IDS] = (struct known){.id = made};
        }
        break;
    case 5:
        message.parts = &words;
        message.part_count = 1;
        (void)hawser_send(stack, now, id, &message);
        break;
    case 6:
        (void)hawser_consume(stack, now, id, hawser_receive(stack, id, items, 4), 0);
        break;
    default:
        (void)hawser_listen(stack, endpoint, choice & 7u);
    }
}

static void play(void) {
    static const hawser_time steps[] = {1000, 100000, 1000000, 30000000, 60000000, 65000001, 1800000000, 3600000000};
    uint8_t move = fuzz_8(&input), choice = fuzz_8(&input);
    const struct slot *slot = &slots[(move >> 4) % SLOTS];
    switch (move & 15) {
    case 0:
    case 1:
    case 2:
        ask();
        break;
    case 3:
    case 4:
        if (slot->size)
            echo_right(slot, choice & 1);
        break;
    case 5:
    case 6:
        if (slot->size)
            echo_astray(slot, choice);
        break;
    case 7:
    case 8:
        if (slot->size)
            echo_damaged(slot, choice);
        break;
    case 9:
    case 10:
        if (slot->size)
            echo_forged(slot, choice);
        break;
    case 11:
        echo_bytes(choice);
        break;
    case 12:
        now += steps[choice & 7];
        break;
    case 13:
        host.fail_after = choice & 15;
        host.fail = 1 + (choice >> 6);
        host.no_hmac = (choice & 48) == 48;
        return;
    default:
        use(choice);
    }
    fuzz_check(&host, stack);
    drain();
    fuzz_check(&host, stack);
    host.fail = 0;
    host.no_hmac = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input = (struct fuzz_input){data, data + size};
    uint8_t choice = fuzz_8(&input), seed = fuzz_8(&input);
    fuzz_host_init(&host, seed);
    memset(slots, 0, sizeof slots);
    memset(known, 0, sizeof known);
    waiting = NULL;
    now = 1000000;
    world = (enum fuzz_world)((choice & 7) % FUZZ_WORLDS);
    struct hawser_options options = HAWSER_INIT(options);
    options.memory_max = choice & 8 ? 200000 : 16 << 20;
    options.objects_max = choice & 16 ? 4 : 0;
    FUZZ_MUST(hawser_new(&stack, &options, &host.functions) == 0);
    fuzz_watch(&host, stack, "S");
    struct hawser_address locals[2] = {place(1, 0), place(1, 1)};
    struct hawser_endpoint_options own = HAWSER_INIT(own);
    own.port = 5000;
    own.addresses = locals;
    own.address_count = world == FUZZ_ROUTES || choice & 32 ? 0 : 2;
    FUZZ_MUST(hawser_open(stack, &own, &endpoint) == 0);
    FUZZ_MUST(hawser_listen(stack, endpoint, choice & 64 ? 1 : 8) == 0);
    for (unsigned i = 0; i < MOVES_MAX && fuzz_more(&input); i++)
        play();
    host.fail = 0;
    host.no_hmac = false;
    take_arrivals();
    for (unsigned i = 0; i < IDS; i++)
        if (known[i].id)
            (void)hawser_close(stack, now, known[i].id);
    drain();
    (void)hawser_close(stack, now, endpoint);
    drain();
    FUZZ_MUST(hawser_check_objects(stack) == 0);
    hawser_free(stack);
    fuzz_host_done(&host);
    return 0;
}
