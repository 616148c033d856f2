/* SPDX-License-Identifier: MIT
 *
 * Two stacks that talk through a link which the input rules: for each packet a byte says whether it arrives, twice, late,
 * damaged, or not at all. Either side sends, reads in parts, shuts down, aborts, restarts, runs out of memory. When the input is
 * used up the link is perfect, and what was promised must come true: each message delivered once, whole and in its stream's
 * order, or the association ended. In a hostile run damaged packets get a right checksum; then only the stacks' own health is
 * judged.
 */
#include "fuzz.h"

#include <stdlib.h>

#define MOVES_MAX 300u
#define LINK_MAX 512u
#define MESSAGES_MAX 512u
#define STORM 3000u
#define STEPS_MAX 20000u
#define WAITED_MAX 100u
#define HOSTILE_STEPS 200u
#define PATHS 2u

struct parcel {
    uint8_t *data;
    size_t size;
    hawser_time at;
    struct hawser_address from, to;
    unsigned receiver;
    uint8_t ecn;
};

/* What was sent and what became of it. */
struct note {
    size_t size, got;
    uint16_t stream;
    uint8_t side;       /* of the sender */
    uint8_t taken : 1;  /* hawser_send accepted it */
    uint8_t ordered : 1;
    uint8_t partial : 1; /* it may be given up */
    uint8_t delivered : 1;
    uint8_t aborted : 1; /* its beginning was delivered, and that it has failed was told */
    uint8_t failed : 1;
    uint8_t excused : 1; /* an end or a restart came between */
};

struct side {
    struct fuzz_host host;
    hawser *stack;
    hawser_id endpoint, assoc; /* assoc 0: none */
    bool had;                  /* there was one before */
    uint32_t last[16];         /* by stream: the last ordered message that came */
    uint8_t quote[64];         /* of the last packet that it sent, and how it went */
    size_t quote_size;
    struct hawser_address quote_remote, quote_local;
};

struct pair {
    struct fuzz_input input;
    struct side sides[2];
    hawser_time now;
    struct parcel link[LINK_MAX];
    unsigned link_count;
    struct note notes[MESSAGES_MAX];
    unsigned note_count;
    bool hostile, perfect;
    enum fuzz_world world;
    uint64_t seeds, dice; /* of the stacks; of extensions */
    uint8_t carrier;      /* what it does: HAWSER_CARRIER_ */
};

static struct pair pair;
static uint8_t buffer[70000];
static uint8_t bytes[40000];

static uint8_t pattern(unsigned message, size_t offset) { return (uint8_t)(message * 31u + offset * 7u + (offset >> 8)); }

static void check_both(void) {
    fuzz_check(&pair.sides[0].host, pair.sides[0].stack);
    fuzz_check(&pair.sides[1].host, pair.sides[1].stack);
}

/* An address of a side, as the other one and the carrier know it. */
static struct hawser_address place(unsigned side, unsigned number) {
    if (pair.world == FUZZ_ROUTES)
        return (struct hawser_address){.family = HAWSER_ROUTE, .route = 7};
    return fuzz_address_in(pair.world, side + 1, number, 0);
}

/* A carrier with one socket for both families shows IPv4 as IPv6. */
static struct hawser_address shown(struct hawser_address address) {
    if (pair.world == FUZZ_MAPPED && address.family == HAWSER_IPV4)
        return place(address.ip[2] - 1u, address.ip[3]);
    return address;
}

/* ---- the link --------------------------------------------------------------------------------------------------- */

static void put(const uint8_t *data, size_t size, hawser_time at, const struct hawser_departure *departure, unsigned from) {
    if (pair.link_count == LINK_MAX)
        return; /* a queue that is full drops */
    struct parcel *parcel = &pair.link[pair.link_count++];
    *parcel = (struct parcel){
        malloc(size), size, at, shown(departure->local), shown(departure->remote), 1 - from, departure->ecn};
    FUZZ_MUST(parcel->data != NULL);
    if (parcel->from.family == HAWSER_NONE)
        parcel->from = place(from, 0);
    if (pair.world == FUZZ_ROUTES)
        parcel->to.family = HAWSER_NONE;
    memcpy(parcel->data, data, size);
}

static void damage(struct parcel *parcel) {
    unsigned count = 1 + (fuzz_8(&pair.input) & 3u);
    for (unsigned i = 0; i < count; i++)
        parcel->data[fuzz_16(&pair.input) % parcel->size] ^= (uint8_t)(1u << (fuzz_8(&pair.input) & 7));
    if (pair.hostile)
        fuzz_seal(parcel->data, parcel->size);
}

/* A packet leaves; the next byte of the input is its fate. */
static void carry(const uint8_t *data, size_t size, const struct hawser_departure *departure, unsigned from) {
    uint8_t fate = pair.perfect || !fuzz_more(&pair.input) ? 0 : fuzz_8(&pair.input);
    hawser_time at = pair.now + 1000;
    if (fate >= 0xc0 && fate < 0xe0)
        return;
    if (fate >= 0x80 && fate < 0xc0)
        at += (hawser_time)(fate & 0x3f) * 5000;
    if (fate >= 0xf0 && !pair.hostile && (pair.carrier & HAWSER_CARRIER_INTEGRITY))
        return; /* the carrier finds the damage */
    unsigned before = pair.link_count;
    put(data, size, at, departure, from);
    if (fate >= 0x80 && fate & 1 && departure->ecn && pair.link_count > before) /* it waited in a queue that marks */
        pair.link[before].ecn = 3;
    if (fate >= 0xe0 && fate < 0xf0)
        put(data, size, at + (hawser_time)(fate & 15) * 30000, departure, from);
    else if (fate >= 0xf0 && pair.link_count > before)
        damage(&pair.link[before]);
}

static void leave(void *user, const uint8_t *packet, size_t size, const struct hawser_departure *departure) {
    struct side *side = user;
    carry(packet, size, departure, (unsigned)(side - pair.sides));
    side->quote_size = size < sizeof side->quote ? size : sizeof side->quote;
    memcpy(side->quote, packet, side->quote_size);
    side->quote_remote = departure->remote;
    side->quote_local = departure->local;
}

static void drain(unsigned number) {
    struct side *side = &pair.sides[number];
    struct hawser_departure departure = HAWSER_INIT(departure);
    departure.buffer = buffer;
    departure.capacity = sizeof buffer;
    departure.segments_max = 4;
    departure.carrier = pair.carrier;
    (void)fuzz_depart(side->stack, pair.now, &departure, STORM, leave, side);
    FUZZ_MUST(hawser_deadline(side->stack) > pair.now);
}

static void deliver(struct parcel *parcel) {
    struct hawser_arrival arrival = HAWSER_INIT(arrival);
    arrival.data = parcel->data;
    arrival.length = parcel->size;
    arrival.remote = parcel->from;
    arrival.local = parcel->to;
    arrival.ecn = parcel->ecn;
    arrival.carrier = pair.carrier;
    struct side *side = &pair.sides[parcel->receiver];
    fuzz_arrive(&side->host, side->stack, pair.now, &arrival);
    free(parcel->data);
}

/* Everything that has arrived by now, in order of arrival; both stacks answer. */
static void settle(void) {
    for (unsigned turns = 0; turns < STORM; turns++) {
        drain(0);
        drain(1);
        unsigned first = pair.link_count;
        for (unsigned i = 0; i < pair.link_count; i++)
            if (pair.link[i].at <= pair.now && (first == pair.link_count || pair.link[i].at < pair.link[first].at))
                first = i;
        if (first == pair.link_count)
            return;
        struct parcel parcel = pair.link[first];
        memmove(&pair.link[first], &pair.link[first + 1], (pair.link_count - first - 1) * sizeof parcel);
        pair.link_count--;
        deliver(&parcel);
    }
    fuzz_fail("two stacks answer each other without end", __FILE__, __LINE__);
}

static hawser_time next_event(void) {
    hawser_time next = HAWSER_NEVER;
    for (unsigned i = 0; i < 2; i++) {
        hawser_time deadline = hawser_deadline(pair.sides[i].stack);
        next = deadline < next ? deadline : next;
    }
    for (unsigned i = 0; i < pair.link_count; i++)
        next = pair.link[i].at < next ? pair.link[i].at : next;
    return next;
}

/* ---- the users -------------------------------------------------------------------------------------------------- */

static void prefer(struct side *side, int setting, int64_t value) {
    FUZZ_MUST(hawser_set(side->stack, pair.now, 0, 0, setting, value) == 0);
}

static void begin_side(unsigned number, uint8_t choice) {
    struct side *side = &pair.sides[number];
    *side = (struct side){.assoc = 0};
    fuzz_host_init(&side->host, ++pair.seeds * 1000 + number);
    struct hawser_options options = HAWSER_INIT(options);
    options.memory_max = 4 << 20;
    FUZZ_MUST(hawser_new(&side->stack, &options, &side->host.functions) == 0);
    fuzz_watch(&side->host, side->stack, number ? "B" : "A");
    pair.carrier = fuzz_extend(side->stack, fuzz_mix(pair.dice + number * choice));
    if (choice & 1)
        prefer(side, HAWSER_SET_RECEIVE_BUFFER, 4096 + 1000 * number);
    if (choice & 2)
        prefer(side, HAWSER_SET_SEND_BUFFER, 3000);
    if (choice & 4)
        prefer(side, HAWSER_SET_FRAGMENT_SIZE, 100);
    if (choice & 8)
        prefer(side, HAWSER_SET_SACK_DELAY, 0);
    if (choice & 16)
        prefer(side, HAWSER_SET_HB_ENABLED, 0);
    struct hawser_address list[PATHS] = {place(number, 0), place(number, 1)};
    struct hawser_endpoint_options endpoint = HAWSER_INIT(endpoint);
    endpoint.port = 5000;
    endpoint.addresses = list;
    endpoint.address_count = pair.world == FUZZ_ROUTES ? 0 : choice & 32 ? PATHS : 1;
    FUZZ_MUST(hawser_open(side->stack, &endpoint, &side->endpoint) == 0);
    fuzz_guard(side->stack, side->endpoint, fuzz_mix(pair.dice));
    FUZZ_MUST(hawser_listen(side->stack, side->endpoint, 3) == 0);
}

static void excuse_all(void) {
    for (unsigned i = 0; i < pair.note_count; i++)
        pair.notes[i].excused |= !pair.notes[i].delivered;
}

/* What the side was sent before it may be sent again, and it cannot know. */
static void forget(unsigned number) {
    for (unsigned i = 0; i < pair.note_count; i++)
        if (pair.notes[i].side != number) {
            pair.notes[i].got = pair.notes[i].delivered = 0;
            pair.notes[i].excused = 1;
        }
}

/* Another association than before: a peer that never heard of that one's end sends again what was read in it; and a COOKIE ECHO
 * that was late, of a collision that was settled otherwise, makes another one (5.1.5) and has DATA with it. */
static void begin_assoc(struct side *side) {
    if (side->had)
        forget((unsigned)(side - pair.sides));
    memset(side->last, 0, sizeof side->last);
    side->had = true;
}

static void take_arrival(struct side *side) {
    struct hawser_item item;
    if (hawser_receive(side->stack, side->endpoint, &item, 1) != 1)
        return;
    FUZZ_MUST(hawser_consume(side->stack, pair.now, side->endpoint, 1, 0) == 0);
    if (side->assoc) { /* two between these sides, of different addresses: the model follows one, and nobody reads the other */
        excuse_all();
        (void)hawser_close(side->stack, pair.now, item.association);
        return;
    }
    begin_assoc(side);
    side->assoc = item.association;
}

static void connect_side(unsigned number) {
    struct side *side = &pair.sides[number];
    take_arrival(side);
    struct hawser_address remote = place(1 - number, 0);
    struct hawser_connect_options options = HAWSER_INIT(options);
    options.port = 5000;
    options.addresses = &remote;
    options.address_count = 1;
    hawser_id id;
    if (!side->assoc && hawser_connect(side->stack, pair.now, side->endpoint, &options, &id) == 0) {
        side->assoc = id;
        begin_assoc(side);
    }
}

static void send_message(unsigned number, uint8_t choice) {
    struct side *side = &pair.sides[number];
    uint8_t length = fuzz_8(&pair.input);
    if (!side->assoc || pair.note_count == MESSAGES_MAX)
        return;
    unsigned id = pair.note_count;
    size_t size = length < 200 ? length + 1u : (length - 199u) * 512u;
    struct hawser_message message = HAWSER_INIT(message);
    struct hawser_span part = {bytes, size};
    uint8_t *to = bytes;
    if (choice & 0x40)
        part.data = to = fuzz_lend(&side->host, &message, size);
    for (size_t i = 0; i < size; i++)
        to[i] = pattern(id, i);
    message.parts = &part;
    message.part_count = 1;
    message.stream = choice & 7;
    message.ppid = id;
    message.context = id;
    message.flags = choice >> 3 & 7;
    if (choice & 0x80 && choice & 1)
        message.lifetime = 50000;
    fuzz_policy(&message, pair.dice << 16 | id);
    struct note *note = &pair.notes[id];
    *note = (struct note){.size = size, .stream = message.stream, .side = (uint8_t)number, .taken = 1};
    note->ordered = !(message.flags & HAWSER_SEND_UNORDERED);
    note->partial = message.policy != HAWSER_POLICY_RELIABLE;
    int error = hawser_send(side->stack, pair.now, side->assoc, &message);
    if (!error)
        pair.note_count++;
    else if (message.release)
        fuzz_unlend(&message);
}

static void compare(unsigned id, size_t offset, const struct hawser_piece *piece, size_t size) {
    uint8_t some[64];
    size_t at = 0, from = size / 2, copied = hawser_copy(piece, from, some, sizeof some);
    FUZZ_MUST(copied == (size - from < sizeof some ? size - from : sizeof some));
    for (size_t i = 0; i < copied; i++)
        FUZZ_MUST(pair.hostile || some[i] == pattern(id, offset + from + i));
    for (; piece; piece = piece->next)
        for (size_t i = 0; i < piece->size; i++, at++)
            FUZZ_MUST(pair.hostile || at >= size || piece->data[i] == pattern(id, offset + at));
    FUZZ_MUST(at == size);
}

/* A message, or `size` bytes of what is shown of it, reaches the user. */
static void take_message(unsigned number, const struct hawser_item *item, size_t size) {
    if (pair.hostile) {
        compare(item->message.ppid, 0, item->message.pieces, item->message.size);
        return;
    }
    struct side *side = &pair.sides[number];
    unsigned id = item->message.ppid;
    FUZZ_MUST(id < pair.note_count);
    struct note *note = &pair.notes[id];
    FUZZ_MUST(note->side != number && note->taken);
    FUZZ_MUST(!note->delivered && "delivered twice");
    FUZZ_MUST(item->message.stream == note->stream);
    FUZZ_MUST((item->flags & HAWSER_ITEM_UNORDERED) == 0 || !note->ordered);
    FUZZ_MUST(((item->flags & HAWSER_ITEM_CONTINUES) != 0) == (note->got != 0));
    compare(id, note->got, item->message.pieces, item->message.size);
    bool whole = size == item->message.size && !(item->flags & HAWSER_ITEM_MORE);
    if (note->ordered && note->got == 0) {
        FUZZ_MUST(side->last[note->stream] <= id && "out of order in its stream");
        side->last[note->stream] = id;
    }
    note->got += size;
    FUZZ_MUST(note->got <= note->size);
    if (item->flags & HAWSER_ITEM_ABORTED) { /* its sender says that it has failed */
        FUZZ_MUST(note->partial);
        note->aborted = 1;
        return;
    }
    if (whole) {
        FUZZ_MUST(note->got == note->size);
        note->delivered = 1;
    }
}

static void take_failure(const struct hawser_item *item) {
    unsigned id = (unsigned)item->failed.context;
    FUZZ_MUST(id < pair.note_count && !pair.notes[id].failed);
    pair.notes[id].failed = 1;
    FUZZ_MUST(pair.hostile || !pair.notes[id].delivered || item->failed.begun);
}

static void take_end(unsigned number, const struct hawser_item *item) {
    struct side *side = &pair.sides[number];
    FUZZ_MUST(item->end.reason != HAWSER_END_FAULT);
    FUZZ_MUST(pair.hostile || item->end.reason != HAWSER_END_VIOLATION);
    side->assoc = 0;
    if (item->end.reason != HAWSER_END_SHUTDOWN)
        excuse_all();
    else /* gracefully: what this side sent has arrived, though perhaps it is not yet read */
        memset(side->last, 0, sizeof side->last);
}

/* Reads up to `max` items, of the last perhaps a part; false: there was nothing. */
static bool read_side(unsigned number, size_t max, size_t part) {
    struct side *side = &pair.sides[number];
    struct hawser_item items[8];
    take_arrival(side);
    hawser_id id = side->assoc;
    size_t count = hawser_receive(side->stack, id, items, max < 8 ? max : 8), whole = count, rest = 0;
    if (count && part && items[count - 1].type == HAWSER_MESSAGE) {
        whole = count - 1;
        rest = part % (items[count - 1].message.size + 1);
    }
    for (size_t i = 0; i < whole; i++)
        switch (items[i].type) {
        case HAWSER_MESSAGE:
            take_message(number, &items[i], items[i].message.size);
            break;
        case HAWSER_SEND_FAILED:
            take_failure(&items[i]);
            break;
        case HAWSER_RESTARTED:
            memset(side->last, 0, sizeof side->last);
            break;
        case HAWSER_ENDED:
            take_end(number, &items[i]);
            break;
        default:
            break;
        }
    if (rest)
        take_message(number, &items[whole], rest);
    if (id && count)
        FUZZ_MUST(hawser_consume(side->stack, pair.now, id, whole, rest) == 0);
    return count != 0;
}

static void read_all(unsigned number) {
    while (read_side(number, 8, 0)) {
    }
}

/* What it was sent and has read it may be sent again: a peer that never heard of its COOKIE ACK does not know of a restart. */
static void restart_side(unsigned number) {
    struct side *side = &pair.sides[number];
    hawser_free(side->stack);
    fuzz_host_done(&side->host);
    excuse_all();
    forget(number);
    begin_side(number, fuzz_8(&pair.input));
}

/* The network complains of the last packet: nothing that it says may break a promise. */
static void complain(struct side *side, uint8_t choice) {
    static const uint8_t kinds[] = {HAWSER_REPORT_TOO_BIG, HAWSER_REPORT_UNREACHABLE, HAWSER_REPORT_ROUTE_CHANGED,
                                    HAWSER_REPORT_PORT};
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = kinds[choice & 3];
    report.mtu = (choice >> 2) * 25u;
    report.remote = side->quote_remote;
    report.local = side->quote_local;
    report.quoted = (struct hawser_span){side->quote, side->quote_size};
    hawser_report(side->stack, pair.now, &report);
}

/* ---- moves ------------------------------------------------------------------------------------------------------ */

static void play(void) {
    uint8_t move = fuzz_8(&pair.input);
    unsigned number = move >> 7;
    struct side *side = &pair.sides[number];
    switch (move & 31) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
        send_message(number, fuzz_8(&pair.input));
        break;
    case 8:
    case 9:
        read_all(number);
        break;
    case 10:
    case 11:
        (void)read_side(number, 1 + (move >> 5 & 3), fuzz_16(&pair.input));
        break;
    case 12:
    case 13:
        connect_side(number);
        break;
    case 14:
        if (side->assoc && move & 64)
            (void)hawser_shutdown(side->stack, pair.now, side->assoc);
        break;
    case 15:
        if (side->assoc && move & 64) {
            (void)hawser_abort(side->stack, pair.now, side->assoc, (struct hawser_span){bytes, 8});
            excuse_all();
        }
        break;
    case 16:
        if (move & 64)
            restart_side(number);
        break;
    case 17:
        side->host.fail_after = fuzz_8(&pair.input) & 31;
        side->host.fail = 1 + (move >> 5 & 3);
        break;
    case 18:
        if (side->assoc)
            (void)hawser_heartbeat(side->stack, pair.now, side->assoc, 1 + (move >> 5 & 1));
        break;
    case 19:
        complain(side, fuzz_8(&pair.input));
        break;
    case 21: {
        uint8_t choice = fuzz_8(&pair.input);
        struct hawser_address address = place(number, choice >> 2 & 3);
        if (pair.world != FUZZ_ROUTES)
            fuzz_readdress(side->stack, pair.now, choice & 0x80 ? side->endpoint : side->assoc, &address, choice);
        break;
    }
    case 20:
        fuzz_reconfigure(side->stack, pair.now, side->assoc, fuzz_8(&pair.input));
        break;
    default:
        if (move & 1 && next_event() != HAWSER_NEVER)
            pair.now = next_event() > pair.now ? next_event() : pair.now;
        else
            pair.now += 1000u << (move >> 5 & 3);
    }
    settle();
    check_both();
}

static bool busy(unsigned number) {
    struct hawser_status status = HAWSER_INIT(status);
    const struct side *side = &pair.sides[number];
    if (!side->assoc || hawser_status(side->stack, side->assoc, &status) < 0)
        return false;
    return status.queued_messages || status.reconfiguring ||
           (status.state != HAWSER_ESTABLISHED && status.state != HAWSER_CLOSED);
}

/* Of a message that was given up the beginning was read: a FORWARD TSN must come, if its reader has not closed. */
static bool half_read(void) {
    for (unsigned i = 0; i < pair.note_count; i++) {
        const struct note *note = &pair.notes[i];
        if (note->got && !note->delivered && !note->aborted && !note->excused)
            return true;
    }
    return false;
}

/* The link is perfect from now on, both read whatever comes. What is under way arrives, or the association ends. */
static void come_true(void) {
    unsigned waited = 0;
    pair.perfect = true;
    for (unsigned step = 0; step < STEPS_MAX; step++) {
        pair.sides[0].host.fail = pair.sides[1].host.fail = 0;
        settle();
        read_all(0);
        read_all(1);
        settle();
        bool idle = !busy(0) && !busy(1) && pair.link_count == 0;
        if (idle && (!half_read() || ++waited == WAITED_MAX || next_event() == HAWSER_NEVER))
            break;
        hawser_time next = next_event();
        /* What hostile packets left may wait for ever: a fragment that was sent on no stream keeps a window shut. */
        if (pair.hostile && (step >= HOSTILE_STEPS || next == HAWSER_NEVER))
            break;
        FUZZ_MUST(next != HAWSER_NEVER && "something is to be done and no one ever will");
        FUZZ_MUST(step + 1 < STEPS_MAX && "it never ends");
        pair.now = next > pair.now ? next : pair.now;
    }
    read_all(0);
    read_all(1);
    check_both();
    for (unsigned i = 0; i < pair.note_count && !pair.hostile; i++) {
        const struct note *note = &pair.notes[i];
        FUZZ_MUST(note->delivered || note->failed || note->excused);
    }
}

static void end_side(unsigned number) {
    struct side *side = &pair.sides[number];
    if (side->assoc)
        (void)hawser_close(side->stack, pair.now, side->assoc);
    (void)hawser_close(side->stack, pair.now, side->endpoint);
    drain(number);
    FUZZ_MUST(hawser_check_objects(side->stack) == 0);
    hawser_free(side->stack);
    fuzz_host_done(&side->host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pair = (struct pair){.input = {data, data + size}, .now = 1000000};
    uint8_t choice = fuzz_8(&pair.input);
    pair.hostile = choice & 128;
    pair.world = (enum fuzz_world)((choice >> 3 & 7) % FUZZ_WORLDS);
    pair.seeds = choice >> 6 & 1;
    pair.dice = choice;
    begin_side(0, fuzz_8(&pair.input));
    begin_side(1, fuzz_8(&pair.input));
    if (choice & 1)
        connect_side(0);
    if (choice & 2) /* at once: a collision */
        connect_side(1);
    if (choice & 4) { /* undisturbed */
        pair.perfect = true;
        for (unsigned i = 0; i < 8; i++) {
            settle();
            pair.now += 1000;
        }
        pair.perfect = false;
        read_all(0);
        read_all(1);
    }
    settle();
    for (unsigned i = 0; i < MOVES_MAX && fuzz_more(&pair.input); i++)
        play();
    come_true();
    end_side(0);
    end_side(1);
    for (unsigned i = 0; i < pair.link_count; i++)
        free(pair.link[i].data);
    return 0;
}
