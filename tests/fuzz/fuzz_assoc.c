/* SPDX-License-Identifier: MIT
 *
 * One stack, through the public header alone, against a peer that knows tags and TSNs and stops at nothing. The first byte picks
 * the state in which it begins, the second the settings, the third the seed of its chance, the kind of its addresses and whether
 * it is a shard; then each byte is a move: a packet, a call, time that passes, a report, allocations that fail. After each move
 * everything must still fit together, and no packet may have cost more than its size explains.
 */
#include "peer.h"

#include <stdlib.h>

#define MOVES_MAX 400u
#define IDS_MAX 16u
#define STORM 600u /* packets that one move may cause */
#define SEND_MAX 16384u
#define ADDRESSES 3u

struct fuzz {
    struct fuzz_input input;
    struct fuzz_host host;
    hawser *stack;
    hawser_time now;
    struct peer peer;
    hawser_id ids[IDS_MAX];
    unsigned id_count;
    hawser_id endpoint, assoc;  /* what most moves are about */
    bool hold;                  /* output waits */
    bool opened;                /* a message was begun and perhaps not ended: it may wait for ever */
    size_t capacity;            /* of the carrier's buffer */
    uint8_t carrier;            /* what it does: HAWSER_CARRIER_ */
    bool shard;
    struct peer_packet packet;
};

#define SHARD_BITS 4u
#define SHARD 9u

static uint8_t outgoing[70000];
static uint8_t text[SEND_MAX];

/* ---- what must hold --------------------------------------------------------------------------------------------- */

static void learn_id(struct fuzz *fuzz, hawser_id id, bool is_assoc) {
    if (is_assoc)
        fuzz->assoc = id;
    else
        fuzz->endpoint = id;
    for (unsigned i = 0; i < fuzz->id_count; i++)
        if (fuzz->ids[i] == id)
            return;
    if (fuzz->id_count < IDS_MAX)
        fuzz->ids[fuzz->id_count++] = id;
    else { /* in the place of an older one */
        unsigned place = (unsigned)(id % IDS_MAX);
        hawser_close(fuzz->stack, fuzz->now, fuzz->ids[place]);
        fuzz->ids[place] = id;
    }
}

/* An association that has something to do does it or has a timer. */
static void check_alive(struct fuzz *fuzz, hawser_id id) {
    struct hawser_status status = HAWSER_INIT(status);
    if (hawser_status(fuzz->stack, id, &status) < 0)
        return;
    bool waits = status.state == HAWSER_COOKIE_WAIT || status.state == HAWSER_COOKIE_ECHOED ||
                 status.state == HAWSER_SHUTDOWN_SENT || status.state == HAWSER_SHUTDOWN_ACK_SENT || status.in_flight;
    FUZZ_MUST(!waits || hawser_deadline(fuzz->stack) != HAWSER_NEVER);
    bool sends = status.state == HAWSER_ESTABLISHED || status.state == HAWSER_SHUTDOWN_PENDING ||
                 status.state == HAWSER_SHUTDOWN_RECEIVED;
    FUZZ_MUST(!sends || !status.queued_messages || fuzz->opened || hawser_deadline(fuzz->stack) != HAWSER_NEVER);
    bool closing = status.state == HAWSER_SHUTDOWN_PENDING || status.state == HAWSER_SHUTDOWN_RECEIVED;
    FUZZ_MUST(!closing || status.in_flight || status.queued_messages);
}

static void observe(void *user, const uint8_t *packet, size_t size, const struct hawser_departure *departure) {
    struct fuzz *fuzz = user;
    (void)departure;
    peer_observe(&fuzz->peer, packet, size);
}

static void let_out(struct fuzz *fuzz) {
    struct hawser_departure departure = HAWSER_INIT(departure);
    departure.buffer = outgoing;
    departure.capacity = fuzz->capacity;
    departure.segments_max = fuzz->now & 1 ? 1 : 8;
    departure.carrier = fuzz->carrier;
    (void)fuzz_depart(fuzz->stack, fuzz->now, &departure, STORM, observe, fuzz);
}

static void drain(struct fuzz *fuzz) {
    let_out(fuzz);
    if (fuzz->capacity < sizeof outgoing && hawser_deadline(fuzz->stack) <= fuzz->now) { /* what was cut before needs more */
        fuzz->capacity = sizeof outgoing;
        let_out(fuzz);
    }
    uint32_t tag = fuzz->peer.offered_tag;
    FUZZ_MUST(!fuzz->shard || !tag || tag >> (32 - SHARD_BITS) == SHARD);
    FUZZ_MUST(hawser_deadline(fuzz->stack) > fuzz->now); /* or a loop would turn for ever */
    for (unsigned i = 0; i < fuzz->id_count; i++)
        check_alive(fuzz, fuzz->ids[i]);
}

/* ---- the way to a state ----------------------------------------------------------------------------------------- */

static void arrive(struct fuzz *fuzz, const struct peer_packet *packet) {
    struct hawser_arrival arrival = HAWSER_INIT(arrival);
    arrival.data = packet->data;
    arrival.length = packet->size;
    arrival.remote = packet->remote;
    arrival.local = packet->local;
    arrival.ecn = packet->ecn;
    arrival.carrier = fuzz->carrier;
    fuzz_arrive(&fuzz->host, fuzz->stack, fuzz->now, &arrival);
}

typedef void writes(struct peer *peer, struct hw_writer *writer);
static void writes_init(struct peer *peer, struct hw_writer *writer) { peer_write_init(peer, writer, HW_INIT); }
static void writes_init_ack(struct peer *peer, struct hw_writer *writer) { peer_write_init(peer, writer, HW_INIT_ACK); }
static void writes_cookie_ack(struct peer *peer, struct hw_writer *writer) {
    (void)peer;
    hw_write_chunk(writer, HW_COOKIE_ACK, 0, (struct hawser_span){NULL, 0});
}
static void writes_sack(struct peer *peer, struct hw_writer *writer) { peer_write_sack(peer, writer, 65536); }

static void say(struct fuzz *fuzz, uint32_t tag, writes *write) {
    struct hw_writer writer;
    peer_begin(&fuzz->peer, &fuzz->packet, &writer, tag);
    write(&fuzz->peer, &writer);
    peer_end(&fuzz->packet, &writer);
    arrive(fuzz, &fuzz->packet);
    drain(fuzz);
}

static int open_endpoint(struct fuzz *fuzz, uint16_t port, unsigned addresses) {
    struct hawser_address list[ADDRESSES];
    for (unsigned i = 0; i < ADDRESSES; i++)
        list[i] = peer_address(&fuzz->peer, 1, i);
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    options.port = port;
    options.addresses = list;
    options.address_count = (uint16_t)(fuzz->peer.world == FUZZ_ROUTES ? 0 : addresses);
    hawser_id id;
    int error = hawser_open(fuzz->stack, &options, &id);
    if (error)
        return error;
    learn_id(fuzz, id, false);
    fuzz_guard(fuzz->stack, id, fuzz->host.dice >> 8);
    return 0;
}

static int connect_to(struct fuzz *fuzz, uint16_t port, unsigned addresses) {
    struct hawser_address list[ADDRESSES];
    for (unsigned i = 0; i < ADDRESSES; i++)
        list[i] = peer_address(&fuzz->peer, 2, i);
    struct hawser_connect_options options = HAWSER_INIT(options);
    options.port = port;
    options.addresses = list;
    options.address_count = (uint16_t)addresses;
    hawser_id id;
    int error = hawser_connect(fuzz->stack, fuzz->now, fuzz->endpoint, &options, &id);
    if (!error)
        learn_id(fuzz, id, true);
    return error;
}

static int send_text(struct fuzz *fuzz, size_t size) {
    struct hawser_message message = HAWSER_INIT(message);
    struct hawser_span part = {text, size};
    message.parts = &part;
    message.part_count = 1;
    return hawser_send(fuzz->stack, fuzz->now, fuzz->assoc, &message);
}

static void expect(struct fuzz *fuzz, enum hawser_state state) {
    struct hawser_status status = HAWSER_INIT(status);
    FUZZ_MUST(hawser_status(fuzz->stack, fuzz->assoc, &status) == 0 && status.state == (uint32_t)state);
}

static void go_active(struct fuzz *fuzz, unsigned addresses, enum hawser_state state) {
    fuzz->peer.addresses = addresses;
    FUZZ_MUST(open_endpoint(fuzz, fuzz->peer.stack_port, addresses) == 0);
    FUZZ_MUST(connect_to(fuzz, fuzz->peer.port, 1) == 0);
    drain(fuzz);
    if (state >= HAWSER_COOKIE_ECHOED)
        say(fuzz, fuzz->peer.stack_tag, writes_init_ack);
    /* peer.stack_tag is what its INIT said; the INIT ACK was the peer's own */
    if (state >= HAWSER_ESTABLISHED)
        say(fuzz, fuzz->peer.stack_tag, writes_cookie_ack);
}

static void take_arrival(struct fuzz *fuzz) {
    struct hawser_item item;
    if (hawser_receive(fuzz->stack, fuzz->endpoint, &item, 1) == 0)
        return;
    FUZZ_MUST(item.type == HAWSER_ARRIVED);
    FUZZ_MUST(hawser_consume(fuzz->stack, fuzz->now, fuzz->endpoint, 1, 0) == 0);
    learn_id(fuzz, item.association, true);
}

static void shake_hands(struct fuzz *fuzz) {
    say(fuzz, 0, writes_init);
    say(fuzz, fuzz->peer.offered_tag, peer_write_cookie_echo);
}

static void go_passive(struct fuzz *fuzz, unsigned addresses) {
    fuzz->peer.addresses = addresses;
    FUZZ_MUST(open_endpoint(fuzz, fuzz->peer.stack_port, addresses) == 0);
    FUZZ_MUST(hawser_listen(fuzz->stack, fuzz->endpoint, 4) == 0);
    shake_hands(fuzz);
    take_arrival(fuzz);
}

static void leave_data(struct fuzz *fuzz) {
    FUZZ_MUST(send_text(fuzz, 700) == 0);
    FUZZ_MUST(send_text(fuzz, 800) == 0);
    drain(fuzz);
}

static void start(struct fuzz *fuzz, uint8_t choice) {
    unsigned state = choice % 14;
    if (state == 0) {
        FUZZ_MUST(open_endpoint(fuzz, fuzz->peer.stack_port, choice & 16 ? 0 : ADDRESSES) == 0);
        FUZZ_MUST(hawser_listen(fuzz->stack, fuzz->endpoint, 2) == 0);
        return;
    }
    if (state <= 2 || state == 4 || state == 6)
        go_active(fuzz, state == 6 ? ADDRESSES : 1,
                  state == 1   ? HAWSER_COOKIE_WAIT
                  : state == 2 ? HAWSER_COOKIE_ECHOED
                               : HAWSER_ESTABLISHED);
    else
        go_passive(fuzz, state == 5 || choice & 16 ? ADDRESSES : 1);
    if (state == 7 || state == 9 || state == 12)
        leave_data(fuzz);
    if (state == 7 || state == 8)
        FUZZ_MUST(hawser_shutdown(fuzz->stack, fuzz->now, fuzz->assoc) == 0);
    if (state == 9) /* of what it was sent, the peer has nothing */
        fuzz->peer.heard = fuzz->peer.offered_tsn - 1;
    if (state == 9 || state == 10)
        say(fuzz, fuzz->peer.stack_tag, peer_write_shutdown);
    if (state == 11 || state == 12) { /* the peer restarts */
        fuzz->peer.tag ^= 0x5555;
        fuzz->peer.tsn += 100000;
        shake_hands(fuzz);
    }
    drain(fuzz);
    static const enum hawser_state states[] = {0,
                                               HAWSER_COOKIE_WAIT,
                                               HAWSER_COOKIE_ECHOED,
                                               HAWSER_ESTABLISHED,
                                               HAWSER_ESTABLISHED,
                                               HAWSER_ESTABLISHED,
                                               HAWSER_ESTABLISHED,
                                               HAWSER_SHUTDOWN_PENDING,
                                               HAWSER_SHUTDOWN_SENT,
                                               HAWSER_SHUTDOWN_RECEIVED,
                                               HAWSER_SHUTDOWN_ACK_SENT,
                                               HAWSER_ESTABLISHED,
                                               HAWSER_ESTABLISHED,
                                               HAWSER_ESTABLISHED};
    expect(fuzz, states[state]);
}

static void prefer(struct fuzz *fuzz, int setting, int64_t value) {
    FUZZ_MUST(hawser_set(fuzz->stack, 0, 0, 0, setting, value) == 0);
}

static void settings(struct fuzz *fuzz, uint8_t choice) {
    if (choice & 1)
        prefer(fuzz, HAWSER_SET_RECEIVE_BUFFER, 4096);
    if (choice & 2)
        prefer(fuzz, HAWSER_SET_SEND_BUFFER, 2000);
    if (choice & 4)
        prefer(fuzz, HAWSER_SET_MEMORY_MAX, 32768);
    if (choice & 8) {
        prefer(fuzz, HAWSER_SET_FRAGMENT_SIZE, 64);
        prefer(fuzz, HAWSER_SET_NO_DELAY, 1);
    }
    if (choice & 32)
        prefer(fuzz, HAWSER_SET_PARTIAL_DELIVERY, 100);
    if (choice & 64) {
        prefer(fuzz, HAWSER_SET_SENDER_DRY, 1);
        prefer(fuzz, HAWSER_SET_HB_INTERVAL, 1000000);
        prefer(fuzz, HAWSER_SET_SACK_DELAY, 0);
    }
}

/* ---- moves ------------------------------------------------------------------------------------------------------ */

static hawser_id choose_id(struct fuzz *fuzz) {
    uint8_t choice = fuzz_8(&fuzz->input);
    if (choice == 255)
        return fuzz_32(&fuzz->input);
    if (choice == 254)
        return 0; /* the stack itself, where that is allowed */
    if (choice < 128 || !fuzz->id_count)
        return fuzz->assoc;
    return fuzz->ids[choice % fuzz->id_count];
}

static void move_packet(struct fuzz *fuzz) {
    peer_packet(&fuzz->peer, &fuzz->input, &fuzz->packet);
    arrive(fuzz, &fuzz->packet);
}

static void move_raw(struct fuzz *fuzz) {
    struct hw_writer writer;
    uint8_t choice = fuzz_8(&fuzz->input);
    peer_begin(&fuzz->peer, &fuzz->packet, &writer, fuzz->peer.stack_tag);
    struct hawser_span raw = fuzz_span(&fuzz->input, choice & 0x3f);
    hw_write_bytes(&writer, raw.data, raw.size);
    peer_end(&fuzz->packet, &writer);
    if (choice & 0x80) /* a train of two, or of what is left of it when it is cut amiss */
        fuzz->packet.size -= fuzz->packet.size ? choice >> 6 & 1 : 0;
    arrive(fuzz, &fuzz->packet);
}

static void move_same_again(struct fuzz *fuzz) { /* as a train: of three, or of more than there is room for answers */
    static uint8_t train[40 * sizeof fuzz->packet.data];
    uint8_t choice = fuzz_8(&fuzz->input);
    size_t size = fuzz->packet.size, count = choice & 0x80 ? 40 : 3;
    if (!size)
        return;
    for (unsigned i = 0; i < count; i++)
        memcpy(train + i * size, fuzz->packet.data, size);
    struct hawser_arrival arrival = HAWSER_INIT(arrival);
    arrival.data = train;
    arrival.length = count * size - (choice & 15u);
    arrival.segment_size = size;
    arrival.remote = fuzz->packet.remote;
    arrival.local = fuzz->packet.local;
    fuzz_arrive(&fuzz->host, fuzz->stack, fuzz->now, &arrival);
}

static void move_acknowledge(struct fuzz *fuzz) {
    struct hw_writer writer;
    peer_begin(&fuzz->peer, &fuzz->packet, &writer, fuzz->peer.stack_tag);
    writes_sack(&fuzz->peer, &writer);
    peer_end(&fuzz->packet, &writer);
    arrive(fuzz, &fuzz->packet);
}

static void move_handshake(struct fuzz *fuzz) {
    switch (fuzz_8(&fuzz->input) % 5) {
    case 0:
        say(fuzz, 0, writes_init);
        break;
    case 1:
        say(fuzz, fuzz->peer.offered_tag, peer_write_cookie_echo);
        break;
    case 2:
        say(fuzz, fuzz->peer.stack_tag, writes_init_ack);
        break;
    case 3:
        say(fuzz, fuzz->peer.stack_tag, writes_cookie_ack);
        break;
    default:
        fuzz->peer.tag = fuzz_mix(fuzz->peer.tag) & UINT32_MAX;
        shake_hands(fuzz);
        take_arrival(fuzz);
    }
}

static void move_send(struct fuzz *fuzz) {
    uint8_t flags = fuzz_8(&fuzz->input), length = fuzz_8(&fuzz->input), stream = fuzz_8(&fuzz->input);
    size_t size = length < 128 ? length : (length - 127u) * (length & 1 ? 16u : 128u);
    struct hawser_message message = HAWSER_INIT(message);
    struct hawser_span parts[3] = {{text, size}, {text, 0}, {text, 0}};
    message.parts = parts;
    message.part_count = 1;
    message.stream = stream % 11; /* one more than there are */
    message.ppid = stream;
    message.flags = flags & 15;
    message.context = length;
    if (stream & 0x80)
        message.path = fuzz_8(&fuzz->input) % 5;
    if (stream & 0x40)
        message.lifetime = fuzz_16(&fuzz->input) * 100u;
    if (flags & 16)
        parts[0].data = fuzz_lend(&fuzz->host, &message, size);
    else if (flags & 32) {
        parts[0].size = size / 3;
        parts[1].size = size - size / 3;
        message.part_count = 3;
    }
    fuzz_policy(&message, (uint64_t)flags << 16 | (uint64_t)length << 8 | stream);
    int error = hawser_send(fuzz->stack, fuzz->now, choose_id(fuzz), &message);
    if (error && message.release)
        fuzz_unlend(&message);
    if (!error && message.flags & HAWSER_SEND_MORE)
        fuzz->opened = true;
}

static unsigned touch(const struct hawser_piece *piece, size_t size) {
    unsigned sum = 0;
    size_t seen = 0;
    for (; piece; piece = piece->next) {
        for (size_t i = 0; i < piece->size; i++)
            sum += piece->data[i];
        seen += piece->size;
    }
    FUZZ_MUST(seen == size);
    return sum;
}

static void look_at(const struct hawser_item *item) {
    unsigned sum = 0;
    switch (item->type) {
    case HAWSER_MESSAGE:
        FUZZ_MUST(item->message.size > 0 || !(item->flags & HAWSER_ITEM_MORE));
        sum = touch(item->message.pieces, item->message.size);
        break;
    case HAWSER_SEND_FAILED:
        sum = touch(item->failed.pieces, item->failed.size);
        break;
    case HAWSER_REMOTE_ERROR:
    case HAWSER_ENDED:
        for (size_t i = 0; i < item->end.size; i++)
            sum += item->end.data[i];
        FUZZ_MUST(item->type != HAWSER_ENDED || (item->end.reason && item->end.reason != HAWSER_END_FAULT));
        break;
    case HAWSER_ARRIVED:
        break;
    case HAWSER_STREAMS_RESET:
        for (size_t i = 0; i < item->reset.stream_count; i++)
            sum += item->reset.streams[i];
        break;
    case HAWSER_ASSOCIATION_RESET:
    case HAWSER_STREAMS_CHANGED:
    case HAWSER_ADAPTATION:
    case HAWSER_ADDRESS_CHANGED:
    case HAWSER_KEY_EVENT:
        break;
    default:
        FUZZ_MUST(item->type >= HAWSER_UP && item->type <= HAWSER_SENDER_DRY);
    }
    (void)sum;
}

static void move_receive(struct fuzz *fuzz) {
    struct hawser_item items[8];
    hawser_id id = choose_id(fuzz);
    uint8_t choice = fuzz_8(&fuzz->input);
    size_t shown = hawser_receive(fuzz->stack, id, items, 1 + (choice & 7u)), taken = shown;
    for (size_t i = 0; i < shown; i++) {
        look_at(&items[i]);
        FUZZ_MUST(items[i].type != HAWSER_ENDED || i + 1 == shown);
    }
    size_t bytes = 0;
    if (choice & 0x80) { /* not all */
        taken = shown ? (choice >> 4 & 7u) % shown : 0;
        if (taken < shown && items[taken].type == HAWSER_MESSAGE && choice & 8)
            bytes = fuzz_8(&fuzz->input) % (items[taken].message.size + 1);
    }
    bool ends = taken && items[taken - 1].type == HAWSER_ENDED;
    int error = hawser_consume(fuzz->stack, fuzz->now, id, taken, bytes);
    FUZZ_MUST(error == 0 || (shown == 0 && error == HAWSER_ERR_GONE));
    for (size_t i = 0; i < taken; i++) /* not before: it may close one that is still to be taken */
        if (items[i].type == HAWSER_ARRIVED)
            learn_id(fuzz, items[i].association, true);
    if (ends) {
        FUZZ_MUST(hawser_receive(fuzz->stack, id, items, 1) == 0);
        FUZZ_MUST(hawser_shutdown(fuzz->stack, fuzz->now, id) == HAWSER_ERR_GONE);
    }
}

static void move_time(struct fuzz *fuzz, uint8_t move) {
    uint8_t choice = fuzz_8(&fuzz->input);
    hawser_time deadline = hawser_deadline(fuzz->stack);
    if (move == 0 && deadline != HAWSER_NEVER && deadline > fuzz->now)
        fuzz->now = deadline;
    else
        fuzz->now += (uint64_t)(choice + 1u) << (choice & 15);
    if (choice & 1) /* a clock that goes backwards stands still */
        hawser_input(fuzz->stack, choice & 2 ? fuzz->now : fuzz->now / 2, NULL);
}

static void move_set(struct fuzz *fuzz) {
    uint8_t choice = fuzz_8(&fuzz->input);
    const struct hawser_setting_info *info = hawser_setting_info(choice & 31);
    int64_t value = info->standard;
    switch (choice >> 5) {
    case 0:
        value = info->min;
        break;
    case 1:
        value = info->max;
        break;
    case 2:
        value = info->min + fuzz_8(&fuzz->input);
        break;
    case 3:
        value = info->min + fuzz_16(&fuzz->input);
        break;
    case 4:
        value = info->max + 1;
        break;
    default:
        break;
    }
    hawser_id id = choose_id(fuzz);
    uint32_t path = fuzz_8(&fuzz->input) & 3;
    int error = hawser_set(fuzz->stack, fuzz->now, id, path, info->number, value);
    FUZZ_MUST(error != 0 || (value >= info->min && value <= info->max));
    int64_t got;
    if (error == 0 && id && hawser_get(fuzz->stack, id, path, info->number, &got) == 0)
        FUZZ_MUST(got >= info->min && got <= info->max);
}

static void move_report(struct fuzz *fuzz) {
    uint8_t choice = fuzz_8(&fuzz->input), which = fuzz_8(&fuzz->input);
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = choice % 9;
    report.mtu = choice & 0x80 ? fuzz_16(&fuzz->input) : 0;
    report.remote = peer_address(&fuzz->peer, 2, which & 3);
    report.local = peer_address(&fuzz->peer, 1, which >> 2 & 7);
    report.quoted = (struct hawser_span){fuzz->peer.quote, fuzz->peer.quote_size};
    if (which & 0x80) {
        report.quoted = fuzz_span(&fuzz->input, which & 63);
    } else if (which & 0x40 && report.quoted.size > 8)
        report.quoted.size = 8 + fuzz_8(&fuzz->input) % (report.quoted.size - 8);
    hawser_report(fuzz->stack, fuzz->now, &report);
}

static void move_look(struct fuzz *fuzz) {
    struct hawser_ready ready;
    for (unsigned i = 0; hawser_next(fuzz->stack, &ready); i++)
        FUZZ_MUST(i < 1000);
    struct hawser_status status = HAWSER_INIT(status);
    struct hawser_path_status path = HAWSER_INIT(path);
    hawser_id id = choose_id(fuzz);
    if (hawser_status(fuzz->stack, id, &status) < 0)
        return;
    FUZZ_MUST(status.state == HAWSER_CLOSED || status.path_count > 0);
    for (uint32_t i = 0; i < status.path_count; i++) {
        FUZZ_MUST(hawser_path_status(fuzz->stack, id, i, &path) == 0);
        FUZZ_MUST(path.mtu >= 576 && path.cwnd >= 440 && path.rto);
    }
    FUZZ_MUST(hawser_path_status(fuzz->stack, id, status.path_count, &path) < 0);
    for (int counter = -1; counter <= HAWSER_COUNTER_COUNT; counter++)
        (void)hawser_counter(fuzz->stack, id, counter);
}

static void move_fail(struct fuzz *fuzz) {
    uint8_t choice = fuzz_8(&fuzz->input);
    fuzz->host.fail_after = choice & 15;
    fuzz->host.fail = 1 + (choice >> 4);
}

static void call(struct fuzz *fuzz, uint8_t move) {
    struct hawser_span reason;
    switch (move) {
    case 0:
        (void)hawser_shutdown(fuzz->stack, fuzz->now, choose_id(fuzz));
        break;
    case 1:
        reason = fuzz_span(&fuzz->input, fuzz_8(&fuzz->input) & 15);
        (void)hawser_abort(fuzz->stack, fuzz->now, choose_id(fuzz), reason);
        break;
    case 2:
        (void)hawser_close(fuzz->stack, fuzz->now, choose_id(fuzz));
        break;
    case 3:
        (void)hawser_heartbeat(fuzz->stack, fuzz->now, choose_id(fuzz), fuzz_8(&fuzz->input) & 3);
        break;
    case 4:
        (void)hawser_listen(fuzz->stack, fuzz_8(&fuzz->input) & 128 ? choose_id(fuzz) : fuzz->endpoint, fuzz_8(&fuzz->input) & 3);
        break;
    case 5:
        (void)connect_to(fuzz, (uint16_t)(fuzz->peer.port + (fuzz_8(&fuzz->input) & 1)), 1 + fuzz_8(&fuzz->input) % ADDRESSES);
        break;
    case 9: {
        uint8_t choice = fuzz_8(&fuzz->input);
        struct hawser_address address = peer_address(&fuzz->peer, 1, choice >> 2 & 7);
        if (choice >= 0xe0)
            fuzz_rekey(fuzz->stack, choose_id(fuzz), fuzz_8(&fuzz->input));
        else
            fuzz_readdress(fuzz->stack, fuzz->now, choose_id(fuzz), &address, choice);
        break;
    }
    case 8:
        fuzz_reconfigure(fuzz->stack, fuzz->now, choose_id(fuzz), fuzz_8(&fuzz->input));
        break;
    case 6:
        fuzz->capacity = (size_t[]){576, 700, 1280, sizeof outgoing}[fuzz_8(&fuzz->input) & 3];
        (void)hawser_set_user(fuzz->stack, choose_id(fuzz), fuzz);
        (void)hawser_port(fuzz->stack, choose_id(fuzz));
        break;
    default:
        (void)open_endpoint(fuzz, fuzz_8(&fuzz->input) & 1 ? fuzz->peer.stack_port : 0, fuzz_8(&fuzz->input) % (ADDRESSES + 1));
    }
}

static void play(struct fuzz *fuzz) {
    uint8_t move = fuzz_8(&fuzz->input) & 31;
    switch (move) {
    case 11:
        move_raw(fuzz);
        break;
    case 12:
        move_same_again(fuzz);
        break;
    case 13:
        move_handshake(fuzz);
        break;
    case 14:
    case 15:
        move_acknowledge(fuzz);
        break;
    case 16:
    case 17:
        move_send(fuzz);
        break;
    case 18:
        move_receive(fuzz);
        break;
    case 19:
    case 20:
        move_time(fuzz, move & 1);
        break;
    case 21:
        move_set(fuzz);
        break;
    case 22:
        move_report(fuzz);
        break;
    case 23:
        move_look(fuzz);
        break;
    case 24:
        move_fail(fuzz);
        break;
    default:
        if (move < 11)
            move_packet(fuzz);
        else if (move == 25)
            fuzz->hold = !fuzz->hold;
        else
            call(fuzz, fuzz_8(&fuzz->input) % 10);
    }
    fuzz_check(&fuzz->host, fuzz->stack);
    if (!fuzz->hold) {
        drain(fuzz);
        fuzz_check(&fuzz->host, fuzz->stack);
    }
}

/* All that was opened is closed, the last packets leave, and nothing is left. */
static void finish(struct fuzz *fuzz) {
    fuzz->host.fail = 0;
    for (unsigned i = 0; i < fuzz->id_count; i++)
        (void)hawser_close(fuzz->stack, fuzz->now, fuzz->ids[i]);
    fuzz->id_count = 0;
    drain(fuzz);
    fuzz_check(&fuzz->host, fuzz->stack);
    FUZZ_MUST(hawser_check_objects(fuzz->stack) == 0);
    FUZZ_MUST(fuzz->host.lent_bytes == 0);
    FUZZ_MUST(hawser_deadline(fuzz->stack) == HAWSER_NEVER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct fuzz fuzz;
    fuzz = (struct fuzz){.input = {data, data + size}, .now = 1000000, .capacity = sizeof outgoing};
    uint8_t state = fuzz_8(&fuzz.input), choice = fuzz_8(&fuzz.input), seed = fuzz_8(&fuzz.input);
    fuzz_host_init(&fuzz.host, seed);
    fuzz.host.guessable = true;
    struct hawser_options options = HAWSER_INIT(options);
    options.memory_max = choice & 16 ? 150000 : 4 << 20;
    fuzz.shard = seed & 128;
    if (fuzz.shard) {
        options.shard_bits = SHARD_BITS;
        options.shard = SHARD;
    }
    if (seed & 64) { /* there is not enough for a stack at first */
        fuzz.host.fail_after = state >> 4 & 7;
        fuzz.host.fail = 1;
    }
    if (hawser_new(&fuzz.stack, &options, &fuzz.host.functions)) {
        FUZZ_MUST(fuzz.host.failed && fuzz.host.blocks == 0);
        FUZZ_MUST(hawser_new(&fuzz.stack, &options, &fuzz.host.functions) == 0);
    }
    fuzz.host.fail = 0;
    fuzz_watch(&fuzz.host, fuzz.stack, "S");
    fuzz.peer = (struct peer){.world = (enum fuzz_world)((seed >> 3 & 15) % FUZZ_WORLDS),
                              .port = 6000,
                              .stack_port = 5000,
                              .udp_port = seed & 1 ? 9899 : 0,
                              .addresses = 1,
                              .tag = 0x70656572,
                              .tsn = choice & 128 ? UINT32_MAX - 3 : 1000};
    settings(&fuzz, choice);
    uint64_t dice = fuzz_mix((uint64_t)state << 16 | (uint64_t)choice << 8 | seed);
    fuzz.carrier = fuzz_extend(fuzz.stack, dice);
    fuzz.peer.extensions = (uint8_t)(dice & 3 ? dice >> 32 : 0);
    if (seed & 4) /* then no heartbeat hides that another timer is missing */
        prefer(&fuzz, HAWSER_SET_HB_ENABLED, 0);
    start(&fuzz, state);
    for (unsigned i = 0; i < MOVES_MAX && fuzz_more(&fuzz.input); i++)
        play(&fuzz);
    if (seed & 2)
        finish(&fuzz);
    hawser_free(fuzz.stack);
    fuzz_host_done(&fuzz.host);
    return 0;
}
