/* SPDX-License-Identifier: MIT
 *
 * A live peer on libusrsctp: a one-to-many socket, which can listen and connect at once, without blocking. The library runs
 * threads of its own; this one sleeps on a descriptor that their upcall writes to. But usrsctp does not call when a timer has
 * something to tell, nor when a one-to-many socket becomes writable, so it also looks by itself. One association; the
 * application is in peer.c.
 */
#define _GNU_SOURCE
#include "peer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <usrsctp.h>

#define READ_MAX 65536

/* The library takes them, its public header leaves them out. */
#ifndef SCTP_INTERLEAVING_SUPPORTED
#define SCTP_INTERLEAVING_SUPPORTED 0x1206
#endif
#ifndef SCTP_PEER_ADDR_THLDS
#define SCTP_PEER_ADDR_THLDS 0x0023
struct sctp_paddrthlds {
    struct sockaddr_storage spt_address;
    sctp_assoc_t spt_assoc_id;
    uint16_t spt_pathmaxrxt, spt_pathpfthld;
};
#endif

struct run {
    struct peer peer;
    struct socket *socket;
    sctp_assoc_t association;
    bool associated, aborted, blocked;
    int patience;         /* milliseconds between two tries to send */
    uint32_t failed_ppid; /* of the last message told as not sent: there is a notification for each of its fragments */
    int bell;
};

#include "peer_sockets.h"

static int set_option(struct run *run, int level, int option, const void *value, size_t size) {
    return usrsctp_setsockopt(run->socket, level, option, value, (socklen_t)size);
}

static int get_option(struct run *run, int option, void *value, socklen_t *size) {
    return usrsctp_getsockopt(run->socket, IPPROTO_SCTP, option, value, size);
}

/* ---- what the application asks for ------------------------------------------------------------------------------- */

static int send_with(struct run *run, const void *data, size_t size, struct sctp_sndinfo *info) {
    info->snd_assoc_id = run->association;
    return (int)usrsctp_sendv(run->socket, data, size, NULL, 0, info, (socklen_t)sizeof *info, SCTP_SENDV_SNDINFO, 0);
}

/* There is no priority policy here. */
static int call_send(void *user, const struct peer_message *message) {
    static const uint16_t policies[] = {[PEER_TTL] = SCTP_PR_SCTP_TTL, [PEER_RTX] = SCTP_PR_SCTP_RTX,
                                        [PEER_PRIO] = SCTP_PR_SCTP_NONE, [PEER_BUFFER] = SCTP_PR_SCTP_BUF};
    struct run *run = user;
    struct sctp_sendv_spa all = {
        .sendv_flags = SCTP_SEND_SNDINFO_VALID | SCTP_SEND_PRINFO_VALID,
        .sendv_sndinfo = {.snd_sid = message->stream, .snd_ppid = htonl(message->ppid), .snd_assoc_id = run->association,
                          .snd_flags = message->unordered ? SCTP_UNORDERED : 0},
        .sendv_prinfo = {.pr_policy = policies[message->policy], .pr_value = message->policy_value}};
    ssize_t sent = usrsctp_sendv(run->socket, message->data, message->size, NULL, 0, &all, (socklen_t)sizeof all,
                                 SCTP_SENDV_SPA, 0);
    run->blocked = sent < 0 && errno == EWOULDBLOCK;
    return run->blocked ? 0 : report("send", (int)sent) < 0 ? -1 : 1;
}

static void call_shutdown(void *user) {
    struct sctp_sndinfo info = {.snd_flags = SCTP_EOF};
    report("shutdown", send_with(user, "", 0, &info));
}

static void call_abort(void *user, const char *reason) {
    struct run *run = user;
    struct sctp_sndinfo info = {.snd_flags = SCTP_ABORT};
    run->aborted = true;
    report("abort", send_with(run, reason, strlen(reason), &info));
    peer_ended(&run->peer, PEER_ABORTED, false, NULL); /* which the library does not tell */
}

static int set_scheduler(struct run *run, enum peer_scheduler scheduler, sctp_assoc_t association) {
    static const uint32_t modules[] = {[PEER_FCFS] = SCTP_SS_FIRST_COME,  [PEER_ROUND_ROBIN] = SCTP_SS_ROUND_ROBIN,
                                       [PEER_PRIORITY] = SCTP_SS_PRIORITY, [PEER_PER_PACKET] = SCTP_SS_ROUND_ROBIN_PACKET,
                                       [PEER_FAIR] = SCTP_SS_FAIR_BANDWITH};
    struct sctp_assoc_value value = {association, scheduler <= PEER_FAIR ? modules[scheduler] : UINT32_MAX};
    return set(run, SCTP_PLUGGABLE_SS, &value, sizeof value);
}

static int change_address(struct run *run, const struct peer_step *step) {
    struct sockaddr_storage address = {0};
    return pack(&step->text, 1, AF_INET6, 0, &address)
               ? usrsctp_bindx(run->socket, (struct sockaddr *)&address, 1,
                               step->act == PEER_ADD_ADDRESS ? SCTP_BINDX_ADD_ADDR : SCTP_BINDX_REM_ADDR) : -1;
}

static int name_primary(struct run *run, const char *address) {
    struct sctp_setpeerprim request = {.sspp_assoc_id = run->association};
    return pack(&address, 1, AF_INET6, run->peer.options.port, &request.sspp_addr)
               ? set(run, SCTP_SET_PEER_PRIMARY_ADDR, &request, sizeof request) : -1;
}

/* One request for a change of streams at a time. An address is added by a thread of the library, and is no valid one until then;
 * one that stays so is found out by the time limit. */
static int call_act(void *user, const struct peer_step *step) {
    int outcomes = act(user, step);
    if (outcomes < 0 && (errno == EALREADY || errno == EBUSY || errno == EINPROGRESS || errno == EAGAIN))
        return 0;
    if (outcomes < 0 && errno == EINVAL && step->act == PEER_NAME_PRIMARY)
        return 0;
    return report("step", outcomes) < 0 ? -1 : 1 + outcomes;
}

/* ---- what happens ------------------------------------------------------------------------------------------------ */

/* The library says why in the words of the ABORT that it sent or got, behind the header of the chunk and of its first cause. */
static void lost(struct run *run, const struct sctp_assoc_change *change) {
    size_t length = change->sac_length - sizeof *change;
    const char *text = length > 8 ? (const char *)change->sac_info + 8 : "";
    char why[400];
    snprintf(why, sizeof why, "%.*s", length > 8 ? (int)(length - 8) : 0, text);
    if (change->sac_state == SCTP_CANT_STR_ASSOC)
        peer_ended(&run->peer, PEER_LOST, false, "could not be set up");
    else if (run->aborted || strstr(why, "counter exceeded"))
        peer_ended(&run->peer, run->aborted ? PEER_ABORTED : PEER_LOST, false, why);
    else if (length <= 8)
        peer_ended(&run->peer, PEER_FORGOTTEN, true, why);
    else
        peer_ended(&run->peer, PEER_ABORTED, true, why);
}

static void take_change(struct run *run, const struct sctp_assoc_change *change) {
    if (run->associated && change->sac_assoc_id != run->association)
        return;
    switch (change->sac_state) {
    case SCTP_COMM_UP:
        run->associated = true;
        take_up(run, change);
        break;
    case SCTP_RESTART: peer_restarted(&run->peer); break;
    case SCTP_SHUTDOWN_COMP: peer_ended(&run->peer, PEER_SHUTDOWN, false, NULL); break;
    default: lost(run, change);
    }
}

/* RE-CONFIG and AUTH. */
static void take_extension(struct run *run, const union sctp_notification *all) {
    const struct sctp_stream_reset_event *reset = &all->sn_strreset_event;
    const struct sctp_stream_change_event *change = &all->sn_strchange_event;
    static const char *const keys[] = {[SCTP_AUTH_NEW_KEY] = "new", [SCTP_AUTH_NO_AUTH] = "the peer has no AUTH",
                                       [SCTP_AUTH_FREE_KEY] = "not in use any more"};
    uint16_t flags = all->sn_header.sn_flags;
    switch (all->sn_header.sn_type) {
    case SCTP_STREAM_RESET_EVENT:
        peer_reset(&run->peer, flags & SCTP_STREAM_RESET_INCOMING_SSN, reset->strreset_stream_list,
                   (unsigned)((reset->strreset_length - sizeof *reset) / sizeof(uint16_t)), outcome(flags));
        break;
    case SCTP_ASSOC_RESET_EVENT: peer_renumbered(&run->peer, outcome(flags)); break;
    case SCTP_STREAM_CHANGE_EVENT:
        peer_streams(&run->peer, change->strchange_outstrms, change->strchange_instrms, outcome(flags));
        break;
    case SCTP_AUTHENTICATION_EVENT:
        if (all->sn_auth_event.auth_indication >= SCTP_AUTH_NEW_KEY && all->sn_auth_event.auth_indication <= SCTP_AUTH_FREE_KEY)
            peer_note(&run->peer, "key %u: %s", all->sn_auth_event.auth_keynumber, keys[all->sn_auth_event.auth_indication]);
        break;
    default: break;
    }
}

static void take_notification(struct run *run, const void *data) {
    const union sctp_notification *notification = data;
    switch (notification->sn_header.sn_type) {
    case SCTP_ASSOC_CHANGE: take_change(run, &notification->sn_assoc_change); break;
    case SCTP_PEER_ADDR_CHANGE: take_path(run, &notification->sn_paddr_change); break;
    case SCTP_SHUTDOWN_EVENT: peer_closes(&run->peer); break;
    case SCTP_REMOTE_ERROR:
        peer_note(&run->peer, "the peer sent an ERROR, cause %u", notification->sn_remote_error.sre_error);
        break;
    case SCTP_SEND_FAILED_EVENT:
        if (notification->sn_send_failed_event.ssfe_info.snd_ppid != run->failed_ppid)
            peer_unsent(&run->peer, 1);
        run->failed_ppid = notification->sn_send_failed_event.ssfe_info.snd_ppid;
        break;
    default: take_extension(run, notification); break;
    }
}

static void read_on(struct run *run) {
    static uint8_t buffer[READ_MAX];
    static union { uint8_t bytes[READ_MAX]; union sctp_notification notification; } whole;
    static size_t held; /* of a notification that comes in parts */
    while (peer_reads(&run->peer)) {
        struct sctp_rcvinfo info = {0};
        socklen_t from_length = 0, info_length = sizeof info;
        unsigned type = 0;
        int flags = 0;
        ssize_t size = usrsctp_recvv(run->socket, buffer, sizeof buffer, NULL, &from_length, &info, &info_length, &type, &flags);
        if (size <= 0)
            return;
        if (flags & MSG_NOTIFICATION) {
            size_t fits = (size_t)size < sizeof whole - held ? (size_t)size : sizeof whole - held;
            memcpy(whole.bytes + held, buffer, fits);
            held += fits;
            if (!(flags & MSG_EOR))
                continue;
            take_notification(run, &whole);
            held = 0;
            continue;
        }
        struct peer_message piece = {.data = buffer, .size = (size_t)size, .stream = info.rcv_sid, .ppid = ntohl(info.rcv_ppid),
                                     .unordered = info.rcv_flags & SCTP_UNORDERED, .end = flags & MSG_EOR};
        peer_take(&run->peer, &piece);
        peer_work(&run->peer);
    }
}

static void on_upcall(struct socket *socket, void *user, int flags) {
    struct run *run = user;
    uint64_t one = 1;
    (void)socket, (void)flags;
    if (write(run->bell, &one, sizeof one) < 0)
        abort();
}

/* ---- set-up ------------------------------------------------------------------------------------------------------ */

static int events(struct run *run) {
    static const uint16_t types[] = {SCTP_ASSOC_CHANGE, SCTP_PEER_ADDR_CHANGE, SCTP_REMOTE_ERROR, SCTP_SEND_FAILED_EVENT,
                                     SCTP_SHUTDOWN_EVENT, SCTP_STREAM_RESET_EVENT, SCTP_ASSOC_RESET_EVENT,
                                     SCTP_STREAM_CHANGE_EVENT, SCTP_AUTHENTICATION_EVENT};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct sctp_event event = {.se_assoc_id = SCTP_FUTURE_ASSOC, .se_type = types[i], .se_on = 1};
        if (report("SCTP_EVENT", set(run, SCTP_EVENT, &event, sizeof event)))
            return -1;
    }
    return 0;
}

static int settings(struct run *run) {
    const struct peer_options *options = &run->peer.options;
    int on = 1, room = (int)options->sndbuf, window = (int)options->rcvbuf;
    struct sctp_udpencaps udp = {.sue_address.ss_family = AF_INET, .sue_port = htons(options->to_udp)};
    if (options->ip || options->probe) {
        fprintf(stderr, "peer: --ip and --probe: not with usrsctp\n");
        return -1;
    }
    if (events(run) || report("SCTP_RECVRCVINFO", set(run, SCTP_RECVRCVINFO, &on, sizeof on)) ||
        report("SCTP_REMOTE_UDP_ENCAPS_PORT", set(run, SCTP_REMOTE_UDP_ENCAPS_PORT, &udp, sizeof udp)) ||
        report("SO_SNDBUF", set_option(run, SOL_SOCKET, SO_SNDBUF, &room, sizeof room)) ||
        (window && report("SO_RCVBUF", set_option(run, SOL_SOCKET, SO_RCVBUF, &window, sizeof window))) ||
        parameters(run, options->rto_max < 1000 ? options->rto_max : 1000))
        return -1;
    return extensions(run);
}

static bool call_open(void *user) {
    struct run *run = user;
    const struct peer_options *options = &run->peer.options;
    struct sockaddr_storage local[PEER_ADDRESSES_MAX] = {0}, to[PEER_ADDRESSES_MAX] = {0};
    static const char *const any[] = {"0.0.0.0"};
    bool bound = options->local_count > 0;
    unsigned local_count = bound ? options->local_count : 1;
    if (!pack(bound ? options->local : any, local_count, AF_INET6, options->port, local) ||
        (options->connects && !pack(options->to, options->to_count, AF_INET6, options->to_port, to)))
        return false;
    int family = ((struct sockaddr *)local)->sa_family == AF_INET6 ? AF_INET6 : AF_INET;
    usrsctp_init(options->udp, NULL, NULL);
    run->bell = eventfd(0, EFD_NONBLOCK);
    run->socket = usrsctp_socket(family, SOCK_SEQPACKET, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    if (run->bell < 0 || !run->socket || usrsctp_set_non_blocking(run->socket, 1) != 0)
        return report("socket", -1) == 0;
    if (settings(run) ||
        report("bind", usrsctp_bindx(run->socket, (struct sockaddr *)local, (int)local_count, SCTP_BINDX_ADD_ADDR)))
        return false;
    usrsctp_set_upcall(run->socket, on_upcall, run);
    if (options->listens) {
        if (report("listen", usrsctp_listen(run->socket, 1)))
            return false;
        peer_note(&run->peer, "listening");
    }
    if (!options->connects)
        return true;
    bool begun = usrsctp_connectx(run->socket, (struct sockaddr *)to, (int)options->to_count, NULL) == 0 || errno == EINPROGRESS;
    return begun || report("connect", -1) == 0;
}

static bool call_turn(void *user) {
    struct run *run = user;
    struct pollfd item = {.fd = run->bell, .events = POLLIN};
    uint64_t count;
    run->patience = !run->blocked ? 1 : run->patience < 25 ? 2 * run->patience : run->patience;
    int longest = run->blocked ? run->patience / 2 : 20, wait = peer_wait(&run->peer);
    if (poll(&item, 1, wait < longest ? wait : longest) > 0 && read(run->bell, &count, sizeof count) < 0)
        abort();
    read_on(run);
    return true;
}

static void call_close(void *user) {
    struct run *run = user;
    usrsctp_close(run->socket);
    for (int i = 0; i < 20 && usrsctp_finish() != 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

int main(int argc, char **argv) {
    static struct run run;
    static const struct peer_calls calls = {call_open, call_turn, call_close, call_send, call_shutdown, call_abort, call_act};
    return peer_main(&run.peer, &calls, &run, argc, argv);
}
