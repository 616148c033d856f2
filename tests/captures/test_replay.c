/* SPDX-License-Identifier: MIT
 *
 * Conversations of browsers and libdatachannel, from their captures: what each INIT offers is negotiated as the RFCs say, and one
 * side's packets are fed to a stack that plays the other, with its tag and its TSN and with its messages at its times.
 * All must be delivered as it was, and acknowledged. Without the folder the test is skipped, but fails under CI=true.
 */
#include "core/assoc.h"
#include <dirent.h>
#include <hawser/check.h>
#include <hawser/view.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "../shared/peers/webrtc/captures"
#define SKIPPED 77
#define PACKETS_MAX 200
#define MESSAGES_MAX 100
#define MESSAGE_MAX 65536
#define EVERYTHING (HW_EXT_PARTIAL | HW_EXT_INTERLEAVING | HW_EXT_RECONFIG | HW_EXT_AUTH | HW_EXT_ASCONF)

struct message {
    uint16_t stream;
    uint32_t ppid;
    bool unordered;
    size_t packet; /* that it begins in */
    size_t size;
    uint8_t bytes[MESSAGE_MAX];
};

struct side {
    uint32_t tag, tsn; /* its own, as its INIT says */
    uint32_t extensions;
    bool init_seen;
    size_t message_count;
    struct message messages[MESSAGES_MAX];
};

struct conversation {
    const char *name;
    size_t packet_count;
    struct hawser_span packets[PACKETS_MAX];
    hawser_time times[PACKETS_MAX];
    struct side sides[2]; /* who answers with INIT ACK, and who is to be played */
};

static struct conversation talk;
static unsigned failures;

static bool fail(const char *text) {
    fprintf(stderr, "FAIL: %s: %s\n", talk.name, text);
    failures++;
    return false;
}

/* ---- the world of a stack --------------------------------------------------------------------------------------- */

static struct {
    uint32_t words[2]; /* what the next small draws of chance give: tag and TSN */
    unsigned word_count, next;
    uint64_t dice;
} chance;

static void *allocate(void *user, size_t size) {
    (void)user;
    return malloc(size);
}

static void release(void *user, void *memory, size_t size) {
    (void)user, (void)size;
    free(memory);
}

static void random_bytes(void *user, void *out, size_t size) {
    uint8_t *bytes = out;
    (void)user;
    if (size == 4 && chance.next < chance.word_count) {
        memcpy(out, &chance.words[chance.next++], 4);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        chance.dice = chance.dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bytes[i] = (uint8_t)(chance.dice >> 56);
    }
}

static int no_hmac(void *user, const uint8_t key[32], struct hawser_span text, uint8_t out[32]) {
    (void)user;
    memcpy(out, key, 32);
    for (size_t i = 0; i < text.size; i++)
        out[i % 32] = (uint8_t)(out[i % 32] * 31 + text.data[i]);
    return 0;
}

/* So that AUTH is offered. Nothing in these conversations is authenticated. */
static int no_auth_hmac(void *user, int hash, struct hawser_span key, const struct hawser_span *text, size_t count,
                        uint8_t out[HAWSER_HMAC_MAX]) {
    (void)user, (void)hash, (void)key, (void)text, (void)count;
    memset(out, 0, HAWSER_HMAC_MAX);
    return 0;
}

static const struct hawser_host host = {.size = sizeof host, .allocate = allocate, .release = release, .random = random_bytes,
                                        .hmac_sha256 = no_hmac, .hmac = no_auth_hmac};
static const struct hawser_address ours = {.family = HAWSER_IPV4, .ip = {10, 0, 0, 1}};
static const struct hawser_address theirs = {.family = HAWSER_IPV4, .ip = {10, 0, 0, 2}};

static hawser *new_stack(int64_t fragment, hawser_id *endpoint) {
    struct hawser_endpoint_options options = {.size = sizeof options, .port = 5000, .addresses = &ours, .address_count = 1};
    static const int on[] = {HAWSER_SET_PARTIAL_RELIABILITY, HAWSER_SET_INTERLEAVING, HAWSER_SET_RECONFIGURATION,
                             HAWSER_SET_AUTHENTICATION, HAWSER_SET_DYNAMIC_ADDRESSES, HAWSER_SET_NO_DELAY};
    hawser *stack = NULL;
    if (hawser_new(&stack, NULL, &host))
        return NULL;
    for (size_t i = 0; i < sizeof on / sizeof *on; i++)
        hawser_set(stack, 0, 0, 0, on[i], 1);
    hawser_set(stack, 0, 0, 0, HAWSER_SET_FRAGMENT_SIZE, fragment);
    hawser_set(stack, 0, 0, 0, HAWSER_SET_HB_ENABLED, 0);
    if (hawser_open(stack, &options, endpoint) || hawser_listen(stack, *endpoint, 5)) {
        hawser_free(stack);
        return NULL;
    }
    return stack;
}

static void input(hawser *stack, hawser_time now, struct hawser_span packet) {
    struct hawser_arrival arrival = {.size = sizeof arrival, .data = packet.data, .length = packet.size, .remote = theirs,
                                     .local = ours};
    hawser_input(stack, now, &arrival);
}

/* ---- what was said ------------------------------------------------------------------------------------------------ */

static bool first_chunk(struct hawser_span packet, struct hw_header *header, struct hw_cursor *cursor, struct hw_tlv *chunk) {
    if (!hw_header_parse(header, packet))
        return false;
    *cursor = hw_cursor_over((struct hawser_span){packet.data + HW_HEADER_SIZE, packet.size - HW_HEADER_SIZE});
    return hw_cursor_chunk(cursor, chunk) == HW_CURSOR_ITEM;
}

/* The three are told apart by their windows; I-DATA is an experiment of Chromium's, and Firefox's rule. */
static uint32_t offers_of(const struct hw_init *init) {
    switch (init->a_rwnd) {
    case 5242880: return HW_EXT_PARTIAL | HW_EXT_RECONFIG | (strstr(talk.name, "idata") ? HW_EXT_INTERLEAVING : 0u);
    case 16777216: return HW_EXT_PARTIAL | HW_EXT_RECONFIG | HW_EXT_INTERLEAVING;
    case 1048576: return HW_EXT_PARTIAL | HW_EXT_RECONFIG | HW_EXT_AUTH | HW_EXT_ASCONF;
    default: return 0;
    }
}

/* A fragment joins the message that its side has begun; none of these captures has two at once on a side. */
static void take_data(struct side *side, size_t packet, const struct hw_tlv *chunk) {
    struct hw_data data;
    if (!(chunk->type == HW_DATA ? hw_data_parse(&data, chunk) : hw_i_data_parse(&data, chunk)))
        return;
    if ((data.flags & HW_FLAG_BEGIN) && side->message_count < MESSAGES_MAX)
        side->messages[side->message_count++] = (struct message){.stream = data.stream, .ppid = data.ppid, .packet = packet,
                                                                 .unordered = data.flags & HW_FLAG_UNORDERED};
    struct message *message = &side->messages[side->message_count - 1];
    if (side->message_count == 0 || message->size + data.payload.size > MESSAGE_MAX)
        return;
    memcpy(message->bytes + message->size, data.payload.data, data.payload.size);
    message->size += data.payload.size;
}

/* Whose packet it is: the tag is that of the other; 2: nobody's. */
static unsigned sender_of(const struct hw_header *header, const struct hw_init *init) {
    for (unsigned i = 0; i < 2; i++)
        if (header->tag ? header->tag == talk.sides[!i].tag : talk.sides[i].init_seen && init->tag == talk.sides[i].tag)
            return i;
    return 2;
}

static bool read_file(const char *path) {
    static uint8_t bytes[1u << 20];
    FILE *stream = fopen(path, "rb");
    size_t size = stream ? fread(bytes, 1, sizeof bytes, stream) : 0;
    struct hawser_capture capture = {.size = sizeof capture, .file = {bytes, size}};
    struct hawser_trace_record record;
    struct hawser_frame frame;
    if (stream)
        fclose(stream);
    talk.packet_count = 0;
    if (hawser_capture_open(&capture))
        return fail("cannot be read");
    while (hawser_capture_next(&capture, &frame) == 1 && talk.packet_count < PACKETS_MAX) {
        if (hawser_frame_packet(&frame, 0, &record) != HAWSER_FRAME_SCTP)
            continue;
        talk.times[talk.packet_count] = frame.time;
        talk.packets[talk.packet_count++] = (struct hawser_span){record.packet.data, record.packet.length};
    }
    return talk.packet_count > 0 || fail("no packets");
}

/* The INIT ACK tells who is who. */
static bool understand(void) {
    struct hw_header header;
    struct hw_cursor cursor;
    struct hw_tlv chunk;
    struct hw_init init;
    memset(talk.sides, 0, sizeof talk.sides);
    for (size_t i = 0; i < talk.packet_count; i++) {
        if (first_chunk(talk.packets[i], &header, &cursor, &chunk) && chunk.type == HW_INIT_ACK && hw_init_parse(&init, &chunk)) {
            talk.sides[0] = (struct side){.tag = init.tag, .tsn = init.tsn, .extensions = offers_of(&init), .init_seen = true};
            talk.sides[1].tag = header.tag;
        }
    }
    for (size_t i = 0; i < talk.packet_count; i++) {
        if (!first_chunk(talk.packets[i], &header, &cursor, &chunk))
            return fail("a packet without a chunk");
        if (chunk.type == HW_INIT && hw_init_parse(&init, &chunk) && init.tag == talk.sides[1].tag) {
            talk.sides[1].tsn = init.tsn;
            talk.sides[1].extensions = offers_of(&init);
            talk.sides[1].init_seen = true;
        }
        unsigned sender = sender_of(&header, &init);
        do
            if (sender < 2 && (chunk.type == HW_DATA || chunk.type == HW_I_DATA))
                take_data(&talk.sides[sender], i, &chunk);
        while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM);
    }
    return (talk.sides[0].init_seen && talk.sides[1].init_seen) || fail("no set-up");
}

/* What is used if both sides offer this and we have all that is built: no ASCONF without AUTH (RFC 5061 4.2.7). */
static uint32_t usable(uint32_t offered) {
    uint32_t used = offered & EVERYTHING & HW_EXT_STANDING;
    if (!(used & HW_EXT_AUTH))
        used &= ~(uint32_t)HW_EXT_ASCONF;
    return used;
}

/* Without I-FORWARD-TSN there is no partial reliability beside I-DATA; with it there is. */
static bool same_extensions(uint32_t left, uint32_t right) {
    return left == right || (left & right & HW_EXT_INTERLEAVING && (left | HW_EXT_PARTIAL) == (right | HW_EXT_PARTIAL));
}

/* ---- negotiation -------------------------------------------------------------------------------------------------- */

static size_t output(hawser *stack, hawser_time now, uint8_t *buffer, size_t capacity) {
    struct hawser_departure departure = {.size = sizeof departure, .buffer = buffer, .capacity = capacity};
    return hawser_output(stack, now, &departure);
}

/* A listener gets that INIT, and the COOKIE ECHO that its sender would have sent: what is used is what both offer. */
static bool negotiates(struct hawser_span packet) {
    uint8_t answer[2048], echo[2048];
    struct hw_header header;
    struct hw_cursor cursor;
    struct hw_tlv chunk;
    struct hw_init init, ack;
    struct hw_tlv param;
    hawser_id endpoint;
    struct hawser_item item;
    hawser *stack = new_stack(0, &endpoint);
    bool found = false, right = false;
    if (!stack || !first_chunk(packet, &header, &cursor, &chunk) || !hw_init_parse(&init, &chunk))
        return fail("an INIT that is none");
    uint32_t offered = offers_of(&init);
    input(stack, 1000, packet);
    size_t size = output(stack, 1000, answer, sizeof answer);
    if (size && first_chunk((struct hawser_span){answer, size}, &header, &cursor, &chunk) && chunk.type == HW_INIT_ACK &&
        hw_init_parse(&ack, &chunk)) {
        cursor = hw_cursor_over(ack.params);
        while (!found && hw_cursor_param(&cursor, &param) == HW_CURSOR_ITEM)
            found = param.type == HW_PARAM_COOKIE;
    }
    if (found) {
        struct hw_writer writer = hw_writer_over(echo, sizeof echo);
        hw_write_header(&writer, header.destination_port, header.source_port, ack.tag);
        uint8_t *begin = hw_write_chunk_begin(&writer, HW_COOKIE_ECHO, 0);
        hw_write_bytes(&writer, param.value.data, param.value.size);
        hw_write_end(&writer, begin);
        hw_put_checksum(echo, hw_crc32c_packet(hw_crc32c_choose(0), echo, hw_writer_size(&writer)));
        input(stack, 2000, (struct hawser_span){echo, hw_writer_size(&writer)});
        if (hawser_receive(stack, endpoint, &item, 1) == 1)
            right = same_extensions(hw_assoc_find(stack, item.association)->extensions, usable(offered));
    }
    hawser_free(stack);
    return !found ? fail("an INIT that is not answered by a cookie") : right || fail("other extensions than both sides offer");
}

/* ---- replay ------------------------------------------------------------------------------------------------------- */

struct replay {
    hawser *stack;
    hawser_id endpoint, association;
    hawser_time now;
    uint32_t sent_tsn; /* the highest */
    size_t sent, came; /* messages */
};

static void let_out(struct replay *replay) {
    uint8_t buffer[2048];
    struct hw_header header;
    struct hw_cursor cursor;
    struct hw_tlv chunk;
    struct hw_data data;
    size_t size;
    while ((size = output(replay->stack, replay->now, buffer, sizeof buffer)) > 0) {
        if (!first_chunk((struct hawser_span){buffer, size}, &header, &cursor, &chunk))
            continue;
        do {
            if ((chunk.type == HW_DATA && hw_data_parse(&data, &chunk)) ||
                (chunk.type == HW_I_DATA && hw_i_data_parse(&data, &chunk)))
                replay->sent_tsn = data.tsn;
            if (chunk.type == HW_ABORT || chunk.type == HW_ERROR)
                fail("we sent ABORT or ERROR");
        } while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM);
    }
}

static void compare(struct replay *replay, const struct hawser_item *item) {
    const struct side *peer = &talk.sides[0];
    size_t size = 0;
    if (replay->came == peer->message_count) {
        fail("a message too many");
        return;
    }
    const struct message *wanted = &peer->messages[replay->came++];
    bool same = item->message.stream == wanted->stream && item->message.ppid == wanted->ppid &&
                !(item->flags & HAWSER_ITEM_UNORDERED) == !wanted->unordered;
    for (const struct hawser_piece *piece = item->message.pieces; piece; piece = piece->next) {
        same = same && size + piece->size <= wanted->size && memcmp(wanted->bytes + size, piece->data, piece->size) == 0;
        size += piece->size;
    }
    if (!same || size != wanted->size)
        fail("a message is not what was sent");
}

static void take_items(struct replay *replay) {
    struct hawser_item item;
    while (hawser_receive(replay->stack, replay->association, &item, 1) == 1) {
        if (item.type == HAWSER_MESSAGE)
            compare(replay, &item);
        if (item.type == HAWSER_ENDED)
            fail("the association ended");
        hawser_consume(replay->stack, replay->now, replay->association, 1, 0);
    }
}

/* What the other side sent in this packet, as the same messages. */
static void say(struct replay *replay, size_t packet) {
    const struct side *side = &talk.sides[1];
    for (; replay->sent < side->message_count && side->messages[replay->sent].packet <= packet; replay->sent++) {
        const struct message *m = &side->messages[replay->sent];
        struct hawser_span part = {m->bytes, m->size};
        struct hawser_message message = {.size = sizeof message, .parts = &part, .part_count = 1, .stream = m->stream,
                                         .ppid = m->ppid, .flags = m->unordered ? HAWSER_SEND_UNORDERED : 0};
        if (hawser_send(replay->stack, replay->now, replay->association, &message))
            fail("a message could not be sent");
    }
}

/* No SACK may come for what has not been sent: our window grows by our own rules. */
static bool too_early(const struct replay *replay, struct hw_tlv chunk, struct hw_cursor cursor) {
    struct hw_sack sack;
    do
        if (chunk.type == HW_SACK && hw_sack_parse(&sack, &chunk) && (int32_t)(sack.cum_tsn - replay->sent_tsn) > 0)
            return true;
    while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM);
    return false;
}

static void step(struct replay *replay, size_t packet) {
    struct hw_header header;
    struct hw_cursor cursor;
    struct hw_tlv chunk;
    struct hw_init init = {0};
    if (!first_chunk(talk.packets[packet], &header, &cursor, &chunk))
        return;
    if (chunk.type == HW_INIT)
        hw_init_parse(&init, &chunk);
    replay->now = 1000000 + talk.times[packet] - talk.times[0];
    if (sender_of(&header, &init) == 1) {
        say(replay, packet);
    } else {
        if (too_early(replay, chunk, cursor))
            fail("the peer acknowledges what we have not sent yet");
        input(replay->stack, replay->now, talk.packets[packet]);
    }
    take_items(replay);
    let_out(replay);
    const char *wrong = hawser_check(replay->stack);
    if (wrong)
        fail(wrong);
}

/* How much user data a chunk of that side had at most. */
static int64_t fragment_of(unsigned side) {
    struct hw_header header;
    struct hw_cursor cursor;
    struct hw_tlv chunk;
    struct hw_init init = {0};
    size_t most = 0;
    for (size_t i = 0; i < talk.packet_count; i++)
        if (first_chunk(talk.packets[i], &header, &cursor, &chunk) && sender_of(&header, &init) == side)
            do {
                size_t header_size = chunk.type == HW_DATA ? 12 : chunk.type == HW_I_DATA ? 16 : chunk.value.size;
                if (chunk.value.size - header_size > most)
                    most = chunk.value.size - header_size;
            } while (hw_cursor_chunk(&cursor, &chunk) == HW_CURSOR_ITEM);
    return (int64_t)most;
}

static void replayed(void) {
    struct replay replay = {.now = 1000000, .sent_tsn = talk.sides[1].tsn - 1};
    struct hawser_connect_options options = {.size = sizeof options, .port = 5000, .addresses = &theirs, .address_count = 1};
    struct hawser_status status = {.size = sizeof status};
    replay.stack = new_stack(fragment_of(1), &replay.endpoint);
    /* What the played side did not offer, we do not either. */
    uint32_t extensions = talk.sides[1].extensions;
    hawser_set(replay.stack, 0, replay.endpoint, 0, HAWSER_SET_INTERLEAVING, !!(extensions & HW_EXT_INTERLEAVING));
    hawser_set(replay.stack, 0, replay.endpoint, 0, HAWSER_SET_AUTHENTICATION, !!(extensions & HW_EXT_AUTH));
    hawser_set(replay.stack, 0, replay.endpoint, 0, HAWSER_SET_DYNAMIC_ADDRESSES, !!(extensions & HW_EXT_ASCONF));
    chance.words[0] = talk.sides[1].tag;
    chance.words[1] = talk.sides[1].tsn;
    chance.word_count = 2, chance.next = 0;
    if (hawser_connect(replay.stack, replay.now, replay.endpoint, &options, &replay.association)) {
        fail("no connect");
        return;
    }
    chance.word_count = 0;
    let_out(&replay);
    for (size_t i = 0; i < talk.packet_count; i++)
        step(&replay, i);
    hawser_status(replay.stack, replay.association, &status);
    uint32_t agreed = usable(talk.sides[0].extensions & talk.sides[1].extensions);
    if (status.local_tag != talk.sides[1].tag || status.peer_tag != talk.sides[0].tag)
        fail("other tags");
    if (!same_extensions(hw_assoc_find(replay.stack, replay.association)->extensions, agreed))
        fail("other extensions than both sides offered");
    if (status.state != HAWSER_ESTABLISHED || replay.came != talk.sides[0].message_count || status.queued_messages)
        fail("not all came, or was acknowledged");
    if (hawser_counter(replay.stack, 0, HAWSER_COUNT_BadTags) || hawser_counter(replay.stack, 0, HAWSER_COUNT_Malformed) ||
        hawser_counter(replay.stack, 0, HAWSER_COUNT_RetransChunks))
        fail("bad packets, or something was sent again");
    printf("%s: %zu messages came, %zu went\n", talk.name, replay.came, replay.sent);
    hawser_free(replay.stack);
}

static void check_file(const char *path, const char *name) {
    struct hw_header header;
    struct hw_cursor cursor;
    struct hw_tlv chunk;
    talk.name = name;
    if (!read_file(path) || !understand())
        return;
    for (size_t i = 0; i < talk.packet_count; i++)
        if (first_chunk(talk.packets[i], &header, &cursor, &chunk) && chunk.type == HW_INIT)
            negotiates(talk.packets[i]);
    replayed();
}

int main(void) {
    const char *folder = getenv("HAWSER_REPLAYS"), *ci = getenv("CI");
    DIR *directory = opendir(folder ? folder : FOLDER);
    unsigned files = 0;
    if (!directory) {
        fprintf(stderr, "no folder %s (HAWSER_REPLAYS says where these captures are)\n", folder ? folder : FOLDER);
        return ci && strcmp(ci, "true") == 0 ? 1 : SKIPPED;
    }
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[1024];
        size_t length = strlen(entry->d_name);
        snprintf(path, sizeof path, "%s/%s", folder ? folder : FOLDER, entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 5, ".pcap") != 0)
            continue;
        check_file(path, entry->d_name);
        files++;
    }
    closedir(directory);
    printf("%u conversations, %u failures\n", files, failures);
    return failures || !files ? 1 : 0;
}
