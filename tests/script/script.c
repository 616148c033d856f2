/* SPDX-License-Identifier: MIT
 *
 * The stage of the packet conversations: the stack with its host, the clock, the packets and items that wait to be expected.
 */
#include "script.h"
#include "base/crc32c.h"
#include <hawser/loop.h>
#include <stdlib.h>

#define OUTPUT_MAX 20000 /* packets at one moment: more is an endless loop */

/* ---- the host ------------------------------------------------------------------------------------------------- */

static void *host_allocate(void *user, size_t size) {
    struct script *s = user;
    if (s->fail_after == 0) {
        s->fail_after = s->fail_once ? -1 : 0;
        return NULL;
    }
    if (s->fail_after > 0)
        s->fail_after--;
    void *memory = malloc(size ? size : 1);
    if (memory) {
        s->blocks++;
        s->bytes += (long)size;
        memset(memory, 0xA5, size);
    }
    return memory;
}

static void host_release(void *user, void *memory, size_t size) {
    struct script *s = user;
    s->blocks--;
    s->bytes -= (long)size;
    memset(memory, 0x5A, size);
    free(memory);
}

static void host_random(void *user, void *out, size_t size) {
    struct script *s = user;
    uint8_t *to = out;
    for (size_t i = 0; i < size; i++) {
        s->random = s->random * 6364136223846793005u + 1442695040888963407u;
        to[i] = s->random_byte >= 0 ? (uint8_t)s->random_byte : (uint8_t)(s->random >> 56);
    }
}

static void host_fault(void *user, const char *expression, const char *file, int line) {
    struct script *s = user;
    s->fault = expression;
    script_log(s, "!! fault: %s (%s:%d)", expression, file, line);
}

static const char *timer_name(uint32_t timer) {
    static const char *const names[] = {"?", "T1", "T2", "T3", "T5", "SACK", "HEARTBEAT", "T4", "MTU", "RECONFIG"};
    return timer < sizeof names / sizeof names[0] ? names[timer] : "?";
}

static void on_trace(void *user, const struct hawser_trace_record *record) {
    struct script *s = user;
    if (record->type == HAWSER_TRACE_STATE)
        script_log(s, "   %s -> %s", hawser_state_name((int)record->state.before), hawser_state_name((int)record->state.after));
    else if (record->type == HAWSER_TRACE_TIMER)
        script_log(s, "   timer %s of path %u", timer_name(record->timer.timer), record->timer.path);
    else if (record->type == HAWSER_TRACE_PACKET_DROPPED)
        script_log(s, "   dropped: %s", hawser_counter_name(record->packet.counter));
    else if (record->type == HAWSER_TRACE_PATH)
        script_log(s, "   path %u: state %u cwnd %u ssthresh %u flight %u mtu %u rto %llu", record->path.path, record->path.state,
                   record->path.cwnd, record->path.ssthresh, record->path.flight, record->path.mtu,
                   (unsigned long long)record->path.rto);
    else if (record->type == HAWSER_TRACE_END)
        script_log(s, "   end: reason %u code %u", record->end.reason, record->end.code);
}

/* ---- beginning and end ----------------------------------------------------------------------------------------- */

struct arena_block {
    struct arena_block *next;
    max_align_t bytes[];
};

uint8_t *script_bytes(struct script *s, size_t size) {
    struct arena_block *block = calloc(1, sizeof *block + size + 1);
    if (!block)
        abort();
    block->next = s->arena;
    s->arena = block;
    return (uint8_t *)block->bytes;
}

struct script *script_begin(const char *name) {
    struct script *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->name = name;
    s->now = sec(1000);
    s->random_byte = -1;
    s->fail_after = -1;
    for (const char *c = name; *c; c++)
        s->random = s->random * 31 + (uint8_t)*c;
    s->mtu = 1500;
    script_new_stack(s, NULL);
    script_plan(s, &(struct plan){PLAN_DEFAULTS});
    return s;
}

void script_new_stack(struct script *s, const struct hawser_options *options) {
    struct hawser_host standard;
    hawser_host_default(&standard);
    s->host = (struct hawser_host){.size = sizeof s->host,
                                   .user = s,
                                   .allocate = host_allocate,
                                   .release = host_release,
                                   .random = host_random,
                                   .hmac_sha256 = standard.hmac_sha256,
                                   .fault = host_fault,
                                   .hmac = standard.hmac};
    int error = hawser_new(&s->stack, options, &s->host);
    if (error)
        FAIL("hawser_new: %s", hawser_error_name(error));
    hawser_trace(s->stack, on_trace, s);
    (void)hawser_set(s->stack, 0, 0, 0, HAWSER_SET_PMTU_DISCOVERY, 0); /* rfc8899_*.c has it on */
    (void)hawser_set(s->stack, 0, 0, 0, HAWSER_SET_PF_THRESHOLD, 65535); /* and rfc7829_*.c this: the letter of 9260 */
}

void script_end(struct script *s) {
    s->unchecked = false;
    script_pump(s);
    if (!s->quiet_end)
        script_expect_nothing(s, __FILE__, __LINE__);
    skip_output(s);
    if (s->association)
        (void)hawser_close(s->stack, s->now, s->association);
    if (s->endpoint)
        (void)hawser_close(s->stack, s->now, s->endpoint);
    script_pump(s);
    for (; s->next < s->sent_count; s->next++)
        if (s->sent[s->next].bytes[HW_HEADER_SIZE] != HW_ABORT && !s->quiet_end)
            FAIL("closing all ids may cause ABORT and nothing else");
    check_equal(hawser_check_objects(s->stack), 0);
    hawser_free(s->stack);
    s->stack = NULL;
    if (s->blocks || s->bytes)
        FAIL("%ld blocks and %ld bytes were not given back", s->blocks, s->bytes);
    for (struct arena_block *block = s->arena, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    for (size_t i = 0; i < s->sent_count; i++)
        free(s->sent[i].bytes);
    free(s->sent);
    free(s->log);
    free(s);
}

void script_log(struct script *s, const char *format, ...) {
    if (s->log_size + 1200 > s->log_room) {
        s->log_room = s->log_room ? s->log_room * 2 : 8192;
        s->log = realloc(s->log, s->log_room);
        if (!s->log)
            abort();
    }
    hawser_time since = s->now - sec(1000);
    s->log_size += (size_t)snprintf(s->log + s->log_size, 40, "%4llu.%06llu ", (unsigned long long)(since / 1000000u),
                                    (unsigned long long)(since % 1000000u));
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(s->log + s->log_size, 1000, format, arguments);
    va_end(arguments);
    s->log_size += size < 999 ? (size_t)size : 999;
    s->log[s->log_size++] = '\n';
    s->log[s->log_size] = 0;
}

void script_fail(struct script *s, const char *file, int line, const char *format, ...) {
    char text[1500];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    /* The last hundred lines say enough. */
    const char *from = s->log ? s->log + s->log_size : "";
    for (int lines = 0; s->log && from > s->log; from--)
        if (from[-1] == '\n' && lines++ == 100)
            break;
    /* Not print_error, which cuts at 1,024 bytes. */
    fprintf(stderr, "%s\n%s%s:%d: %s\n", s->name, from, file, line, text);
    _fail(file, line);
    abort(); /* _fail does not return */
}

void script_check_equal(struct script *s, const char *file, int line, const char *what, int64_t got, int64_t wanted) {
    if (got != wanted)
        script_fail(s, file, line, "%s is %lld, expected %lld", what, (long long)got, (long long)wanted);
}

void script_check_range(struct script *s, const char *file, int line, const char *what, int64_t got, int64_t low, int64_t high) {
    if (got < low || got > high)
        script_fail(s, file, line, "%s is %lld, expected %lld to %lld", what, (long long)got, (long long)low, (long long)high);
}

/* ---- addresses and the plan ------------------------------------------------------------------------------------ */

struct hawser_address script_ipv4(unsigned a, unsigned b, unsigned c, unsigned d, uint16_t udp) {
    struct hawser_address address;
    memset(&address, 0, sizeof address);
    address.family = HAWSER_IPV4;
    address.udp_port = udp;
    address.ip[0] = (uint8_t)a;
    address.ip[1] = (uint8_t)b;
    address.ip[2] = (uint8_t)c;
    address.ip[3] = (uint8_t)d;
    return address;
}

struct hawser_address script_ipv6(unsigned network, unsigned host, uint16_t udp) {
    struct hawser_address address;
    memset(&address, 0, sizeof address);
    address.family = HAWSER_IPV6;
    address.udp_port = udp;
    hw_put32(address.ip, 0x20010db8);
    hw_put16(address.ip + 6, (uint16_t)network);
    hw_put16(address.ip + 14, (uint16_t)host);
    return address;
}

bool same_place(const struct hawser_address *a, const struct hawser_address *b) {
    return a->family == b->family && memcmp(a->ip, b->ip, a->family == HAWSER_IPV4 ? 4 : 16) == 0;
}

static int number_of(const struct hawser_address *list, const struct hawser_address *address) {
    for (int i = 0; i < PLACES; i++)
        if (same_place(&list[i], address))
            return i;
    return -1;
}
int peer_number(const struct script *s, const struct hawser_address *address) { return number_of(s->peer, address); }
int local_number(const struct script *s, const struct hawser_address *address) { return number_of(s->local, address); }

void script_plan(struct script *s, const struct plan *plan) {
    s->plan = *plan;
    s->peer_tag = (uint32_t)plan->peer_tag;
    s->peer_tsn = (uint32_t)plan->peer_tsn;
    uint16_t udp = plan->udp ? UDP_PORT : 0;
    for (unsigned i = 0; i < PLACES; i++) {
        s->peer[i] = plan->ipv6 ? script_ipv6(0xb000 + i, 1, udp) : script_ipv4(198, 51, 100 + i, 1, udp);
        s->local[i] = plan->ipv6 ? script_ipv6(0xa000 + i, 1, udp) : script_ipv4(192, 0, 2 + i, 1, udp);
    }
    set(s, HB_ENABLED, plan->heartbeats);
}

void script_open(struct script *s) {
    if (s->endpoint)
        return;
    struct hawser_address bound[PLACES];
    for (int64_t i = 0; i < s->plan.local_addresses; i++) {
        bound[i] = s->local[i];
        bound[i].udp_port = 0;
    }
    struct hawser_endpoint_options options = HAWSER_INIT(options);
    options.port = STACK_PORT;
    options.addresses = bound;
    options.address_count = (uint16_t)s->plan.local_addresses;
    int error = hawser_open(s->stack, &options, &s->endpoint);
    if (error)
        FAIL("hawser_open: %s", hawser_error_name(error));
}

void listen_now(struct script *s) {
    script_open(s);
    script_log(s, "   listen");
    check_equal(hawser_listen(s->stack, s->endpoint, (uint32_t)s->plan.backlog), 0);
}

void connect_now(struct script *s, int given) {
    script_open(s);
    struct hawser_connect_options options = HAWSER_INIT(options);
    options.port = PEER_PORT;
    options.addresses = s->peer;
    options.address_count = (uint16_t)given;
    script_log(s, "   connect");
    int error = hawser_connect(s->stack, s->now, s->endpoint, &options, &s->association);
    if (error)
        FAIL("hawser_connect: %s", hawser_error_name(error));
    script_pump(s);
}

struct hawser_span param_of(const struct seen *init, int type) {
    struct hw_cursor cursor = hw_cursor_over(init->init.params);
    struct hw_tlv param;
    while (hw_cursor_param(&cursor, &param) == HW_CURSOR_ITEM)
        if (param.type == type)
            return param.value;
    return (struct hawser_span){NULL, 0};
}

void remember(struct script *s, const struct seen *init) {
    s->stack_tag = init->init.tag;
    s->stack_tsn = init->init.tsn;
    if (init->type == HW_INIT_ACK)
        s->cookie = param_of(init, HW_PARAM_COOKIE);
}

void get_cookie(struct script *s) {
    listen_now(s);
    inject(s, INIT());
    remember(s, expect(s, INIT_ACK, .tag = s->peer_tag, .to = 0));
}

void establish_passive(struct script *s) {
    get_cookie(s);
    inject(s, COOKIE_ECHO());
    expect(s, COOKIE_ACK, .tag = s->peer_tag, .to = 0);
    expect_arrived(s);
    confirm_paths(s);
    skip_items(s);
    expect_state(s, ESTABLISHED);
}

void reach_cookie_wait(struct script *s) {
    connect_now(s, 1);
    remember(s, expect(s, INIT, .tag = 0, .to = 0));
    expect_state(s, COOKIE_WAIT);
}

void reach_cookie_echoed(struct script *s) {
    reach_cookie_wait(s);
    s->cookie = TEXT("the peer's own cookie");
    inject(s, INIT_ACK(.cookie = s->cookie));
    expect(s, COOKIE_ECHO, .tag = s->peer_tag, .to = 0);
    expect_state(s, COOKIE_ECHOED);
}

void establish_active(struct script *s) {
    reach_cookie_echoed(s);
    inject(s, COOKIE_ACK());
    expect_state(s, ESTABLISHED);
    confirm_paths(s);
    skip_items(s);
}

void open_window(struct script *s, uint32_t a_rwnd) {
    start(s, .a_rwnd = a_rwnd);
    establish_active(s);
    set(s, NO_DELAY, 1);
}

void reach_shutdown_sent(struct script *s) {
    check_equal(hawser_shutdown(s->stack, s->now, s->association), 0);
    script_pump(s);
    expect(s, SHUTDOWN);
    expect_state(s, SHUTDOWN_SENT);
}

void reach_shutdown_ack_sent(struct script *s) {
    inject(s, SHUTDOWN(-1));
    expect(s, SHUTDOWN_ACK);
    expect_state(s, SHUTDOWN_ACK_SENT);
    skip_items(s);
}

void confirm_paths(struct script *s) {
    if (s->plan.peer_addresses <= 1)
        return;
    for (int rounds = 0; rounds < 60; rounds++) {
        while (next_chunk(s) == HW_HEARTBEAT) {
            const struct seen *seen = expect(s, HEARTBEAT);
            inject_by(s, WAY(.from = peer_number(s, &seen->packet->remote)), HEARTBEAT_ACK(seen));
        }
        bool all = true;
        struct hawser_status status = status_of(s);
        for (uint32_t number = 1; number <= status.path_count; number++)
            all = all && path_of(s, number).state != HAWSER_PATH_UNCONFIRMED;
        if (all) {
            skip_items(s);
            return;
        }
        advance(s, ms(250));
    }
    FAIL("paths that stay unconfirmed");
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

static void keep_packet(struct script *s, const struct hawser_departure *departure, size_t offset, size_t size) {
    if (s->sent_count == s->sent_room) {
        s->sent_room = s->sent_room ? s->sent_room * 2 : 64;
        s->sent = realloc(s->sent, s->sent_room * sizeof *s->sent);
        if (!s->sent)
            abort();
    }
    struct packet *packet = &s->sent[s->sent_count++];
    *packet = (struct packet){.at = s->now, .bytes = malloc(size), .size = size, .flags = departure->flags, .ecn = departure->ecn,
                              .dscp = departure->dscp, .remote = departure->remote, .local = departure->local};
    if (!packet->bytes)
        abort();
    memcpy(packet->bytes, (const uint8_t *)departure->buffer + offset, size);
    char line[900];
    script_describe(s, line, sizeof line, (struct hawser_span){packet->bytes, size}, true);
    script_log(s, "-> %d %s", peer_number(s, &packet->remote), line);
    const char *verdict = s->unjudged ? NULL : script_judge(s, packet);
    if (verdict)
        FAIL("the judge: %s", verdict);
}

static void inspect(struct script *s) {
    const char *untrue = s->unchecked ? NULL : hawser_check(s->stack);
    if (untrue)
        FAIL("hawser_check: %s", untrue);
    if (s->fault)
        FAIL("fault: %s", s->fault);
}

void script_pump(struct script *s) {
    static uint8_t buffer[HAWSER_PACKET_MAX];
    for (int i = 0;; i++) {
        if (i == OUTPUT_MAX)
            FAIL("endless output");
        struct hawser_departure departure = HAWSER_INIT(departure);
        departure.buffer = buffer;
        departure.capacity = sizeof buffer;
        departure.segments_max = s->segments ? s->segments : 1;
        departure.carrier = s->plan.carrier;
        size_t size = hawser_output(s->stack, s->now, &departure);
        if (size == 0)
            break;
        check_equal(size, departure.length);
        size_t segment = departure.segment_size ? departure.segment_size : size;
        if (segment > size || (size + segment - 1) / segment > departure.segments_max)
            FAIL("a train of %zu bytes in segments of %zu", size, segment);
        s->trains += segment < size;
        for (size_t offset = 0; offset < size; offset += segment)
            keep_packet(s, &departure, offset, size - offset < segment ? size - offset : segment);
    }
    inspect(s);
    if (hawser_deadline(s->stack) <= s->now)
        FAIL("the deadline has passed and there is nothing to do: a loop would spin");
}

/* To the next deadline, or to `target` if that is earlier. */
static bool step(struct script *s, hawser_time target) {
    hawser_time deadline = hawser_deadline(s->stack);
    bool due = deadline <= target;
    s->now = due ? deadline : target;
    script_pump(s);
    return due;
}

void script_advance(struct script *s, hawser_time time) {
    hawser_time target = s->now + time;
    for (int i = 0; step(s, target); i++)
        if (i == OUTPUT_MAX)
            FAIL("too many deadlines");
}

hawser_time script_wait_packet(struct script *s, const char *file, int line, hawser_time most) {
    hawser_time began = s->now, target = s->now + most;
    while (s->next == s->sent_count)
        if (!step(s, target) && s->next == s->sent_count)
            script_fail(s, file, line, "nothing was sent in %llu us", (unsigned long long)most);
    return s->now - began;
}

/* ---- the peer's packets go in ---------------------------------------------------------------------------------- */

struct hawser_span script_packet(struct script *s, const struct way *way, const struct hawser_span *chunks) {
    struct hawser_span value = script_join(s, chunks);
    size_t size = HW_HEADER_SIZE + value.size;
    uint8_t *bytes = script_bytes(s, size);
    bool init = value.size && value.data[0] == HW_INIT;
    uint32_t tag = way->tag != ANY ? (uint32_t)way->tag : init ? 0 : s->stack_tag;
    hw_put16(bytes, way->source_port != ANY ? (uint16_t)way->source_port : PEER_PORT);
    hw_put16(bytes + 2, way->destination_port != ANY ? (uint16_t)way->destination_port : STACK_PORT);
    hw_put32(bytes + 4, tag);
    hw_copy(bytes + HW_HEADER_SIZE, value.data, value.size);
    size = way->cut < size ? size - way->cut : 0;
    if (size >= HW_HEADER_SIZE)
        hw_put_checksum(bytes, way->zero_sum ? 0 : hw_crc32c_table(bytes, size) ^ way->bad_sum);
    return (struct hawser_span){bytes, size};
}

void script_inject_bytes(struct script *s, const struct way *way, struct hawser_span packet) {
    char line[900];
    script_describe(s, line, sizeof line, packet, false);
    script_log(s, "<- %d %s", (int)way->from, line);
    struct hawser_arrival arrival = HAWSER_INIT(arrival);
    /* A copy of its very size, so that a sanitizer sees reading past the end. */
    uint8_t *copy = malloc(packet.size ? packet.size : 1);
    if (!copy)
        abort();
    hw_copy(copy, packet.data, packet.size);
    arrival.data = copy;
    arrival.length = packet.size;
    arrival.remote = way->remote ? *way->remote : s->peer[way->from];
    arrival.local = way->local ? *way->local : s->local[way->to];
    if (way->local_none)
        memset(&arrival.local, 0, sizeof arrival.local);
    if (way->udp != ANY)
        arrival.remote.udp_port = (uint16_t)way->udp;
    arrival.ecn = way->ecn;
    arrival.carrier = s->plan.carrier;
    arrival.segment_size = way->segment;
    hawser_input(s->stack, s->now, &arrival);
    free(copy);
    script_pump(s);
}

void script_inject(struct script *s, const struct way *way, const struct hawser_span *chunks) {
    script_inject_bytes(s, way, script_packet(s, way, chunks));
}

void report_icmp(struct script *s, uint32_t kind, uint32_t mtu, struct hawser_span quoted) {
    struct hawser_report report = HAWSER_INIT(report);
    report.kind = kind;
    report.mtu = mtu;
    report.remote = s->peer[0];
    report.local = s->local[0];
    report.quoted = quoted;
    script_log(s, "   report: kind %u mtu %u, %zu bytes quoted", kind, mtu, quoted.size);
    hawser_report(s->stack, s->now, &report);
    script_pump(s);
}

/* ---- the stack's packets come out ------------------------------------------------------------------------------ */

/* The unread rest of a packet as a cursor. */
static struct hw_cursor unread(const struct packet *packet) {
    return (struct hw_cursor){packet->bytes + packet->read, packet->bytes + packet->size};
}

static struct packet *packet_at_hand(struct script *s) { return s->next ? &s->sent[s->next - 1] : NULL; }

static bool at_hand_has_more(struct script *s) {
    struct packet *packet = packet_at_hand(s);
    return packet && packet->read < packet->size;
}

int next_chunk(struct script *s) {
    if (at_hand_has_more(s))
        return packet_at_hand(s)->bytes[packet_at_hand(s)->read];
    return s->next < s->sent_count ? s->sent[s->next].bytes[HW_HEADER_SIZE] : -1;
}

size_t skip_output(struct script *s) {
    size_t count = s->sent_count - s->next;
    if (packet_at_hand(s))
        packet_at_hand(s)->read = packet_at_hand(s)->size;
    for (; s->next < s->sent_count; s->next++)
        s->sent[s->next].read = s->sent[s->next].size;
    return count;
}

void script_expect_nothing(struct script *s, const char *file, int line) {
    script_pump(s);
    if (at_hand_has_more(s)) {
        const char *name = hw_chunk_name((uint8_t)next_chunk(s));
        script_fail(s, file, line, "the packet has one more chunk than expected: %s", name ? name : "unknown");
    }
    if (s->next < s->sent_count) {
        char text[900];
        script_describe(s, text, sizeof text, (struct hawser_span){s->sent[s->next].bytes, s->sent[s->next].size}, true);
        script_fail(s, file, line, "expected nothing more, got %s", text);
    }
}

static void take_apart(struct seen *seen, const struct packet *packet, const struct hw_tlv *chunk) {
    *seen = (struct seen){.packet = packet, .type = (uint8_t)chunk->type, .flags = chunk->flags,
                          .tag = hw_get32(packet->bytes + 4), .value = chunk->value, .whole = chunk->whole};
    if (seen->type == HW_INIT || seen->type == HW_INIT_ACK)
        (void)hw_init_parse(&seen->init, chunk);
    else if (seen->type == HW_DATA)
        (void)hw_data_parse(&seen->data, chunk);
    else if (seen->type == HW_I_DATA)
        (void)hw_i_data_parse(&seen->data, chunk);
    else if (seen->type == HW_SACK)
        (void)hw_sack_parse(&seen->sack, chunk);
    else if (seen->type == HW_FORWARD_TSN || seen->type == HW_I_FORWARD_TSN)
        (void)hw_forward_parse(&seen->forward, chunk);
    else if (seen->type == HW_SHUTDOWN)
        (void)hw_shutdown_parse(&seen->shutdown_cum, chunk);
    struct hw_cursor cursor = hw_cursor_over(chunk->value);
    struct hw_tlv cause;
    if ((seen->type == HW_ERROR || seen->type == HW_ABORT) && hw_cursor_param(&cursor, &cause) == HW_CURSOR_ITEM) {
        seen->cause = cause.type;
        seen->cause_info = cause.value;
    }
}

struct field {
    const char *name;
    int64_t wanted, got;
};

static const char *text_trouble(const char *wanted, struct hawser_span got) {
    if (wanted && (got.size != strlen(wanted) || memcmp(got.data, wanted, got.size) != 0))
        return "the bytes differ from the text";
    return NULL;
}

/* Which field is not as wanted; NULL if all are. */
static const struct field *compare(struct script *s, const struct want *want, const struct seen *seen, struct field *fields,
                                   size_t room) {
    const struct packet *packet = seen->packet;
    bool sack = seen->type == HW_SACK, forward = seen->type == HW_FORWARD_TSN || seen->type == HW_I_FORWARD_TSN;
    int32_t cum = forward ? (int32_t)(seen->forward.cum_tsn - s->stack_tsn)
                          : (int32_t)((sack ? seen->sack.cum_tsn : seen->shutdown_cum) - s->peer_tsn);
    bool data = seen->type == HW_DATA || seen->type == HW_I_DATA;
    struct field all[] = {
        {"to", want->to, peer_number(s, &packet->remote)},
        {"from", want->from, local_number(s, &packet->local)},
        {"tag", want->tag, seen->tag},
        {"flags", want->flags, packet->flags},
        {"length", want->length, (int64_t)packet->size},
        {"udp", want->udp, packet->remote.udp_port},
        {"t", want->t, seen->flags & HW_FLAG_T},
        {"init_tag", want->init_tag, seen->init.tag},
        {"a_rwnd", want->a_rwnd, sack ? seen->sack.a_rwnd : seen->init.a_rwnd},
        {"os", want->os, seen->init.streams_out},
        {"mis", want->mis, seen->init.streams_in},
        {"tsn", want->tsn, (int32_t)((data ? seen->data.tsn : seen->init.tsn) - s->stack_tsn)},
        {"stream", want->stream, seen->data.stream},
        {"ssn", want->ssn, seen->data.ssn},
        {"mid", want->mid, seen->data.ssn},
        {"fsn", want->fsn, seen->data.fsn},
        {"ppid", want->ppid, seen->data.ppid},
        {"size", want->size, (int64_t)seen->data.payload.size},
        {"bits", want->bits, seen->flags},
        {"cum", want->cum, cum},
        {"gap_count", want->gap_count, seen->sack.gap_count},
        {"dup_count", want->dup_count, seen->sack.dup_count},
        {"skip_count", want->skip_count, seen->forward.count},
        {"cause", want->cause, seen->cause},
    };
    size_t count = sizeof all / sizeof all[0];
    if (count > room)
        count = room;
    memcpy(fields, all, count * sizeof all[0]);
    for (size_t i = 0; i < count; i++)
        if (fields[i].wanted != ANY && fields[i].wanted != fields[i].got)
            return &fields[i];
    for (unsigned i = 0; sack && i < 8 && want->gaps[i][0]; i++) {
        struct hw_gap gap = i < seen->sack.gap_count ? hw_sack_gap(&seen->sack, i) : (struct hw_gap){0, 0};
        fields[0] = (struct field){gap.start != want->gaps[i][0] ? "gap start" : "gap end",
                                   gap.start != want->gaps[i][0] ? want->gaps[i][0] : want->gaps[i][1],
                                   gap.start != want->gaps[i][0] ? gap.start : gap.end};
        if (fields[0].wanted != fields[0].got)
            return &fields[0];
    }
    for (unsigned i = 0; i < 8 && want->skip_count != ANY && i < seen->forward.count; i++) {
        struct hw_skip skip = hw_forward_skip(&seen->forward, i);
        uint32_t named = skip.stream | (skip.unordered ? 0x10000u : 0);
        bool stream = named != want->skips[i][0];
        fields[0] = (struct field){stream ? "skipped stream" : "skipped SSN", want->skips[i][stream ? 0 : 1],
                                   stream ? named : skip.ssn};
        if (fields[0].wanted != fields[0].got)
            return &fields[0];
    }
    return NULL;
}

const struct seen *script_expect(struct script *s, const char *file, int line, bool first, uint8_t type,
                                 const struct want *want) {
    script_pump(s);
    const char *name = hw_chunk_name(type);
    if (first) {
        if (at_hand_has_more(s))
            script_expect_nothing(s, file, line);
        if (s->next == s->sent_count)
            script_fail(s, file, line, "expected %s, got nothing", name);
        s->sent[s->next++].read = HW_HEADER_SIZE;
    } else if (!at_hand_has_more(s)) {
        script_fail(s, file, line, "expected %s further in the same packet, it has no more", name);
    }
    struct packet *packet = packet_at_hand(s);
    struct hw_cursor cursor = unread(packet);
    struct hw_tlv chunk;
    if (hw_cursor_chunk(&cursor, &chunk) != HW_CURSOR_ITEM)
        script_fail(s, file, line, "a packet with half a chunk");
    packet->read = (size_t)(cursor.at - packet->bytes);
    /* Where the packet lies may move when more are sent: what a script holds on to is a copy. */
    struct packet *keep = (struct packet *)(void *)script_bytes(s, sizeof *keep);
    struct seen *seen = (struct seen *)(void *)script_bytes(s, sizeof *seen);
    *keep = *packet;
    take_apart(seen, keep, &chunk);
    if (seen->type != type) {
        const char *got = hw_chunk_name(seen->type);
        script_fail(s, file, line, "expected %s, got %s", name, got ? got : "an unknown chunk");
    }
    struct field fields[32];
    const struct field *wrong = compare(s, want, seen, fields, 32);
    if (wrong)
        script_fail(s, file, line, "%s: %s is %lld, expected %lld", name, wrong->name, (long long)wrong->got,
                    (long long)wrong->wanted);
    if (text_trouble(want->text, seen->data.payload))
        script_fail(s, file, line, "%s: %s", name, text_trouble(want->text, seen->data.payload));
    return seen;
}

const struct seen *expect_in_any_order(struct script *s, uint8_t one, uint8_t other) {
    const struct want any = {WANT_DEFAULTS};
    const struct seen *found[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        uint8_t type = next_chunk(s) == one ? one : other;
        found[type == one] = script_expect(s, __FILE__, __LINE__, !at_hand_has_more(s), type, &any);
    }
    if (!found[0] || !found[1])
        FAIL("one of the two chunks came twice");
    script_expect_nothing(s, __FILE__, __LINE__);
    return found[0];
}

int64_t sack_everything(struct script *s) {
    uint32_t highest = s->stack_tsn - 1;
    for (;;) {
        bool data = false;
        while (s->next < s->sent_count || at_hand_has_more(s)) {
            bool first = !at_hand_has_more(s);
            int type = next_chunk(s);
            const struct seen *seen = script_expect(s, __FILE__, __LINE__, first, (uint8_t)type, &(struct want){WANT_DEFAULTS});
            if (type != HW_DATA && type != HW_I_DATA)
                continue;
            data = true;
            if ((int32_t)(seen->data.tsn - highest) > 0)
                highest = seen->data.tsn;
        }
        if (!data)
            return (int32_t)(highest - s->stack_tsn);
        inject(s, SACK(.cum = (int32_t)(highest - s->stack_tsn)));
    }
}
