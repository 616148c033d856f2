/* SPDX-License-Identifier: MIT
 *
 * usrsctp, measured as hawser is. Here without a network: both ends in one thread, joined back to back through AF_CONN, or by a
 * simulated link in virtual time, for which gettimeofday is taken over and its timers are driven by hand. Over UDP in
 * usrsctp_udp.c.
 */
#define _GNU_SOURCE
#include "usrsctp_socket.h"
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

enum { PORT = 5000, FIRST_PORT = 1024, TICK_MS = 10, OVERHEAD = 28 };

/* ---- time: real, or the simulation's --------------------------------------------------------------------------- */

static int simulated, asked;
static uint64_t virtual_ns = UINT64_C(1000000000) * 1000;

/* Stands in front of the C library's, so that usrsctp sees the simulation's clock; it must be visible for that. */
__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict tv, void *restrict zone) {
    struct timespec now;
    (void)zone;
    asked = 1;
    clock_gettime(CLOCK_REALTIME, &now);
    tv->tv_sec = simulated ? (time_t)(virtual_ns / 1000000000) : now.tv_sec;
    tv->tv_usec = simulated ? (suseconds_t)(virtual_ns % 1000000000 / 1000) : now.tv_nsec / 1000;
    return 0;
}

/* By the time that was worked, so that other load on the machine does not make them run more often. */
static void real_timers(void) {
    static uint64_t last;
    uint64_t now = clock_cpu_ns();
    if (!last)
        last = now;
    uint32_t passed = (uint32_t)((now - last) / 1000000);
    if (passed >= TICK_MS) {
        usrsctp_handle_timers(passed);
        last += passed * UINT64_C(1000000);
    }
}

/* ---- packets --------------------------------------------------------------------------------------------------- */

/* An AF_CONN address is a pointer to this. */
struct address {
    struct address *peer;
    int side; /* 0 sends data */
};

struct packet {
    struct packet *next;
    struct address *to;
    size_t length;
    uint8_t data[2048];
};

static struct packet *queue, **queue_end = &queue, *pool;
static struct address *ends[2]; /* of the simulated link */

static int on_output(void *from, void *data, size_t length, uint8_t tos, uint8_t set_df) {
    struct address *address = from;
    (void)tos, (void)set_df;
    if (simulated) {
        link_offer(address->side, virtual_ns, data, length, OVERHEAD);
        return 0;
    }
    struct packet *packet = pool;
    if (packet)
        pool = packet->next;
    else if ((packet = malloc(sizeof *packet)) == NULL)
        die("no memory for a packet");
    if (length > sizeof packet->data)
        die("a packet of %zu bytes", length);
    packet->next = NULL;
    packet->to = address->peer;
    packet->length = length;
    memcpy(packet->data, data, length);
    *queue_end = packet;
    queue_end = &packet->next;
    return 0;
}

static void carry(void) {
    while (queue) {
        struct packet *packet = queue;
        queue = packet->next;
        if (!queue)
            queue_end = &queue;
        usrsctp_conninput(packet->to, packet->data, packet->length, 0);
        packet->next = pool;
        pool = packet;
    }
}

/* ---- sockets --------------------------------------------------------------------------------------------------- */

static int on_receive(struct socket *socket, union sctp_sockstore from, void *data, size_t length, struct sctp_rcvinfo info,
                      int flags, void *user) {
    (void)socket, (void)from, (void)info, (void)user;
    if (data && !(flags & MSG_NOTIFICATION)) {
        received->bytes += length;
        received->messages += (flags & MSG_EOR) != 0;
    }
    free(data);
    return 1;
}

static void set(struct socket *socket, int level, int name, const void *value, size_t size) {
    if (usrsctp_setsockopt(socket, level, name, value, (socklen_t)size) < 0)
        die("usrsctp_setsockopt %d: %s", name, strerror(errno));
}

struct socket *socket_new(int family, int type, int callback) {
    struct socket *socket = usrsctp_socket(family, type, IPPROTO_SCTP, callback ? on_receive : NULL, NULL, 0, NULL);
    int nodelay = (int)options.nodelay, buffer = (int)options.buffer;
    struct linger linger = {.l_onoff = 1};
    uint16_t streams = (uint16_t)options.streams;
    struct sctp_initmsg init = {.sinit_num_ostreams = streams, .sinit_max_instreams = streams};
    if (!socket)
        die("usrsctp_socket: %s", strerror(errno));
    set(socket, IPPROTO_SCTP, SCTP_NODELAY, &nodelay, sizeof nodelay);
    set(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    set(socket, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof init);
    if (buffer > 0) {
        set(socket, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
        set(socket, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    }
    return socket;
}

int socket_send(struct socket *socket, uint64_t number, int *ended) {
    static uint8_t bytes[1 << 20];
    struct sctp_sndinfo info = {.snd_sid = (uint16_t)(number % (uint64_t)options.streams)};
    if (usrsctp_sendv(socket, bytes, (size_t)options.size, NULL, 0, &info, sizeof info, SCTP_SENDV_SNDINFO, 0) >= 0)
        return 0;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
        if (!ended)
            die("usrsctp_sendv: %s", strerror(errno));
        *ended = errno;
    }
    return -1;
}

static struct sockaddr_conn at(struct address *address, uint16_t port) {
    return (struct sockaddr_conn){.sconn_family = AF_CONN, .sconn_port = htons(port), .sconn_addr = address};
}

static struct socket *bound(struct address *address, int type, uint16_t port, int callback) {
    struct socket *socket = socket_new(AF_CONN, type, callback);
    struct sockaddr_conn name = at(address, port);
    struct sctp_paddrparams path = {.spp_flags = SPP_PMTUD_DISABLE, .spp_pathmtu = (uint32_t)options.mtu - OVERHEAD};
    usrsctp_set_non_blocking(socket, 1);
    if (usrsctp_bind(socket, (struct sockaddr *)&name, sizeof name) < 0)
        die("usrsctp_bind: %s", strerror(errno));
    path.spp_address.ss_family = AF_CONN;
    set(socket, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof path);
    return socket;
}

/* ---- pairs ----------------------------------------------------------------------------------------------------- */

struct pair {
    struct address a, b;
    struct socket *sender, *listener, *receiver;
};

static void register_pair(struct pair *pair) {
    pair->a = (struct address){&pair->b, 0};
    pair->b = (struct address){&pair->a, 1};
    usrsctp_register_address(&pair->a);
    usrsctp_register_address(&pair->b);
}

static struct socket *connected(struct pair *to, uint16_t port) {
    struct socket *socket = bound(&to->a, SOCK_STREAM, port, 0);
    struct sockaddr_conn peer = at(&to->a, PORT); /* conninput names where a packet comes in, by the address that is ours */
    if (usrsctp_connect(socket, (struct sockaddr *)&peer, sizeof peer) < 0 && errno != EINPROGRESS)
        die("usrsctp_connect: %s", strerror(errno));
    return socket;
}

/* As a data channel has it: addresses and sockets of its own, always the same port. */
static void pair_open(struct pair *pair) {
    register_pair(pair);
    pair->listener = bound(&pair->b, SOCK_STREAM, PORT, 1);
    if (usrsctp_listen(pair->listener, 1) < 0)
        die("usrsctp_listen: %s", strerror(errno));
    pair->sender = connected(pair, PORT);
}

static int pair_accept(struct pair *pair) {
    struct sockaddr_conn from;
    socklen_t length = sizeof from;
    pair->receiver = usrsctp_accept(pair->listener, (struct sockaddr *)&from, &length);
    if (pair->receiver)
        usrsctp_set_non_blocking(pair->receiver, 1);
    return pair->receiver != NULL;
}

static void begin(void) {
    usrsctp_init_nothreads(0, on_output, NULL);
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_asconf_enable(0);
    usrsctp_sysctl_set_sctp_auth_enable(0);
    if (options.burst >= 0) {
        usrsctp_sysctl_set_sctp_max_burst_default((uint32_t)options.burst);
        usrsctp_sysctl_set_sctp_fr_max_burst_default((uint32_t)options.burst);
    }
}

/* ---- messages within the process ------------------------------------------------------------------------------- */

static void exchange(struct pair *pair, uint64_t most) {
    static uint64_t sent;
    while (received->messages < most) {
        for (unsigned i = 0; i < 64 && socket_send(pair->sender, sent, NULL) == 0; i++)
            sent++;
        carry();
        real_timers();
    }
}

static void inproc(void) {
    static struct pair pair;
    begin();
    pair_open(&pair);
    carry();
    if (!pair_accept(&pair))
        die("usrsctp_accept: %s", strerror(errno));
    exchange(&pair, (uint64_t)options.warm);
    uint64_t before = received->messages;
    measure_begin();
    exchange(&pair, before + (uint64_t)options.messages);
    measure_end();
    measure_say((double)(received->messages - before));
}

/* ---- many associations ----------------------------------------------------------------------------------------- */

static size_t heap_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void setup(void) {
    unsigned count = (unsigned)options.associations;
    struct pair *pairs = calloc(count, sizeof *pairs), server;
    begin();
    if (!pairs)
        die("no memory for %u pairs", count);
    if (options.oneport <= 0) {
        register_pair(&server);
        server.listener = bound(&server.b, SOCK_SEQPACKET, PORT, 1);
        usrsctp_listen(server.listener, 1);
    }
    size_t bytes = heap_bytes();
    measure_begin();
    uint64_t start = clock_cpu_ns();
    for (unsigned i = 0; i < count; i++) {
        if (options.oneport > 0)
            pair_open(&pairs[i]);
        else
            pairs[i].sender = connected(&server, (uint16_t)(FIRST_PORT + i));
        carry();
        if (options.oneport > 0 && !pair_accept(&pairs[i]))
            die("usrsctp_accept: %s", strerror(errno));
        real_timers();
    }
    double spent = (double)(clock_cpu_ns() - start);
    measure_end();
    measure_say(count);
    say("per_second", count * 1e9 / spent);
    say("bytes", (double)(heap_bytes() - bytes) / (2.0 * count));
    start = clock_cpu_ns();
    for (unsigned ms = 0; ms < options.seconds * 1000; ms += TICK_MS) {
        usrsctp_handle_timers(TICK_MS);
        carry();
    }
    say("cpu_ms_per_second", (double)(clock_cpu_ns() - start) / 1e6 / options.seconds);
}

/* ---- a simulated link ------------------------------------------------------------------------------------------ */

static void arrive(int direction) {
    struct link_packet *packet;
    while ((packet = link_take(direction, virtual_ns)) != NULL) {
        usrsctp_conninput(ends[!direction], packet->data, packet->length, 0);
        free(packet);
    }
}

static void sim(void) {
    static struct pair pair;
    int up = 0, ended = 0;
    uint64_t sent = 0, start = clock_cpu_ns();
    simulated = 1;
    begin();
    uint64_t tick = virtual_ns + TICK_MS * UINT64_C(1000000), end = virtual_ns + (uint64_t)(options.seconds * 1e9);
    ends[0] = &pair.a;
    ends[1] = &pair.b;
    pair_open(&pair);
    while (virtual_ns < end && !ended) {
        up = up || pair_accept(&pair);
        while (up && socket_send(pair.sender, sent, &ended) == 0)
            sent++;
        virtual_ns = tick;
        for (int direction = 0; direction < 2; direction++)
            if (link_due(direction) < virtual_ns)
                virtual_ns = link_due(direction);
        if (virtual_ns == tick) {
            usrsctp_handle_timers(TICK_MS);
            tick += TICK_MS * UINT64_C(1000000);
        }
        arrive(0);
        arrive(1);
    }
    if (!asked)
        die("usrsctp does not see the simulation's clock");
    struct sctpstat stat;
    usrsctp_get_stat(&stat);
    say("fraction", (double)received->bytes * 8 / options.seconds / 1e6 / options.rate);
    say("ended", ended);
    say("lost", (double)link_counts[0].lost);
    say("queue_full", (double)link_counts[0].queue_full);
    say("retransmitted", stat.sctps_sendretransdata);
    say("fast", stat.sctps_sendfastretrans);
    say("timeouts", stat.sctps_timodata);
    say("cpu_seconds", (double)(clock_cpu_ns() - start) / 1e9);
}

int main(int argc, char **argv) {
    options_read(argc, argv);
    if (argc > 1 && strcmp(argv[1], "inproc") == 0)
        inproc();
    else if (argc > 1 && strcmp(argv[1], "setup") == 0)
        setup();
    else if (argc > 1 && strcmp(argv[1], "sim") == 0)
        sim();
    else if (argc > 1 && strcmp(argv[1], "udp") == 0)
        usrsctp_udp_mode();
    else
        die("usage: bench-usrsctp inproc|setup|sim|udp [OPTION=NUMBER]...");
    fflush(stdout);
    _Exit(0); /* it has no way to end at once that is safe */
}
