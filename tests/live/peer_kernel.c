/* SPDX-License-Identifier: MIT
 *
 * A live peer on the sockets of a kernel with SCTP: Linux, through its own header, so that no library is needed. One association
 * on a one-to-many socket; the application is in peer.c. Whether SCTP goes in UDP is a setting of the kernel (net.sctp.udp_port,
 * net.sctp.encap_port): --udp and --to-udp change nothing here. Extensions must be switched on in net.sctp, too (vm/init).
 */
#define _GNU_SOURCE
#include "peer.h"

#include <arpa/inet.h>
#include <linux/sctp.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define PIECE_MAX     262144
#define LAST_FRAGMENT 1 /* flag E of a DATA chunk */

struct run {
    struct peer peer;
    int socket;
    sctp_assoc_t association; /* 0: none yet */
    bool blocked;             /* a message waits for room in the socket */
    uint16_t told_key;
    uint8_t buffer[PIECE_MAX];
};

#include "peer_sockets.h"

static int set_option(struct run *run, int level, int option, const void *value, size_t size) {
    return setsockopt(run->socket, level, option, value, (socklen_t)size);
}

static int get_option(struct run *run, int option, void *value, socklen_t *size) {
    return getsockopt(run->socket, IPPROTO_SCTP, option, value, size);
}

/* ---- what the application asks for ------------------------------------------------------------------------------- */

static ssize_t send_with(struct run *run, const void *data, size_t size, struct sctp_sndrcvinfo info) {
    union {
        struct cmsghdr header;
        uint8_t bytes[CMSG_SPACE(sizeof info)];
    } control = {.header = {.cmsg_level = IPPROTO_SCTP, .cmsg_type = SCTP_SNDRCV, .cmsg_len = CMSG_LEN(sizeof info)}};
    struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    info.sinfo_assoc_id = run->association;
    memcpy(CMSG_DATA(&control.header), &info, sizeof info);
    return sendmsg(run->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int call_send(void *user, const struct peer_message *message) {
    struct run *run = user;
    /* What was cut for larger packets would never be cut anew. */
    if (run->peer.options.probe && !run->peer.mtu_found)
        return 0;
    static const uint16_t policies[] = {[PEER_TTL] = SCTP_PR_SCTP_TTL, [PEER_RTX] = SCTP_PR_SCTP_RTX,
                                        [PEER_PRIO] = SCTP_PR_SCTP_PRIO, [PEER_BUFFER] = SCTP_PR_SCTP_NONE};
    uint16_t flags = (uint16_t)(policies[message->policy] | (message->unordered ? SCTP_UNORDERED : 0));
    struct sctp_sndrcvinfo info = {.sinfo_stream = message->stream, .sinfo_ppid = htonl(message->ppid),
                                   .sinfo_flags = flags, .sinfo_timetolive = message->policy_value};
    ssize_t sent = send_with(run, message->data, message->size, info);
    run->blocked = sent < 0 && errno == EAGAIN;
    return run->blocked ? 0 : report("send", (int)sent) < 0 ? -1 : 1;
}

static void call_shutdown(void *user) {
    report("shutdown", (int)send_with(user, NULL, 0, (struct sctp_sndrcvinfo){.sinfo_flags = SCTP_EOF}));
}

static void call_abort(void *user, const char *reason) {
    report("abort", (int)send_with(user, reason, strlen(reason), (struct sctp_sndrcvinfo){.sinfo_flags = SCTP_ABORT}));
}

static int change_address(struct run *run, const struct peer_step *step) {
    uint8_t packed[sizeof(struct sockaddr_in6)];
    size_t length = pack(&step->text, 1, AF_INET6, 0, packed);
    return set(run, step->act == PEER_ADD_ADDRESS ? SCTP_SOCKOPT_BINDX_ADD : SCTP_SOCKOPT_BINDX_REM, packed, length);
}

static int name_primary(struct run *run, const char *address) {
    struct sctp_setpeerprim request = {.sspp_assoc_id = run->association};
    struct sockaddr_in own = {0};
    socklen_t length = sizeof own;
    getsockname(run->socket, (struct sockaddr *)&own, &length);
    pack(&address, 1, AF_INET6, ntohs(own.sin_port), &request.sspp_addr);
    return set(run, SCTP_SET_PEER_PRIMARY_ADDR, &request, sizeof request);
}

/* -1 with EOPNOTSUPP for what Linux 6.1 does not have. */
static int set_scheduler(struct run *run, enum peer_scheduler scheduler, sctp_assoc_t association) {
    struct sctp_assoc_value value = {association, scheduler == PEER_FCFS ? SCTP_SS_FCFS
                                                  : scheduler == PEER_PRIORITY ? SCTP_SS_PRIO : SCTP_SS_RR};
    if (scheduler == PEER_FCFS || scheduler == PEER_PRIORITY || scheduler == PEER_ROUND_ROBIN)
        return set(run, SCTP_STREAM_SCHEDULER, &value, sizeof value);
    errno = EOPNOTSUPP;
    return -1;
}

/* The kernel refuses a reset while there is something to send, and two requests at once. */
static int call_act(void *user, const struct peer_step *step) {
    int outcomes = act(user, step);
    if (outcomes < 0 && (errno == EAGAIN || errno == EINPROGRESS))
        return 0;
    return report("step", outcomes) < 0 ? -1 : 1 + outcomes;
}

/* ---- what happens ------------------------------------------------------------------------------------------------ */

/* The kernel gives an ABORT from the peer as a cause, with the causes as they came. A peer that answers no more is no cause, as
 * is an ABORT that has none: after a SHUTDOWN it is taken for that. */
static void take_loss(struct run *run, const struct sctp_assoc_change *change) {
    bool remote = change->sac_length > sizeof *change, aborted = remote || change->sac_error != 0;
    char why[400] = "";
    if (remote && change->sac_length > sizeof *change + 4)
        snprintf(why, sizeof why, "%.*s", (int)(change->sac_length - sizeof *change - 4), (const char *)change->sac_info + 4);
    else
        snprintf(why, sizeof why, "cause %u", change->sac_error);
    if (!aborted && run->peer.peer_closes)
        peer_ended(&run->peer, PEER_FORGOTTEN, true, why);
    else
        peer_ended(&run->peer, aborted ? PEER_ABORTED : PEER_LOST, remote, why);
}

static void take_change(struct run *run, const struct sctp_assoc_change *change) {
    if (run->association && change->sac_assoc_id != run->association)
        return; /* one that was refused */
    switch (change->sac_state) {
    case SCTP_COMM_UP: take_up(run, change); break;
    case SCTP_RESTART: peer_restarted(&run->peer); break;
    case SCTP_SHUTDOWN_COMP: peer_ended(&run->peer, PEER_SHUTDOWN, false, NULL); break;
    case SCTP_COMM_LOST: take_loss(run, change); break;
    default: peer_ended(&run->peer, PEER_LOST, false, "it could not be set up"); break;
    }
}

/* The kernel tells how many have come; the peer wants to know how many there are. */
static void take_streams(struct run *run, uint16_t flags) {
    struct sctp_status status;
    if (get_status(run, &status) == 0)
        peer_streams(&run->peer, status.sstat_outstrms, status.sstat_instrms, outcome(flags));
}

static void take_failing(struct run *run, const struct sctp_paddr_change *change) {
    char text[INET6_ADDRSTRLEN];
    address_text(&change->spc_aaddr, text);
    peer_address(&run->peer, text, "potentially failed", false);
}

/* Linux tells of a new key with each packet that bears its number. */
static void take_key(struct run *run, const struct sctp_authkey_event *event) {
    static const char *const texts[] = {[SCTP_AUTH_NEW_KEY] = "new", [SCTP_AUTH_FREE_KEY] = "not in use any more",
                                        [SCTP_AUTH_NO_AUTH] = "the peer has no AUTH"};
    if (event->auth_indication > SCTP_AUTH_NO_AUTH ||
        (event->auth_indication == SCTP_AUTH_NEW_KEY && event->auth_keynumber == run->told_key))
        return;
    if (event->auth_indication == SCTP_AUTH_NEW_KEY)
        run->told_key = event->auth_keynumber;
    peer_note(&run->peer, "key %u: %s", event->auth_keynumber, texts[event->auth_indication]);
}

static void take_notification(struct run *run, size_t size) {
    union sctp_notification note;
    memcpy(&note, run->buffer, sizeof note);
    uint16_t flags = note.sn_header.sn_flags;
    const struct sctp_stream_reset_event *reset = (const struct sctp_stream_reset_event *)run->buffer;
    switch (note.sn_header.sn_type) {
    case SCTP_STREAM_RESET_EVENT:
        peer_reset(&run->peer, flags & SCTP_STREAM_RESET_INCOMING_SSN, reset->strreset_stream_list,
                   (unsigned)((size - sizeof *reset) / sizeof(uint16_t)), outcome(flags));
        break;
    case SCTP_SHUTDOWN_EVENT: peer_closes(&run->peer); break;
    case SCTP_ASSOC_RESET_EVENT: peer_renumbered(&run->peer, outcome(flags)); break;
    case SCTP_STREAM_CHANGE_EVENT: take_streams(run, flags); break;
    case SCTP_AUTHENTICATION_INDICATION: take_key(run, &note.sn_authkey_event); break;
    case SCTP_ASSOC_CHANGE: take_change(run, (const struct sctp_assoc_change *)run->buffer); break;
    case SCTP_PEER_ADDR_CHANGE:
        if (note.sn_paddr_change.spc_state == SCTP_ADDR_POTENTIALLY_FAILED)
            take_failing(run, &note.sn_paddr_change);
        else
            take_path(run, &note.sn_paddr_change);
        break;
    case SCTP_SEND_FAILED: /* once for each DATA chunk; one of them ends the message */
        if (note.sn_send_failed.ssf_info.sinfo_flags & LAST_FRAGMENT)
            peer_unsent(&run->peer, 1);
        break;
    case SCTP_REMOTE_ERROR:
        peer_note(&run->peer, "the peer sent an ERROR, cause %u", ntohs(note.sn_remote_error.sre_error));
        break;
    default: break;
    }
}

/* What comes is one queue, notifications among the messages. Returns false when there is no more for now. */
static bool read_one(struct run *run) {
    uint8_t control[CMSG_SPACE(sizeof(struct sctp_sndrcvinfo))];
    struct iovec part = {.iov_base = run->buffer, .iov_len = sizeof run->buffer};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct sctp_sndrcvinfo info = {0};
    ssize_t size = recvmsg(run->socket, &message, MSG_DONTWAIT);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR ? false : report("recvmsg", -1) == 0;
    if (message.msg_flags & MSG_NOTIFICATION) {
        take_notification(run, (size_t)size);
        return true;
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
        if (c->cmsg_level == IPPROTO_SCTP && c->cmsg_type == SCTP_SNDRCV)
            memcpy(&info, CMSG_DATA(c), sizeof info);
    struct peer_message piece = {.data = run->buffer, .size = (size_t)size, .stream = info.sinfo_stream,
                                 .ppid = ntohl(info.sinfo_ppid), .unordered = info.sinfo_flags & SCTP_UNORDERED,
                                 .end = message.msg_flags & MSG_EOR};
    peer_take(&run->peer, &piece);
    peer_work(&run->peer); /* an echo wants to go before the next is read */
    return true;
}

/* ---- set-up ------------------------------------------------------------------------------------------------------ */

static int own_extensions(struct run *run) {
    const struct peer_options *options = &run->peer.options;
    struct sctp_probeinterval probe = {.spi_interval = options->probe};
    struct sctp_udpencaps plain = {.sue_port = 0};
    if (options->probe && report("SCTP_PLPMTUD_PROBE_INTERVAL", set(run, SCTP_PLPMTUD_PROBE_INTERVAL, &probe, sizeof probe)))
        return -1;
    if (options->failing && set_value(run, SCTP_EXPOSE_PF_STATE, 2, "SCTP_EXPOSE_PF_STATE"))
        return -1;
    if (options->ip && report("SCTP_REMOTE_UDP_ENCAPS_PORT", set(run, SCTP_REMOTE_UDP_ENCAPS_PORT, &plain, sizeof plain)))
        return -1;
    return extensions(run);
}

static int settings(struct run *run) {
    const struct peer_options *options = &run->peer.options;
    struct sctp_event_subscribe events = {.sctp_data_io_event = 1, .sctp_association_event = 1, .sctp_address_event = 1,
                                          .sctp_send_failure_event = 1, .sctp_peer_error_event = 1,
                                          .sctp_shutdown_event = 1, .sctp_authentication_event = 1, .sctp_stream_reset_event = 1,
                                          .sctp_assoc_reset_event = 1, .sctp_stream_change_event = 1};
    int room = (int)options->sndbuf; /* net.core.wmem_max allows or cuts it */
    int window = (int)options->rcvbuf * 2; /* the kernel advertises half of it */
    if (report("SO_SNDBUF", set_option(run, SOL_SOCKET, SO_SNDBUF, &room, sizeof room)) ||
        (window && report("SO_RCVBUF", set_option(run, SOL_SOCKET, SO_RCVBUF, &window, sizeof window))) ||
        report("SCTP_EVENTS", set(run, SCTP_EVENTS, &events, sizeof events)) ||
        parameters(run, options->rto_max < 3000 ? options->rto_max : 0))
        return -1;
    return own_extensions(run);
}

static bool call_open(void *user) {
    struct run *run = user;
    const struct peer_options *options = &run->peer.options;
    static const char *const any[] = {"0.0.0.0", "::"};
    uint8_t packed[PEER_ADDRESSES_MAX * sizeof(struct sockaddr_in6)];
    int family = AF_INET;
    for (unsigned i = 0; i < options->local_count; i++)
        family = strchr(options->local[i], ':') ? AF_INET6 : family;
    for (unsigned i = 0; i < options->to_count; i++)
        family = strchr(options->to[i], ':') ? AF_INET6 : family;
    bool bind_any = options->local_count == 0;
    size_t length = pack(bind_any ? &any[family == AF_INET6] : options->local, bind_any ? 1 : options->local_count, family,
                         options->port, packed);
    run->socket = socket(family, SOCK_SEQPACKET | SOCK_NONBLOCK, IPPROTO_SCTP);
    if (length == 0 || report("socket", run->socket) < 0 || settings(run) ||
        report("bind", set(run, SCTP_SOCKOPT_BINDX_ADD, packed, length)))
        return false;
    if (options->listens) {
        if (report("listen", listen(run->socket, 8)))
            return false;
        peer_note(&run->peer, "listening");
    }
    if (!options->connects)
        return true;
    length = pack(options->to, options->to_count, family, options->to_port, packed);
    if (length == 0)
        return false;
    bool begun = set(run, SCTP_SOCKOPT_CONNECTX, packed, length) >= 0 || errno == EINPROGRESS || errno == EISCONN ||
                 errno == EALREADY;
    return begun || report("connect", -1) == 0;
}

/* Linux begins with the MTU of the interface, and changes that when it has found out what the path carries. */
static void tell_mtu(struct run *run) {
    struct sctp_status status;
    if (get_status(run, &status))
        return;
    uint32_t mtu = status.sstat_primary.spinfo_mtu;
    peer_mtu(&run->peer, mtu, run->peer.mtu_found || (run->peer.mtu && run->peer.mtu != mtu));
}

static bool call_turn(void *user) {
    struct run *run = user;
    struct peer *peer = &run->peer;
    bool reads = peer_reads(peer) || !peer->up;
    struct pollfd waiting = {.fd = run->socket, .events = (short)((reads ? POLLIN : 0) | (run->blocked ? POLLOUT : 0))};
    if (poll(&waiting, 1, peer_wait(peer)) < 0 && errno != EINTR)
        return false;
    while ((peer_reads(peer) || !peer->up) && !peer_done(peer) && read_one(run))
        continue;
    if (peer->options.probe && peer->up && peer->end == PEER_LIVES)
        tell_mtu(run);
    return true;
}

static void call_close(void *user) {
    struct run *run = user;
    close(run->socket);
}

int main(int argc, char **argv) {
    static struct run run;
    static const struct peer_calls calls = {call_open, call_turn, call_close, call_send, call_shutdown, call_abort, call_act};
    return peer_main(&run.peer, &calls, &run, argc, argv);
}
